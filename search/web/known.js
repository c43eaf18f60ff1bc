// "Was der Tresen über dich weiß": a slip that lists tastes with their evidence, and forgets on demand.

import { forgetProfile, profile } from "./api.js";
import { tasteName } from "./attributes.js";
import { fill, h } from "./dom.js";
import { day, lang, number, t } from "./i18n.js";
import { readable } from "./me-tastes.js";

const LEAST_LIFT = 1.1;
const SHOWN = 6;

/** What is known under these ids ([[id, heading]]), in their order; null where it cannot be read. */
export const readKnown = (ids) => Promise.all(ids.map(([id]) => profile(id, lang()).catch(() => null)));

/** Show what was read under these ids; `onForgotten(events)` follows an erasure. */
export function showKnown(container, ids, found, onForgotten) {
  const parts = ids.map(([, heading], index) => part(heading, found[index])).filter(Boolean);
  const events = found.reduce((sum, one) => sum + (one?.events || 0), 0);
  const said = found.some((one) => one && Object.values(one.stated).some((list) => list.length));
  if (!parts.length && !events && !said) return void fill(container, h("p", { className: "empty" }, t("known.nothing")));
  fill(
    container,
    parts,
    h("p", { className: "total" }, h("span", {}, t("known.events", { n: events })), forgetButton(ids, onForgotten)),
  );
}

function part(heading, known) {
  const tastes = (known?.tastes || []).filter((taste) => taste.lift >= LEAST_LIFT).sort((a, b) => b.lift - a.lift);
  if (!tastes.length) return null;
  const shown = tastes.slice(0, SHOWN);
  const rest = tastes.slice(SHOWN);
  return h(
    "section",
    {},
    h("h3", {}, heading),
    h("ul", {}, shown.map(line)),
    rest.length
      ? h("details", {}, h("summary", {}, t("known.all", { n: rest.length })), h("ul", {}, rest.map(line)))
      : null,
  );
}

function line(taste) {
  const value = readable(taste);
  const lift = number(taste.lift, 1);
  const why = `${t("known.lift", { lift, evidence: evidence(taste) })}, ${t("known.date", { day: day(taste.last_seen) })}`;
  return h(
    "li",
    { title: why },
    h("span", { className: "what" }, h("span", { className: "attribute" }, tasteName(taste.attribute)), " ", value),
    h("span", { className: "dots", "aria-hidden": "true" }),
    h(
      "span",
      { className: "lift" },
      h("span", { "aria-hidden": "true" }, t("known.more", { lift })),
      h("span", { className: "unseen" }, why),
    ),
  );
}

function evidence(taste) {
  return t("known.evidence", { seen: number(taste.observed, 1), expected: number(taste.expected, 1) });
}

/** Asks once before it erases: what is gone does not come back. */
function forgetButton(ids, onForgotten) {
  const button = h("button", { type: "button", className: "forget" }, t("known.forget"));
  let asked = false;
  button.addEventListener("click", async () => {
    if (!asked) {
      asked = true;
      button.textContent = t("known.sure");
      return;
    }
    button.disabled = true;
    let events = 0;
    for (const [id] of ids) events += (await forgetProfile(id)).events;
    onForgotten(events);
  });
  button.addEventListener("blur", () => {
    asked = false;
    button.textContent = t("known.forget");
  });
  return button;
}
