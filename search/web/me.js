// What is known of a person, and what they say themselves: read, corrected, taken away, erased.

import { act, actionsOf, demo, forgetProfile, randomId } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { lang, setLanguage, t } from "./i18n.js";
import { readKnown } from "./known.js";
import { showForms, showStatements } from "./me-statement.js";
import { showQueries } from "./me-queries.js";
import { showStyleTest } from "./me-style.js";
import { showTastes } from "./me-tastes.js";
import { showTraits } from "./me-traits.js";
import { problem, solved, undoable } from "./notice.js";
import { sessionId } from "./state.js";

const address = new URL(location.href).searchParams;
const me = {
  shopper: address.get("shopper") || "",
  session: sessionId(randomId),
  names: {},
};

/** Whose statement it is: the shopper's, or this visit's. */
const who = () => me.shopper || me.session;

const headings = () => [
  ...(me.shopper ? [[me.shopper, t("known.always")]] : []),
  [me.session, t("known.today")],
];

async function refresh() {
  const ids = headings();
  const found = await readKnown(ids);
  const stated = found[0]?.stated;
  if (!stated) {
    problem(byId("notices"), new Error(t("me.unread")));
    return byId("me").removeAttribute("aria-busy");
  }
  solved(byId("notices"));
  byId("whose").textContent = me.shopper ? t("me.shopper", { name: me.names[me.shopper] || me.shopper }) : t("me.visit");
  showStatements(byId("statement"), ids, found, doesFor, refresh);
  showTraits(byId("told"), found[0], does);
  showTastes(byId("tastes"), ids, found, stated, does);
  showQueries(byId("searched"), ids, found, refresh);
  showExits();
  byId("me").removeAttribute("aria-busy");
}

/** Acts for a shopper or visit: `does(action, text, finder)`. */
const doesFor = (id) => (action, text, finder) => doing(id, action, text, finder);
const does = (action, text, finder) => doing(who(), action, text, finder);

/** One action; `text` tells what was done, and there is a way back. `finder` finds what has the focus afterwards. */
async function doing(id, action, text, finder) {
  try {
    const done = await act(actionsOf(id), action);
    await refresh();
    const back = async () => {
      for (const one of done.undo) await act(actionsOf(id), one);
      await refresh();
    };
    undoable(byId("notices"), text, () => back().catch((error) => problem(byId("notices"), error)));
    document.querySelector(finder || "none")?.focus();
  } catch (error) {
    problem(byId("notices"), error);
  }
}

function showExits() {
  const ids = headings();
  const links = ids.map(([id, heading]) =>
    h(
      "a",
      { href: `/v1/profiles/${encodeURIComponent(id)}?lang=${lang()}`, download: `tresen-${id}.json` },
      ids.length > 1 ? `${t("me.export")} (${heading})` : t("me.export"),
    ),
  );
  const button = h("button", { type: "button", className: "erase" }, t("me.erase"));
  let asked = false;
  button.addEventListener("click", () => {
    if (asked) return erase();
    asked = true;
    button.textContent = t("me.erase.sure");
  });
  button.addEventListener("blur", () => {
    asked = false;
    button.textContent = t("me.erase");
  });
  fill(byId("exits"), links, button);
}

async function erase() {
  try {
    const receipts = [];
    for (const [id] of headings()) receipts.push(await forgetProfile(id));
    await refresh();
    await showRest();
    showReceipt(receipts);
  } catch (error) {
    problem(byId("notices"), error);
  }
}

function showReceipt(receipts) {
  const line = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
  const time = new Intl.DateTimeFormat(lang(), { dateStyle: "long", timeStyle: "medium" });
  fill(
    byId("receipt"),
    h("strong", {}, t("me.receipt")),
    receipts.map((one) =>
      h(
        "dl",
        {},
        line(t("me.receipt.id"), one.id),
        line(t("me.receipt.events"), one.events),
        line(t("me.receipt.stated"), one.stated),
        line(t("me.receipt.time"), time.format(new Date(one.time))),
      ),
    ),
  );
  byId("receipt").hidden = false;
}

function speak(language) {
  setLanguage(language);
  for (const button of document.querySelectorAll("[data-lang]"))
    button.setAttribute("aria-pressed", String(button.dataset.lang === lang()));
  const list = new URLSearchParams();
  if (me.shopper) list.set("shopper", me.shopper);
  if (lang() !== "de") list.set("lang", lang());
  const text = list.toString();
  history.replaceState(null, "", text ? `/me?${text}` : "/me");
  for (const id of ["back", "to-shop"]) byId(id).href = text ? `/?${text}` : "/";
}

/** What stands still while answers come in. */
async function showRest() {
  await showForms(byId("forms"), who(), refresh, does);
  await showStyleTest(byId("style-test"), me.shopper ? { shopper: me.shopper } : { session: me.session }, refresh);
}

async function start() {
  speak(address.get("lang") || "de");
  const about = await demo();
  for (const one of about.shoppers || []) me.names[one.id] = one.name;
  await refresh();
  await showRest();
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", async () => {
      speak(button.dataset.lang);
      await refresh();
      await showRest();
    });
  }
}

start();
