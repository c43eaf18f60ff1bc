// Chips: everything that narrows the results or was switched off, each with a way back.

import { tasteName } from "./attributes.js";
import { h } from "./dom.js";
import { labelOf, rangeText } from "./facets.js";
import { RANGES, withValues } from "./filters.js";
import { t } from "./i18n.js";
import { turned, understoodOf } from "./understood.js";

/**
 * List items of what the query states, what was typed elsewhere, the active filters and switched-off tastes.
 * `change(changes)` as in shop.js; `understood` and `context` of the answer; `off`: tastes that were switched off for
 * good, and `onOn(taste)` what switches one on.
 */
export function chips(state, currency, change, understood = [], context = null, off = [], onOn = () => {}) {
  const filters = Object.entries(state.filters).flatMap(([field, values]) => {
    const text = (value) => (RANGES.has(field) ? rangeText(field, value, currency) : labelOf(field, value));
    return values.map((value) =>
      chip(text(value), "filters.remove", () =>
        change({
          filters: withValues(
            state.filters,
            field,
            values.filter((one) => one !== value),
          ),
        }),
      ),
    );
  });
  if (state.raw) filters.push(chip(state.raw, "filters.remove", () => change({ raw: "" })));
  if (filters.length > 1)
    filters.push(
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", className: "plain", onclick: () => change({ filters: {}, raw: "" }) },
          t("filters.clear"),
        ),
      ),
    );
  const tastes = [...new Set([...state.without, ...off])].map((taste) => {
    const back = () => {
      if (off.includes(taste)) onOn(taste);
      if (state.without.includes(taste))
        change({ without: state.without.filter((one) => one !== taste), page: state.page });
    };
    const item = chip(
      t("taste.without", { taste: tasteName(taste) }),
      null,
      back,
      t("taste.back", { taste: tasteName(taste) }),
    );
    item.classList.add("is-taste");
    item.dataset.taste = taste;
    return item;
  });
  return [...stated(understood, state, change), ...cameWith(state, change, understood, context), ...filters, ...tastes];
}

/** The words that led here, and what was understood of them. */
function cameWith(state, change, understood, context) {
  if (!context) return [];
  const own = new Set(understood.map(({ attribute }) => attribute));
  // a price level follows from "reduced", which has a chip
  const said = context.understood.filter(({ attribute }) => attribute !== "price_level" && !own.has(attribute));
  const words = chip(t("context.chip", { text: context.text }), "context.remove", () => change({ from: "" }));
  words.classList.add("is-context");
  return [words, ...stated(said, state, change)];
}

/** What the query states, one chip an attribute: a click switches it off, or on again. */
function stated(understood, state, change) {
  return understoodOf(understood).map((one) => {
    const { attribute, text, words, off } = one;
    const label = t(off ? "understood.on" : "understood.off", { name: text });
    const turn = () => change({ ignored: turned(one, state.ignored) });
    const item = chip(off ? t("understood.ignored", { name: text }) : text, null, turn, label);
    item.classList.add("is-understood");
    item.classList.toggle("is-off", off);
    item.dataset.understood = attribute;
    item.title = t("understood.words", { words });
    if (off) item.querySelector("button").textContent = "+";
    return item;
  });
}

function chip(text, label, remove, full) {
  const name = full || t(label, { name: text });
  return h(
    "li",
    { className: "chip" },
    h("span", {}, text),
    h("button", { type: "button", "aria-label": name, title: name, onclick: remove }, "×"),
  );
}
