// The demo shop: keeps the view in the address, asks the server, and shows what it answers.

import { act, actionsOf, demo, randomId, ready, search, sendEvents } from "./api.js";
import { tasteName } from "./attributes.js";
import { CARD_FIELDS } from "./card.js";
import { chips } from "./chips.js";
import { learnColors } from "./colors.js";
import { byId, debounced, fill, h } from "./dom.js";
import { FACETS, showFacets } from "./facets.js";
import { filterText, readClause, readFilters } from "./filters.js";
import { showGroups } from "./groups.js";
import { lang, named, setLanguage, t } from "./i18n.js";
import { readKnown, showKnown } from "./known.js";
import { news, problem, solved, undoable } from "./notice.js";
import { openProduct } from "./product-view.js";
import { showPages, showResults } from "./results.js";
import { meAddress, readState, renewSession, sessionId, stateAddress } from "./state.js";
import { ways } from "./relaxed.js";
import { combobox } from "./suggest.js";
import { headline } from "./headline.js";
import { showShoppers, storyOf } from "./who.js";

const PER_PAGE = 20;
const GROUPS = { groups: 3, group_size: 6 };
const SORTS = ["relevance", "price:asc", "price:desc", "newest", "popularity"];
const wide = matchMedia("(min-width: 60rem)");

const shop = {
  state: readState(location.href),
  session: sessionId(randomId),
  shoppers: [],
  examples: {},
  branches: [],
  running: null,
  answers: {},
  off: {},
};

/** Change the view. `how`: "push" makes a step for the back button, "replace" does not. */
function change(changes, how = "push") {
  shop.state = { ...shop.state, page: 1, ...changes };
  history[`${how}State`](null, "", stateAddress(shop.state));
  return refresh();
}

const person = () => shop.shoppers.find((one) => one.id === shop.state.shopper);

/** Side by side unless the visitor decided: on wide screens for those who have tastes. */
const isSide = () => shop.state.side ?? (wide.matches && Boolean(shop.state.shopper) && !person()?.new);

function request() {
  const { q, filters, raw, from, sort, page, branch, shopper, strength, without, ignored, correct } = shop.state;
  const filter = [filterText(filters), raw && `(${raw})`].filter(Boolean).join(" AND ");
  return {
    q,
    filter,
    sort,
    page,
    branch,
    strength,
    per_page: PER_PAGE,
    lang: lang(),
    shopper,
    session: shop.session,
    without_tastes: without,
    without_understood: ignored,
    correct: correct ? undefined : false,
    "context.referrer_query": from,
    fields: CARD_FIELDS,
  };
}

/** Ask anew and draw everything. A newer question takes the place of one that still runs. */
async function refresh() {
  shop.running?.abort();
  const running = (shop.running = new AbortController());
  drawControls();
  byId("lists").setAttribute("aria-busy", "true");
  const asked = request();
  // the anonymous order is the same question without leave to use anything
  const stranger = { ...asked, personalize: "off", without_tastes: [] };
  try {
    const [personal, anonymous] = await Promise.all([
      search({ ...asked, facet: FACETS, ...(asked.q && asked.page === 1 && GROUPS) }, running.signal),
      isSide() ? search(stranger, running.signal) : null,
    ]);
    if (running !== shop.running) return;
    shop.answers = { personal, anonymous };
    solved(byId("notices"));
    drawAnswers();
  } catch (error) {
    if (error.name === "AbortError") return;
    problem(byId("notices"), error);
  } finally {
    if (running === shop.running) byId("lists").removeAttribute("aria-busy");
  }
  drawKnown();
}

function drawControls() {
  const { state } = shop;
  if (document.activeElement !== byId("q") || !state.q) byId("q").value = state.q;
  showShoppers(byId("shoppers"), shop.shoppers, state.shopper, (shopper) => change({ shopper, without: [], page: 1 }));
  byId("story").textContent = storyOf(shop.shoppers, state.shopper);
  byId("strength").value = state.strength;
  byId("strength-value").textContent = state.strength;
  byId("side").checked = isSide();
  const option = (value, text, chosen) => h("option", { value, selected: value === chosen }, text);
  fill(
    byId("sort"),
    SORTS.map((sort) => option(sort, t(`sort.${sort}`), state.sort)),
  );
  fill(
    byId("branch"),
    option("", t("branch.all"), state.branch),
    shop.branches.map((branch) => option(branch, named(branch), state.branch)),
  );
  byId("branch").closest("label").hidden = !shop.branches.length;
  byId("to-kiosk").href = state.branch ? `/kiosk?branch=${encodeURIComponent(state.branch)}` : "/kiosk";
  for (const button of document.querySelectorAll("[data-lang]"))
    button.setAttribute("aria-pressed", String(button.dataset.lang === lang()));
}

