// What the shop shows, as an address: a link reproduces the view, and the back button works.

import { RANGES } from "./filters.js";

const SESSION = "tresen.session";
const SORTS = ["relevance", "price:asc", "price:desc", "newest", "popularity"];

/** The view of an address. `side` is null until the visitor decides. */
export function readState(address) {
  const parameters = new URL(address).searchParams;
  const filters = {};
  for (const [name, value] of parameters) {
    if (name.startsWith("f.")) (filters[name.slice(2)] ??= []).push(value);
  }
  const sort = parameters.get("sort");
  return {
    q: parameters.get("q") || "",
    filters,
    raw: parameters.get("filter") || "",
    from: parameters.get("from") || "",
    shopper: parameters.get("shopper") || "",
    lang: parameters.get("lang") || "",
    sort: SORTS.includes(sort) ? sort : "relevance",
    page: Math.max(1, Number.parseInt(parameters.get("page"), 10) || 1),
    branch: parameters.get("branch") || "",
    strength: bounded(parameters.get("strength"), 0, 100, 100),
    without: parameters.getAll("without"),
    ignored: parameters.getAll("ignore"),
    side: parameters.has("side") ? parameters.get("side") === "1" : null,
    correct: parameters.get("correct") !== "false",
  };
}

function bounded(text, least, most, otherwise) {
  const value = Number.parseInt(text, 10);
  return Number.isNaN(value) ? otherwise : Math.min(most, Math.max(least, value));
}

/** The address of a view; what is as usual is left out. */
export function stateAddress(state) {
  const list = new URLSearchParams();
  if (state.q) list.set("q", state.q);
  for (const [field, values] of Object.entries(state.filters)) {
    for (const value of RANGES.has(field) ? values.slice(0, 1) : values) list.append(`f.${field}`, value);
  }
  if (state.raw) list.set("filter", state.raw);
  if (state.from) list.set("from", state.from);
  for (const name of ["shopper", "branch", "lang"]) if (state[name]) list.set(name, state[name]);
  if (state.sort !== "relevance") list.set("sort", state.sort);
  if (state.page > 1) list.set("page", state.page);
  if (state.strength !== 100) list.set("strength", state.strength);
  for (const taste of state.without) list.append("without", taste);
  for (const attribute of state.ignored) list.append("ignore", attribute);
  if (state.side !== null) list.set("side", state.side ? "1" : "0");
  if (!state.correct) list.set("correct", "false");
  const text = list.toString();
  return text ? `/?${text}` : "/";
}

/** The address of the page about the person of a view. */
export function meAddress(state) {
  const list = new URLSearchParams();
  for (const name of ["shopper", "lang"]) if (state[name]) list.set(name, state[name]);
  const text = list.toString();
  return text ? `/me?${text}` : "/me";
}

/** The session's id: of this tab only, gone when it is closed. */
export function sessionId(create) {
  let id = sessionStorage.getItem(SESSION);
  if (!id) sessionStorage.setItem(SESSION, (id = create()));
  return id;
}

/** Begin a new session. */
export function renewSession(create) {
  sessionStorage.removeItem(SESSION);
  return sessionId(create);
}
