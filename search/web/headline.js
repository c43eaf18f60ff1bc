// Above the results: how many, for what, what was corrected, and what the server had to leave out.

import { byId, fill, h } from "./dom.js";
import { has, number, t } from "./i18n.js";
import { steps } from "./relaxed.js";

/** Draw it for an answer; `onInstead` searches for what was typed, `onProposed` for what may have been meant. */
export function headline(answer, state, onInstead, onProposed) {
  const total = t("results.total", { n: answer.total });
  fill(
    byId("headline"),
    total,
    state.q ? h("span", { className: "for" }, ` ${t("results.for", { q: answer.query.text || state.q })}`) : null,
  );
  byId("live").textContent = `${byId("headline").textContent}`;
  const { corrected, proposed } = answer.query;
  byId("corrected").hidden = !corrected;
  fill(byId("corrected"), corrected && correction(corrected, onInstead));
  byId("proposed").hidden = !proposed;
  fill(byId("proposed"), proposed && proposal(proposed, onProposed));
  byId("relaxed").hidden = !steps(answer.query.relaxed).length;
  fill(byId("relaxed"), steps(answer.query.relaxed));
  fill(byId("meta"), `${t("results.took", { ms: number(answer.took_ms, 0) })}`, degraded(answer.degraded));
}

/** "Ergebnisse für shirt · stattdessen nach Shrit suchen". */
function correction({ text, original }, onInstead) {
  const [before, after] = t("corrected.instead", { original: "\u0000" }).split("\u0000");
  return [
    `${t("corrected.for")} `,
    h("strong", {}, text),
    " · ",
    h("button", { type: "button", className: "plain", onclick: onInstead }, before, h("em", {}, original), after),
  ];
}

/** "Meintest du rock damen?" */
function proposal({ text }, onProposed) {
  const [before, after] = t("proposed", { text: "\u0000" }).split("\u0000");
  const button = h("button", { type: "button", className: "plain", onclick: () => onProposed(text) }, h("em", {}, text));
  return [before, button, after];
}

function degraded(stages) {
  if (!stages.length) return null;
  const said = stages.map((stage) => (has(`degraded.${stage}`) ? t(`degraded.${stage}`) : stage)).join(", ");
  return h("span", { className: "degraded" }, ` · ${t("degraded")}: ${said}`);
}
