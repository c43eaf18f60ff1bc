// What was concluded from what somebody looked at: a list for each taste, with words for how much and on what evidence.

import { tasteName } from "./attributes.js";
import { fill, h } from "./dom.js";
import { day, number, t } from "./i18n.js";

const ORDER = ["brand", "category", "color", "price_band", "gender"];
const SHOWN = 5;
const BANDS = 8;
/** From this lift on, what it is called. */
const WORDS = [
  [2.5, "much"],
  [1.4, "more"],
  [1.1, "bit"],
  [0.9, "usual"],
  [0.7, "less"],
  [0, "rare"],
];

/** Show the tastes of the profiles ([[id, heading]] and what was found); `does(action, text, finder)` acts. */
export function showTastes(container, ids, found, stated, does) {
  const parts = ids.map(([, heading], at) => profilePart(heading, found[at], stated, does)).filter(Boolean);
  fill(container, parts.length ? parts : h("p", { className: "empty" }, t("known.nothing")));
}

function profilePart(heading, known, stated, does) {
  const tastes = known?.tastes || [];
  const sizes = known?.kept_sizes || [];
  if (!tastes.length && !sizes.length) return null;
  const names = [...ORDER, ...new Set(tastes.map((one) => one.attribute))];
  const groups = [...new Set(names)].map((name) => [name, tastes.filter((one) => one.attribute === name)]);
  return h(
    "div",
    { className: "profile" },
    h("h3", {}, heading, " · ", t("known.events", { n: known.events })),
    groups.filter(([, list]) => list.length).map(([name, list]) => tastePart(name, list, stated, does)),
    sizes.length ? section("size", stated, does, h("ul", { className: "values" }, sizes.map(sizeLine))) : null,
  );
}

function tastePart(name, list, stated, does) {
  const sorted = [...list].sort((a, b) => b.lift - a.lift);
  const rest = sorted.slice(SHOWN);
  return section(
    name,
    stated,
    does,
    h("ul", { className: "values" }, sorted.slice(0, SHOWN).map((one) => valueLine(one, stated, does))),
    rest.length
      ? h(
          "details",
          { className: "more" },
          h("summary", {}, t("known.all", { n: rest.length })),
          h("ul", { className: "values" }, rest.map((one) => valueLine(one, stated, does))),
        )
      : null,
  );
}

/** A size that was bought and kept. */
const sizeLine = ({ label, size, kept }) =>
  h(
    "li",
    {},
    h("span", { className: "name" }, `${label}: ${size}`),
    h("span", { className: "why" }, t("me.kept", { n: kept })),
  );

/** A taste, or the sizes, under a heading with a switch. */
function section(name, stated, does, ...content) {
  const isOff = stated.off.includes(name);
  const taste = tasteName(name);
  const turn = (event) => {
    const on = event.target.checked;
    const text = t(on ? "me.on.done" : "taste.off.done", { taste });
    return does({ do: on ? "on" : "off", attribute: name }, text, `[data-switch="${name}"]`);
  };
  return h(
    "section",
    { className: isOff ? "taste is-off" : "taste" },
    h(
      "header",
      {},
      h("h3", {}, taste),
      h(
        "label",
        { className: "switch" },
        h("input", { type: "checkbox", role: "switch", checked: !isOff, dataset: { switch: name }, onchange: turn }),
        t("me.counts"),
        h("span", { className: "unseen" }, taste),
      ),
    ),
    content,
  );
}

/** A value as people read it: a price band, or a number's, as its place among the eight. */
export function readable({ attribute, value, label }) {
  if (attribute === "price_band") return t("known.band", { n: Number(value) + 1, of: BANDS });
  if (attribute === "discount") return t(`discount.${value}`);
  if (attribute === "label" && value === "none") return t("label.none");
  return label || value;
}

function valueLine(taste, stated, does) {
  const { attribute, value } = taste;
  const has = (list) => list.some((one) => one.attribute === attribute && one.value === value);
  const name = readable(taste);
  const button = (wanted, on) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(on),
        "aria-label": `${t(`me.${wanted}`)}: ${name}`,
        dataset: { does: `${wanted} ${attribute} ${value}` },
        onclick: () =>
          does(
            { do: on ? "neutral" : wanted, attribute, value },
            t(on ? "me.neutral.done" : `me.${wanted}.done`, { name }),
            `[data-does="${CSS.escape(`${wanted} ${attribute} ${value}`)}"]`,
          ),
      },
      t(`me.${wanted}`),
    );
  const seen = t("known.evidence", { seen: number(taste.observed, 1), expected: number(taste.expected, 1) });
  return h(
    "li",
    {},
    h("span", { className: "name" }, name),
    h(
      "span",
      {},
      h("span", { className: "how" }, t(`me.lift.${WORDS.find(([least]) => taste.lift >= least)[1]}`)),
      h("span", { className: "why" }, `${seen} · ${t("known.date", { day: day(taste.last_seen) })}`),
    ),
    h("span", { className: "does" }, button("more", has(stated.likes)), button("less", has(stated.dislikes))),
  );
}