function drawAnswers() {
  const { state, answers } = shop;
  const { personal, anonymous } = answers;
  const currency = personal.hits.find((hit) => hit.product.currency)?.product.currency;
  learnColors(personal.hits.map((hit) => hit.product));
  showFacets(byId("facets"), personal.facets, state.filters, currency, (filters) => change({ filters }));
  const proposed = (q) => change({ q, correct: true });
  headline(personal, state, () => change({ correct: false }), proposed);
  drawChips();
  showExamples(!state.q && !Object.keys(state.filters).length);
  showResults(byId("lists"), {
    personal,
    anonymous,
    name: person()?.name,
    branch: state.branch,
    onOpen,
    onAction: (action, taste, byKeyboard) =>
      doing(action.path, action.body, t(`taste.${action.do}.done`, { taste: tasteName(taste) }), byKeyboard),
  });
  showGroups(byId("groups"), personal.groups || [], { onOpen: (hit) => onOpen(hit, null), onAll: showAll });
  if (!personal.total) {
    const go = { onUnfiltered: () => change({ filters: {}, raw: "", page: 1 }), onOffer: onSuggestion };
    const none = [h("strong", {}, t("results.none")), " ", t("results.none.hint"), ways(personal, go)];
    fill(byId("lists"), h("p", { className: "none" }, none));
  }
  showPages(byId("pages"), state.page, personal.total, PER_PAGE, (page) => {
    change({ page });
    scrollTo({ top: 0 });
  });
}

function drawChips() {
  const { state, answers, off } = shop;
  if (!answers.personal) return;
  const { hits, query } = answers.personal;
  const currency = hits.find((hit) => hit.product.currency)?.product.currency;
  const on = (taste) => switchOn(taste);
  fill(byId("chips"), chips(state, currency, change, query.understood, query.context, Object.keys(off), on));
  byId("chips").hidden = !byId("chips").childElementCount;
}

/** Do what a button beside a reason says, and offer the way back. */
async function doing(path, body, text, byKeyboard) {
  try {
    const done = await act(path, body);
    const back = async () => {
      for (const one of done.undo) await act(path, one);
      await refresh();
    };
    await refresh();
    undoable(byId("notices"), text, () => back().catch((error) => problem(byId("notices"), error)), byKeyboard);
  } catch (error) {
    problem(byId("notices"), error);
  }
}

/** Switch a taste on again, wherever it was switched off. */
async function switchOn(taste) {
  try {
    for (const id of shop.off[taste] || []) await act(actionsOf(id), { do: "on", attribute: taste });
    await refresh();
  } catch (error) {
    problem(byId("notices"), error);
  }
}

