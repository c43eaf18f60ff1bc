// The kiosk in a store: this branch's stock, a session that lives in memory only, and forgetting.

import { demo, forgetSession, randomId, ready, search, sendEvents } from "./api.js";
import { CARD_FIELDS, picture, pieces, priceLine, sizesInStock } from "./card.js";
import { byId, fill, h } from "./dom.js";
import { quoted } from "./filters.js";
import { headline } from "./headline.js";
import { highlighted } from "./highlight.js";
import { named, number, setLanguage, t, lang } from "./i18n.js";
import { watchIdle } from "./idle.js";
import { showKeyboard } from "./keyboard.js";
import { problem, solved } from "./notice.js";
import { openProduct } from "./product-view.js";
import { ways } from "./relaxed.js";
import { turned, understoodOf } from "./understood.js";

const PER_PAGE = 12;
const GROUPS = 4;
const SIZES = 8;

// all that is known of the person in front of it; nothing of this is in the address or in storage
const fresh = () => ({
  session: randomId(), q: "", filter: "", label: "", page: 1, others: false, correct: true, ignored: [], hits: [], touched: false,
});
// where nothing is found: the other branches, or a category's name as the next search
const GO = {
  onUnfiltered: () => look({ others: (byId("others").checked = true) }),
  onOffer: (line) => look({ q: line.text, correct: true }),
  elsewhere: "kiosk.others",
};
const kiosk = { ...fresh(), branch: "", branches: [], examples: {}, running: null };

// --- searching ---

/** What this branch has, unless the others count too. */
const here = () => (kiosk.branch && !kiosk.others ? `in_stock:${quoted(kiosk.branch)}` : "");

function request() {
  const { q, filter, branch, page, session, others, correct, ignored } = kiosk;
  return {
    q,
    branch,
    page,
    session,
    per_page: PER_PAGE,
    lang: lang(),
    touchpoint: "kiosk",
    personalize: "session",
    fields: CARD_FIELDS,
    filter: [filter, here()].filter(Boolean).join(" AND "),
    ...(q && page === 1 && { groups: GROUPS, group_size: 0 }),
    without_understood: ignored,
    correct: correct ? undefined : false,
  };
}

/** Ask for the current page; `more` keeps the cards that are there. */
async function refresh(more = false) {
  kiosk.running?.abort();
  const running = (kiosk.running = new AbortController());
  try {
    const answer = await search(request(), running.signal);
    if (running !== kiosk.running) return;
    solved(byId("notices"));
    draw(answer, more);
  } catch (error) {
    if (error.name !== "AbortError") problem(byId("notices"), error);
  }
}

function draw(answer, more) {
  document.body.classList.add("is-found");
  byId("found").hidden = false;
  const proposed = (q) => look({ q, correct: true });
  headline(answer, { ...kiosk, q: kiosk.q || kiosk.label }, () => look({ q: kiosk.q, correct: false }), proposed);
  drawUnderstood(answer.query.understood);
  const cards = answer.hits.map((hit) => card(hit, answer));
  if (more) byId("cards").append(...cards);
  else fill(byId("cards"), cards.length ? cards : h("li", { className: "none" }, t("results.none"), ways(answer, GO)));
  kiosk.hits = more ? [...kiosk.hits, ...answer.hits] : answer.hits;
  if (!more) drawGroups(answer.groups || []);
  byId("more").hidden = kiosk.hits.length >= answer.total;
}

/** What was understood, each a large button: a touch switches it off, another one on again. */
function drawUnderstood(understood) {
  const items = understoodOf(understood).map((one) => {
    const { attribute, text, off } = one;
    const label = t(off ? "understood.on" : "understood.off", { name: text });
    const turn = () => look({ ignored: turned(one, kiosk.ignored) });
    const sign = h("span", { className: "sign", "aria-hidden": "true" }, off ? "+" : "×");
    const words = [h("span", {}, off ? t("understood.ignored", { name: text }) : text), sign];
    const button = h("button", { type: "button", "aria-label": label, onclick: turn }, ...words);
    return h("li", { className: off ? "is-off" : "", dataset: { understood: attribute } }, button);
  });
  fill(byId("understood"), items);
  byId("understood").hidden = !items.length;
}

/** More of the brand, the kind, the style: one button each. */
function drawGroups(groups) {
  const condition = here();
  byId("groups").hidden = !groups.length;
  fill(
    byId("groups"),
    groups.map(({ label, q, total, filter }) => {
      // the branch is a condition of the page, not of the group
      const own = condition ? filter.slice(0, -` AND ${condition}`.length) : filter;
      const follow = () => look({ q, label, filter: own, others: kiosk.others });
      return h("li", {}, h("button", { type: "button", onclick: follow }, label, h("small", {}, ` ${number(total)}`)));
    }),
  );
}

function look(changes) {
  if ("q" in changes && changes.q !== kiosk.q) kiosk.ignored = []; // another question is read anew
  Object.assign(kiosk, { page: 1, touched: true, filter: "", label: "", ...changes });
  byId("q").value = kiosk.q;
  byId("q").blur();
  byId("keys").hidden = true;
  scrollTo({ top: 0 });
  return refresh();
}

// --- cards ---

