// What the server understood of a query, said in a few words: one line an attribute, shared by shop and kiosk.

import { attributeName } from "./attributes.js";
import { has, named, t } from "./i18n.js";

/** [{attribute, text, words, off}]: what the query states of each attribute, from which of its words, switched off? */
export function understoodOf(understood) {
  const shown = understood.filter(({ effect }) => effect !== "silence");
  return [...new Set(shown.map(({ attribute }) => attribute))].map((attribute) => {
    const said = shown.filter((one) => one.attribute === attribute);
    return {
      attribute,
      text: [...new Set(said.map(statement))].join(", "),
      words: [...new Set(said.map((one) => `“${one.text}”`))].join(", "),
      off: said.every(({ effect }) => effect === "off"),
    };
  });
}

/** The switched-off attributes after a turn of this one. */
export function turned({ attribute, off }, ignored) {
  const others = ignored.filter((one) => one !== attribute);
  return off ? others : [...others, attribute];
}

/** "Größe: 38", "Absatzhöhe: ca. 15 cm"; what is left out stands with the words of the query: "ohne Kapuze". */
function statement({ attribute, value, label, text, effect }) {
  if (attribute === "price" || effect === "exclude") return text;
  const name = has(`understood.${attribute}`) ? t(`understood.${attribute}`) : attributeName(attribute);
  if (attribute === "availability") return value ? `${name}: ${named(value)}` : text;
  const measured = attribute !== "size" && /^[\d.]+$/.test(value);
  return `${name}: ${measured || value === "low" || value === "high" ? text : label || value}`;
}