/** Search for all of a group: its clauses as filters where each is one, else as text. */
function showAll({ q, filter }) {
  const filters = readFilters(filter);
  change({ q, filters: filters || {}, raw: filters ? "" : filter, correct: true, ignored: [] });
  byId("q").value = q;
  byId("results").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

function showExamples(on) {
  const list = shop.examples[lang()] || [];
  byId("examples").hidden = !on || !list.length;
  fill(
    byId("examples"),
    list.map((q) =>
      h(
        "li",
        {},
        h("button", { type: "button", onclick: () => change({ q, filters: {}, raw: "", correct: true }) }, q),
      ),
    ),
  );
}

async function drawKnown() {
  const ids = [[shop.session, t("known.today")]];
  if (shop.state.shopper) ids.push([shop.state.shopper, t("known.always")]);
  const found = await readKnown(ids);
  shop.off = {};
  found.forEach((one, at) => {
    for (const taste of one?.stated.off || []) (shop.off[taste] ??= []).push(ids[at][0]);
  });
  drawChips();
  byId("to-me").href = meAddress(shop.state);
  return showKnown(byId("known"), ids, found, (events) => {
    news(byId("notices"), t("known.forgotten", { n: events }));
    refresh();
  });
}

// --- looking at a product ---

function event(type, hit, answer) {
  const { shopper } = shop.state;
  return {
    event_id: randomId(),
    type,
    product_id: hit.id,
    session: shop.session,
    ...(shopper && { shopper }),
    ...(answer && { query_id: answer.query_id, position: hit.rank }),
  };
}

async function tell(events) {
  try {
    await sendEvents(events);
    return true;
  } catch (error) {
    problem(byId("notices"), error);
    return false;
  }
}

function onOpen(hit, answer) {
  // whoever closes at once still gets the list that knows of this look
  const told = tell([event("click", hit, answer), event("view", hit, answer)]);
  openProduct(byId("product"), hit, {
    branch: shop.state.branch,
    note: t("dialog.noted"),
    actions: [
      { type: "cart", text: t("dialog.cart"), done: t("dialog.carted"), primary: true },
      { type: "wishlist", text: t("dialog.wish"), done: t("dialog.wished") },
    ],
    onAction: (type) =>
      tell([
        {
          ...event(type, hit, answer),
          ...(type === "cart" && hit.product.price !== undefined && { price: hit.product.price }),
        },
      ]),
    onClose: () => told.then(refresh),
  });
}

/** A suggested product opens; a category or brand becomes a filter, a search of one's own is done again. */
function onSuggestion(line) {
  const clause = line.filter && readClause(line.filter);
  if (clause) return change({ q: "", filters: { [clause[0]]: clause[1] }, raw: "", correct: true });
  if (line.filter) return change({ q: "", filters: {}, raw: line.filter, correct: true });
  byId("q").value = line.text;
  change({ q: line.text, filters: {}, raw: "", correct: true, ignored: [] });
  if (line.own) return undefined;
  return onOpen({ id: line.id, product: { id: line.id, title: line.text }, rank: 1 }, null);
}

// --- beginning ---

/** Who types, as far as their own searches are to be offered: at 0 the page is a stranger's. */
const typist = () =>
  shop.state.strength ? { session: shop.session, ...(shop.state.shopper && { shopper: shop.state.shopper }) } : {};

function wire() {
  const box = combobox(byId("q"), byId("suggestions"), onSuggestion, (text) => (byId("live").textContent = text), typist);
  byId("search").addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    box.close();
    change({ q: byId("q").value.trim(), filters: {}, raw: "", correct: true, ignored: [] });
  });
  byId("q").addEventListener(
    "search",
    () => byId("q").value || !shop.state.q || change({ q: "", filters: {}, raw: "" }),
  ); // the ×
  const turned = debounced((strength) => change({ strength, page: shop.state.page }, "replace"), 200);
  byId("strength").addEventListener("input", (moved) => {
    byId("strength-value").textContent = moved.target.value;
    turned(Number(moved.target.value));
  });
  byId("side").addEventListener("change", (toggled) => change({ side: toggled.target.checked, page: shop.state.page }));
  byId("sort").addEventListener("change", (picked) => change({ sort: picked.target.value }));
  byId("branch").addEventListener("change", (picked) => change({ branch: picked.target.value }));
  byId("new-session").addEventListener("click", () => {
    shop.session = renewSession(randomId);
    news(byId("notices"), t("session.renewed"));
    change({ without: [], page: shop.state.page }, "replace");
  });
  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => {
      setLanguage(button.dataset.lang);
      change({ lang: button.dataset.lang, page: shop.state.page });
    });
  }
  wide.addEventListener("change", refresh);
  addEventListener("popstate", () => {
    shop.state = readState(location.href);
    setLanguage(shop.state.lang || "de");
    if (byId("product").open) byId("product").close();
    byId("q").value = shop.state.q;
    refresh();
  });
}

async function start() {
  setLanguage(shop.state.lang || "de");
  // on narrow screens the lists come first
  if (!wide.matches) for (const id of ["known-box", "filter-box"]) byId(id).open = false;
  wire();
  const [about, health] = await Promise.all([demo(), ready()]);
  shop.shoppers = about.shoppers || [];
  shop.examples = about.examples || {};
  shop.branches = health.branches || [];
  await refresh();
}

start();
