// What the shop's customer account says: told with its source and day, and switched off as a whole.

import { tasteName } from "./attributes.js";
import { fill, h } from "./dom.js";
import { day, t } from "./i18n.js";

const NAMED = ["brand", "category", "color", "price_band", "gender", "age_group", "material", "label"];

/** Show the traits of a profile in their section, which is hidden without any; `does(action, text, finder)` acts. */
export function showTraits(section, known, does) {
  const traits = known?.traits || [];
  section.hidden = !traits.length;
  if (!traits.length) return;
  const counts = !known.stated.off.includes("crm");
  const taste = t("taste.crm");
  const turn = (event) => {
    const on = event.target.checked;
    const text = t(on ? "me.on.done" : "taste.off.done", { taste });
    return does({ do: on ? "on" : "off", attribute: "crm" }, text, '[data-switch="crm"]');
  };
  fill(
    section.querySelector("#traits"),
    h(
      "label",
      { className: "switch" },
      h("input", { type: "checkbox", role: "switch", checked: counts, dataset: { switch: "crm" }, onchange: turn }),
      t("me.counts"),
      h("span", { className: "unseen" }, taste),
    ),
    h("ul", { className: "values" }, traits.map(line)),
  );
}

function line({ name, values, source, date, counts }) {
  const called = NAMED.includes(name) ? tasteName(name) : name === "size" ? t("facet.size") : name;
  const from = t("me.traits.from", { source, day: day(date) });
  return h(
    "li",
    {},
    h("span", { className: "name" }, `${called}: ${values.join(", ")}`),
    h("span", {}, h("span", { className: "why" }, counts ? from : `${from} · ${t("me.traits.kept")}`)),
  );
}
