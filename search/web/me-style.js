// The style test: two articles, a heart or a cross for each, and what follows from them.

import { styleTest, styleTestAgain, styleTestAnswer } from "./api.js";
import { tasteName } from "./attributes.js";
import { picture } from "./card.js";
import { byId, fill, h } from "./dom.js";
import { lang, price, t } from "./i18n.js";
import { readable } from "./me-tastes.js";
import { problem } from "./notice.js";

/** Whom things are for: it would be a guess. */
const WHOM = ["gender", "age_group"];

/** Show the test of a shopper or visit ({shopper} or {session}); `changed()` follows each answer. */
export async function showStyleTest(container, whose, changed) {
  const draw = (test, focused) => {
    byId("test").hidden = !test.pair.length && !test.answered;
    fill(container, intro(test), test.pair.length ? pair(test, answer) : end(test), leanings(test, again));
    if (focused) container.querySelector("button")?.focus({ preventScroll: true });
  };
  const run = async (work) => {
    try {
      draw(await work(), true);
      await changed();
    } catch (error) {
      problem(byId("notices"), error);
    }
  };
  const answer = (answers) => run(() => styleTestAnswer({ ...whose, lang: lang(), answers }));
  const again = () => run(() => styleTestAgain({ ...whose, lang: lang() }));
  try {
    draw(await styleTest({ ...whose, lang: lang() }), false);
  } catch (error) {
    problem(byId("notices"), error);
  }
}

const intro = (test) =>
  h("p", { className: "note" }, t("me.test.note"), " ", h("span", { className: "progress" }, progress(test)));

const progress = (test) => t("me.test.progress", { n: test.answered / 2 + 1, of: test.of / 2 });

const end = (test) => (test.answered ? h("p", {}, t("me.test.end")) : null);

/** Both are judged before the next pair comes. */
function pair(test, onAnswer) {
  const judged = new Map();
  const judge = (id, heart, button) => {
    judged.set(id, heart);
    for (const one of button.parentElement.children) one.setAttribute("aria-pressed", String(one === button));
    if (judged.size === test.pair.length)
      onAnswer([...judged].map(([product_id, one]) => ({ product_id, heart: one })));
  };
  return [
    h("div", { className: "pair" }, test.pair.map((product) => article(product, judge))),
    h(
      "button",
      {
        type: "button",
        className: "plain",
        onclick: () => onAnswer(test.pair.map(({ id }) => ({ product_id: id, heart: judged.get(id) ?? null }))),
      },
      t("me.test.skip"),
    ),
  ];
}

function article(product, judge) {
  const button = (heart, sign, name) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": "false",
        "aria-label": `${t(name)}: ${product.title}`,
        onclick: (event) => judge(product.id, heart, event.currentTarget),
      },
      sign,
    );
  return h(
    "div",
    { className: "article" },
    picture(product),
    h("h3", {}, product.title),
    product.price === undefined ? null : h("p", { className: "price" }, price(product.price, product.currency)),
    h("div", { className: "judge" }, button(true, "♥", "me.test.heart"), button(false, "✕", "me.test.cross")),
  );
}

const isBand = ({ attribute, value }) => attribute === "price_band" || /^[1-8]\/8$/.test(value);

/** What the answers say, in words. Whom things are for is not told: it would be a guess. */
function leanings(test, onAgain) {
  const told = (sign) =>
    test.leanings
      .filter((one) => one.leaning * sign > 0 && !WHOM.includes(one.attribute))
      .slice(0, 6)
      .map((one) => (isBand(one) ? `${tasteName(one.attribute)} ${readable(one)}` : readable(one)));
  const line = (name, list) => (list.length ? h("p", {}, h("strong", {}, t(name)), " ", list.join(", ")) : null);
  if (!test.answered) return null;
  return [
    line("me.test.likes", told(1)),
    line("me.test.dislikes", told(-1)),
    h("button", { type: "button", className: "plain", onclick: onAgain }, t("me.test.again")),
  ];
}
