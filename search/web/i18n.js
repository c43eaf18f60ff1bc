// The pages' texts in German and English, and how each writes prices and numbers.

import { TEXTS } from "./texts.js";

let language = "de";

/** The language of the page. */
export const lang = () => language;

/** Switch the page's language: the attribute on <html> and all marked texts. */
export function setLanguage(wanted) {
  language = wanted in TEXTS ? wanted : "de";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]"))
    element.placeholder = t(element.dataset.placeholder);
  for (const element of document.querySelectorAll("[data-title]")) document.title = t(element.dataset.title);
}

/** A text with its {names} filled; with `n` its singular or plural ("one | other"). */
export function t(key, values = {}) {
  let text = TEXTS[language][key] ?? TEXTS.de[key] ?? key;
  if ("n" in values && text.includes(" | ")) text = text.split(" | ")[values.n === 1 ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) =>
    name === "n" && typeof values.n === "number" ? number(values.n) : (values[name] ?? ""),
  );
}

/** Whether there is a text of that name. */
export const has = (key) => key in TEXTS.de;

/** 1.234,5 or 1,234.5. */
export const number = (value, digits = 2) =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);

/** 39,95 € or €39.95; a plain number without a currency. */
export function price(value, currency) {
  try {
    return new Intl.NumberFormat(locale(), { style: "currency", currency }).format(value);
  } catch {
    return number(value);
  }
}

/** A day as people of the language write it. */
export const day = (iso) => new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(new Date(iso));

const locale = () => (language === "de" ? "de-DE" : "en-GB");

/** A branch or another plain id as a name: "mitte" is "Mitte". */
export const named = (id) => (has(`branch.${id}`) ? t(`branch.${id}`) : id.charAt(0).toUpperCase() + id.slice(1));
