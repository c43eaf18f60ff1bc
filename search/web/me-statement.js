// What somebody says themselves: shown, taken back, and added to.

import { profile, search, state } from "./api.js";
import { tasteName } from "./attributes.js";
import { fill, h } from "./dom.js";
import { lang, t } from "./i18n.js";
import { readable } from "./me-tastes.js";
import { problem } from "./notice.js";

/** What can be stated by name; categories and prices are easier said beside what was looked at. */
const FACETS = ["brand", "color"];

/**
 * Show what is stated under these ids ([[id, heading]]), the visit's beside the shopper's where there is some.
 * `doesFor(id)` gives what takes one thing back, `changed()` follows.
 */
export function showStatements(container, ids, found, doesFor, changed) {
  const parts = ids.map(([id, heading], at) => {
    const items = found[at] ? statementItems(id, found[at].stated, doesFor(id), changed) : [];
    return items.length ? [ids.length > 1 ? h("h3", {}, heading) : null, h("ul", { className: "stated" }, items)] : null;
  });
  const any = parts.some(Boolean);
  fill(container, any ? parts : h("p", { className: "empty" }, t("me.said.none")));
}

function statementItems(id, stated, does, changed) {
  const values = (list, kind, sign) =>
    list.map((one) =>
      item(kind, sign, `${tasteName(one.attribute)}: ${readable(one)}`, () =>
        does({ do: "neutral", attribute: one.attribute, value: one.value }, t("me.neutral.done", { name: readable(one) })),
      ),
    );
  const sizes = stated.sizes.map((one) => {
    const text = one.product_type ? `${one.label || one.product_type}: ${one.size}` : one.size;
    return item("size", "↔", `${t("facet.size")} ${text}`, () =>
      restate(id, changed, (sizes) =>
        sizes.filter((other) => other.size !== one.size || other.product_type !== one.product_type),
      ),
    );
  });
  const off = stated.off.map((name) =>
    item("off", "○", t("taste.without", { taste: tasteName(name) }), () =>
      does({ do: "on", attribute: name }, t("me.on.done", { taste: tasteName(name) })),
    ),
  );
  return [...values(stated.likes, "like", "♥"), ...values(stated.dislikes, "dislike", "−"), ...sizes, ...off];
}

function item(kind, sign, text, onRemove) {
  const label = t("me.remove", { name: text });
  return h(
    "li",
    { className: `is-${kind}` },
    h("span", { className: "sign", "aria-hidden": "true" }, sign),
    h("span", { className: "unseen" }, t(`me.kind.${kind}`)),
    h("span", {}, text),
    h("button", { type: "button", "aria-label": label, title: label, onclick: onRemove }, "×"),
  );
}

const options = (list, empty) => [
  empty === null ? null : h("option", { value: "" }, empty),
  ...list.map(({ value, label }) => h("option", { value }, label || value)),
];

/** XS before 34 before 128, as people look for them. */
const inOrder = (list) => [...list].sort((a, b) => a.value.localeCompare(b.value, lang(), { numeric: true }));

const facetsOf = (filter, facet) => search({ q: "", filter, facet, per_page: 0, lang: lang(), personalize: "off" });

/** Forms to add a value or a size to what `id` states; `changed()` follows. */
export async function showForms(container, id, changed, does) {
  const { facets } = await facetsOf("", [...FACETS, "product_type", "size"]);
  fill(container, valueForm(facets, does), facets.size ? sizeForm(facets, id, changed) : null);
}

function valueForm(facets, does) {
  const known = FACETS.filter((name) => facets[name]);
  const attribute = h("select", {}, known.map((name) => h("option", { value: name }, tasteName(name))));
  const value = h("select", {});
  const byLabel = (list) => [...list].sort((a, b) => (a.label || a.value).localeCompare(b.label || b.value, lang()));
  const choose = () => fill(value, options(byLabel(facets[attribute.value]?.values || []), null));
  attribute.addEventListener("change", choose);
  choose();
  const say = (wanted) => () => {
    const name = value.selectedOptions[0]?.textContent;
    if (!name) return;
    does({ do: wanted, attribute: attribute.value, value: value.value }, t(`me.${wanted}.done`, { name }));
  };
  return h(
    "form",
    { onsubmit: (sent) => sent.preventDefault() },
    h("h3", {}, t("me.add.value")),
    h("label", {}, t("me.add.what"), attribute),
    h("label", {}, t("me.add.which"), value),
    h(
      "div",
      { className: "does" },
      h("button", { type: "button", onclick: say("more") }, `♥ ${t("me.more")}`),
      h("button", { type: "button", onclick: say("less") }, `− ${t("me.less")}`),
    ),
  );
}

function sizeForm(facets, id, changed) {
  const kind = h("select", {}, options(facets.product_type?.values || [], t("me.add.every")));
  const size = h("select", {}, options(inOrder(facets.size.values), null));
  kind.addEventListener("change", async () => {
    const quoted = kind.value.replaceAll('"', "");
    const found = kind.value ? await facetsOf(`product_type:"${quoted}"`, ["size"]) : { facets };
    fill(size, options(inOrder(found.facets.size?.values || []), null));
  });
  const add = (sent) => {
    sent.preventDefault();
    if (!size.value) return;
    const one = { size: size.value, ...(kind.value && { product_type: kind.value }) };
    restate(id, changed, (sizes) => [
      ...sizes.filter((other) => other.size !== one.size || other.product_type !== one.product_type),
      one,
    ]);
  };
  return h(
    "form",
    { onsubmit: add },
    h("h3", {}, t("me.add.size")),
    h("label", {}, t("me.add.kind"), kind),
    h("label", {}, t("facet.size"), size),
    h("div", { className: "does" }, h("button", { type: "submit" }, t("me.add.size.button"))),
  );
}

/** Send the whole statement with other sizes. */
async function restate(id, changed, resized) {
  try {
    const { stated } = await profile(id, lang());
    await state(id, { ...stated, sizes: resized(stated.sizes) }, lang());
    await changed();
  } catch (error) {
    problem(document.getElementById("notices"), error);
  }
}
