// More of what the search is about: the brand, the kind, a style. Calm rows under the results.

import { picture, priceLine } from "./card.js";
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";

/** Draw the groups of an answer. context: {onOpen(hit), onAll(group)}; hidden where there is none. */
export function showGroups(container, groups, context) {
  container.hidden = !groups.length;
  fill(
    container,
    groups.map((group, number) => section(group, `group-${number}`, context)),
  );
}

function section(group, id, context) {
  const all = h(
    "button",
    { type: "button", className: "plain all", "aria-describedby": id, onclick: () => context.onAll(group) },
    t("groups.all", { n: group.total }),
  );
  return h(
    "section",
    { className: "group", "aria-labelledby": id, dataset: { kind: group.kind } },
    h("header", {}, h("h2", { id }, group.label), all),
    h(
      "ol",
      { className: "strip" },
      group.hits.map((hit) => item(hit, context)),
    ),
  );
}

function item(hit, context) {
  const reason = hit.rank < hit.rank_anonymous ? hit.reasons[0] : null;
  return h(
    "li",
    { dataset: { group: hit.id } },
    h(
      "button",
      { type: "button", onclick: () => context.onOpen(hit) },
      picture(hit.product),
      h("span", { className: "title" }, hit.product.title || hit.id),
      priceLine(hit.product),
      reason && h("span", { className: "why" }, reason.text),
    ),
  );
}
