// Who stands at the counter: the choice of shopper, their story, and the dial.

import { fill, h } from "./dom.js";
import { lang, t } from "./i18n.js";

/** Radio buttons for nobody and every shopper of the demo; a kiosk has its own page. */
export function showShoppers(container, shoppers, chosen, onChoose) {
  const people = [{ id: "", name: t("who.nobody") }, ...shoppers.filter((one) => !one.kiosk)];
  if (chosen && !people.some((one) => one.id === chosen)) people.push({ id: chosen, name: chosen });
  const focused = container.contains(document.activeElement);
  fill(
    container,
    people.map((one) =>
      h(
        "label",
        { className: one.id === chosen ? "is-chosen" : "" },
        h("input", {
          type: "radio",
          name: "shopper",
          value: one.id,
          checked: one.id === chosen,
          onchange: () => onChoose(one.id),
        }),
        h("span", { className: "face", "aria-hidden": "true" }, one.id ? Array.from(one.name)[0] : "–"),
        h("span", {}, one.name),
      ),
    ),
  );
  // on narrow screens the row scrolls: the chosen one is brought into sight
  const pill = container.querySelector(".is-chosen");
  if (pill) container.scrollLeft = pill.offsetLeft - (container.clientWidth - pill.offsetWidth) / 2;
  if (focused) container.querySelector("input:checked")?.focus();
}

/** What there is to know about the chosen one. */
export function storyOf(shoppers, chosen) {
  if (!chosen) return t("who.nobody.story");
  const story = shoppers.find((one) => one.id === chosen)?.story;
  return story?.[lang()] || story?.de || "";
}
