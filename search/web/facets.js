// The filters beside the results: what the results have, how often, and what is chosen.

import { swatch } from "./colors.js";
import { fill, h } from "./dom.js";
import { RANGES, toggled, withValues } from "./filters.js";
import { named, number, t } from "./i18n.js";

/** Fields that are offered, where the catalogue has them. */
export const FACETS = [
  "category",
  "product_type",
  "gender",
  "price",
  "discount",
  "brand",
  "size",
  "color",
  "material",
  "season",
  "in_stock",
];
const CLOSED = new Set(["material", "season", "in_stock"]);
const SHOWN = 7;
const LETTERS = ["XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL"];

const opened = new Map();
const unfolded = new Set();
const labels = new Map();

/** What people read for a value of a field. */
export function labelOf(field, value) {
  const label = labels.get(`${field} ${value}`) || value;
  if (field === "category") return label.split(" > ").at(-1);
  if (field === "in_stock") return value === "online" ? t("branch.online") : named(value);
  return field === "brand" || field === "size" ? label : label.charAt(0).toUpperCase() + label.slice(1);
}

/** Draw all facets; `onChange(filters)` is called with the new choice. */
export function showFacets(container, facets, chosen, currency, onChange) {
  const focused = document.activeElement?.dataset?.key;
  for (const [field, facet] of Object.entries(facets)) {
    for (const { value, label } of facet.values) labels.set(`${field} ${value}`, label || value);
  }
  const draw = () => showFacets(container, facets, chosen, currency, onChange);
  fill(
    container,
    FACETS.map((field) => facets[field] && section(field, facets[field], { chosen, currency, onChange, draw })),
  );
  // the list was drawn anew: whoever works by keyboard stays where they were
  if (focused) [...container.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus();
}

function section(field, facet, context) {
  const body = RANGES.has(field) ? range(field, facet, context) : values(field, facet, context);
  if (!body) return null;
  const open = opened.get(field) ?? (!CLOSED.has(field) || Boolean(context.chosen[field]));
  const details = h(
    "details",
    { className: `facet is-${field}`, open },
    h("summary", { dataset: { key: `summary ${field}` } }, t(`facet.${field}`)),
    body,
  );
  details.addEventListener("toggle", () => opened.set(field, details.open));
  return details;
}

function values(field, facet, context) {
  const picked = context.chosen[field] || [];
  // what is chosen stays visible, even where nothing is left of it
  const gone = picked
    .filter((value) => !facet.values.some((one) => one.value === value))
    .map((value) => ({ value, count: 0 }));
  let all = ordered(field, [...facet.values, ...gone]);
  if (field === "category") all = branches(all, picked);
  if (all.length < 2 && !picked.length) return null;
  const most = field === "size" ? 18 : field === "category" ? 40 : SHOWN;
  const folded = all.length > most + 2 && !unfolded.has(field);
  const shown = folded ? all.filter((one, index) => index < most || picked.includes(one.value)) : all;
  const more =
    all.length > most + 2 &&
    h(
      "button",
      { type: "button", className: "plain", dataset: { key: `more ${field}` }, onclick: () => unfold(field, context) },
      folded ? t("filters.more", { n: all.length - shown.length }) : t("filters.less"),
    );
  return [
    h(
      "ul",
      { className: "values" },
      shown.map((one) => choice(field, one, context)),
    ),
    more,
  ];
}

function unfold(field, context) {
  if (!unfolded.delete(field)) unfolded.add(field);
  context.draw();
}

function choice(field, one, { chosen, onChange }) {
  const checked = (chosen[field] || []).includes(one.value);
  const depth = field === "category" ? one.value.split(" > ").length - 1 : 0;
  return h(
    "li",
    { dataset: { depth } },
    h(
      "label",
      { className: checked ? "is-chosen" : "" },
      h("input", {
        type: "checkbox",
        checked,
        dataset: { key: `${field} ${one.value}` },
        onchange: () => onChange(toggled(chosen, field, one.value)),
      }),
      field === "color" ? swatch(one.value) : null,
      h("span", { className: "value" }, labelOf(field, one.value)),
      h("span", { className: "count" }, number(one.count)),
    ),
  );
}

/** Of the category tree: the roots, and what lies under a chosen one. A lone root is opened. */
function branches(all, picked) {
  const roots = all.filter((one) => !one.value.includes(" > "));
  const open = picked.length || roots.length > 1 ? picked : roots.map((root) => root.value);
  const parent = (value) => value.slice(0, value.lastIndexOf(" > "));
  const visible = (value) =>
    !value.includes(" > ") || open.some((one) => one === parent(value) || one.startsWith(`${parent(value)} > `));
  const count = new Map(all.map((one) => [one.value, one.count]));
  const path = (value) => value.split(" > ").map((_, depth, parts) => parts.slice(0, depth + 1).join(" > "));
  // siblings by count, children right under their parent
  const byTree = (a, b) => {
    const [left, right] = [path(a.value), path(b.value)];
    const at = left.findIndex((step, depth) => step !== right[depth]);
    if (at === -1 || !right[at]) return left.length - right.length;
    return (count.get(right[at]) || 0) - (count.get(left[at]) || 0) || left[at].localeCompare(right[at]);
  };
  return all.filter((one) => visible(one.value)).sort(byTree);
}

function ordered(field, all) {
  if (field !== "size") return all;
  const key = (value) =>
    LETTERS.includes(value) ? LETTERS.indexOf(value) : 100 + (Number.parseFloat(value.replace(/^\D+/, "")) || 9999);
  return [...all].sort((a, b) => key(a.value) - key(b.value) || a.value.localeCompare(b.value));
}

function range(field, facet, { chosen, currency, onChange }) {
  const current = chosen[field]?.[0];
  if (field === "discount") return reduced(facet, current, chosen, onChange);
  if (!current && (facet.min === undefined || facet.min === facet.max)) return null;
  const [low, high] = (current || "..").split("..");
  const apply = () => {
    const text = `${from.value}..${to.value}`;
    if (text !== (current || "..")) onChange(withValues(chosen, field, text === ".." ? [] : [text]));
  };
  const input = (name, value, hint) =>
    h("input", {
      type: "number",
      min: 0,
      step: "any",
      inputMode: "decimal",
      value,
      placeholder: hint,
      "aria-label": `${t(`facet.${field}`)} ${t(`filters.${name}`)}`,
      dataset: { key: `${field} ${name}` },
      onchange: apply,
    });
  const from = input("from", low, facet.min === undefined ? "" : Math.floor(facet.min));
  const to = input("to", high, facet.max === undefined ? "" : Math.ceil(facet.max));
  return h(
    "div",
    { className: "range" },
    from,
    h("span", { "aria-hidden": "true" }, "–"),
    to,
    h("span", { className: "unit" }, currency === "EUR" ? "€" : currency || ""),
  );
}

function reduced(facet, current, chosen, onChange) {
  if (!current && !facet.count) return null;
  const change = () => onChange(withValues(chosen, "discount", current ? [] : ["1.."]));
  const box = h("input", {
    type: "checkbox",
    checked: Boolean(current),
    dataset: { key: "discount" },
    onchange: change,
  });
  const label = h(
    "label",
    { className: current ? "is-chosen" : "" },
    box,
    h("span", { className: "value" }, t("facet.discount.only")),
    h("span", { className: "count" }, number(facet.count)),
  );
  return h("ul", { className: "values" }, h("li", {}, label));
}

/** What a chosen range says: "20 – 50 €". */
export function rangeText(field, value, currency) {
  if (field === "discount") return t("facet.discount.only");
  const [low, high] = value.split("..");
  const unit = currency === "EUR" ? " €" : currency ? ` ${currency}` : "";
  if (!low) return `${t("filters.to")} ${high}${unit}`;
  return high ? `${low} – ${high}${unit}` : `${t("filters.from")} ${low}${unit}`;
}