function card(hit, answer) {
  const { product } = hit;
  const sizes = [...new Set(sizesInStock(product, kiosk.branch))];
  return h(
    "li",
    { className: "card", dataset: { id: hit.id } },
    h(
      "button",
      { type: "button", className: "open", onclick: () => open(hit, answer) },
      picture(product),
      h(
        "span",
        { className: "words" },
        h("span", { className: "title" }, highlighted(product.title, hit.highlights.title)),
        priceLine(product),
        stock(product),
        sizes.length
          ? h(
              "span",
              { className: "sizes" },
              `${t("sizes")} ${sizes.slice(0, SIZES).join(" · ")}${sizes.length > SIZES ? " …" : ""}`,
            )
          : null,
      ),
    ),
  );
}

/** "4 Stück hier", or where else. */
function stock(product) {
  if (!product.stock) return null;
  const here = kiosk.branch ? (product.stock[kiosk.branch] ?? 0) : pieces(product.stock, "");
  if (here) return h("span", { className: "here is-in" }, t("kiosk.pieces", { n: here }));
  const other =
    kiosk.branches.find((branch) => product.stock[branch] > 0) || (product.stock.online > 0 ? "online" : "");
  if (!other) return h("span", { className: "here is-out" }, t("kiosk.nowhere"));
  const name = other === "online" ? t("branch.online") : named(other);
  return h("span", { className: "here is-away" }, t("kiosk.elsewhere", { branch: name, n: product.stock[other] }));
}

function open(hit, answer) {
  kiosk.touched = true;
  const { session } = kiosk;
  const about = { product_id: hit.id, session, query_id: answer.query_id, position: hit.rank, touchpoint: "kiosk" };
  const told = sendEvents(["click", "view"].map((type) => ({ event_id: randomId(), type, ...about }))).catch((error) =>
    problem(byId("notices"), error),
  );
  openProduct(byId("product"), hit, {
    branch: kiosk.branch,
    note: t("kiosk.forgets"),
    actions: [],
    onAction: async () => true,
    // the list learns from the look, unless everything was forgotten meanwhile
    onClose: () => told.then(() => session === kiosk.session && kiosk.page === 1 && refresh()),
  });
}

// --- forgetting ---

/** Back to the beginning, here and on the server: nobody who comes next finds a trace. */
function restart() {
  forgetSession(kiosk.session).catch(() => undefined); // the server forgets by itself after the same time
  kiosk.running?.abort();
  Object.assign(kiosk, fresh());
  for (const dialog of [byId("product"), byId("idle")]) if (dialog.open) dialog.close();
  byId("product").replaceChildren();
  byId("groups").hidden = true;
  for (const id of ["cards", "groups", "understood", "headline", "corrected", "proposed", "relaxed", "meta", "notices"]) byId(id).replaceChildren();
  byId("q").value = "";
  byId("q").blur();
  byId("keys").hidden = true;
  byId("others").checked = false;
  byId("found").hidden = true;
  byId("more").hidden = true;
  document.body.classList.remove("is-found");
  speak("de");
  byId("live").textContent = t("kiosk.forgotten");
  scrollTo({ top: 0 });
}

const isBlank = () => !kiosk.touched && !kiosk.q && !byId("q").value && lang() === "de";

function warn(seconds) {
  if (!byId("idle").open) byId("idle").showModal();
  byId("idle-count").textContent = seconds;
  byId("idle-text").textContent = t("kiosk.idle.text", { n: seconds });
}

// --- beginning ---

function speak(language) {
  setLanguage(language);
  byId("branch").textContent = kiosk.branch ? t("kiosk.in", { branch: named(kiosk.branch) }) : "";
  for (const button of document.querySelectorAll("[data-lang]"))
    button.setAttribute("aria-pressed", String(button.dataset.lang === lang()));
  const list = kiosk.examples.kiosk?.[lang()] || [];
  fill(
    byId("examples"),
    list.map((q) => h("li", {}, h("button", { type: "button", onclick: () => look({ q, correct: true }) }, q))),
  );
  showKeyboard(byId("keys"), byId("q"), submit);
  if (!byId("found").hidden) refresh();
}

function submit() {
  const q = byId("q").value.trim();
  if (q) look({ q, correct: true });
}

function wire() {
  byId("search").addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    submit();
  });
  byId("q").addEventListener("focus", () => {
    kiosk.touched = true;
    byId("keys").hidden = false;
  });
  // a tap beside the field and the keys puts the keyboard away
  addEventListener("pointerdown", (event) => event.target.closest("#keys, #search") || (byId("keys").hidden = true));
  byId("others").addEventListener("change", (toggled) =>
    look({ filter: kiosk.filter, label: kiosk.label, others: toggled.target.checked }),
  );
  byId("more").addEventListener("click", () => {
    kiosk.page += 1;
    refresh(true);
  });
  byId("restart").addEventListener("click", restart);
  byId("stay").addEventListener("click", () => byId("idle").close());
  for (const button of document.querySelectorAll("[data-lang]"))
    button.addEventListener("click", () => speak(button.dataset.lang));
  watchIdle({ warn, calm: () => byId("idle").open && byId("idle").close(), forget: restart, isBlank });
  addEventListener("pagehide", () => forgetSession(kiosk.session).catch(() => undefined));
}

async function start() {
  setLanguage("de");
  wire();
  const [about, health] = await Promise.all([demo(), ready()]);
  const wanted = new URL(location.href).searchParams.get("branch");
  kiosk.branches = health.branches || [];
  kiosk.branch = kiosk.branches.includes(wanted) ? wanted : kiosk.branches[0] || "";
  kiosk.examples = about.examples || {};
  byId("others").closest("label").hidden = !kiosk.branch;
  speak("de");
  byId("examples").removeAttribute("aria-busy");
}

start();
