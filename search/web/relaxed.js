// What was done for a query that finds too little, in words; and where to go where nothing is found.

import { h } from "./dom.js";
import { has, t } from "./i18n.js";

/** A sentence a step. A word that was read as another is told above the results. */
export function steps(relaxed) {
  return relaxed
    .filter(({ step }) => has(`relaxed.${step}`))
    .map(({ step, text, dropped }) =>
      h("span", { className: "step" }, t(`relaxed.${step}`, { text: t("quoted", { text }), dropped: dropped.map((text) => t("quoted", { text })).join(", ") })),
    );
}

/**
 * Under "nothing found": how many there are without the filters, and what to look at instead.
 * `elsewhere` is the key of the button's text.
 */
export function ways(answer, { onUnfiltered, onOffer, elsewhere = "relaxed.unfiltered.show" }) {
  const { unfiltered, offers } = answer;
  const button = (text, onclick, className) => h("button", { type: "button", className, onclick }, text);
  return [
    unfiltered
      ? h("span", { className: "way" }, `${t("relaxed.unfiltered", { n: unfiltered })} `, button(t(elsewhere), onUnfiltered, "plain"))
      : null,
    offers.length
      ? h("span", { className: "way offers" }, `${t("relaxed.offers")} `, offers.map((line) => button(line.text, () => onOffer(line), "")))
      : null,
  ];
}
