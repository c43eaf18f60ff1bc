// The lists of results: one, or the anonymous and the personal order side by side.

import { card } from "./card.js";
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Show answers. Cards glide from where they stood, so that people see what moved.
 *
 * view: {personal, anonymous (or null), name, branch, onOpen(hit, answer), onAction}
 */
export function showResults(container, view) {
  const before = places(container);
  container.classList.toggle("is-side", Boolean(view.anonymous));
  const anonymous = view.anonymous && column(view, view.anonymous, "anonymous", () => null);
  const personal = column(view, view.personal, "personal", moved);
  fill(container, anonymous, personal);
  linkTwins(container);
  if (!calm.matches) glide(container, before);
}

/** How far the personal order moved a hit. */
const moved = (hit) => hit.rank_anonymous - hit.rank;

function column(view, answer, name, movedOf) {
  const context = {
    branch: view.branch,
    column: name,
    onOpen: (hit) => view.onOpen(hit, answer),
    onAction: view.onAction,
  };
  const cards = answer.hits.map((hit) => card(hit, movedOf(hit), context));
  const list = h("ol", { className: "cards", start: answer.hits[0]?.rank ?? 1 }, cards);
  if (!view.anonymous) return list;
  const climbed = cards.filter((one) => Number(one.dataset.moved) > 0).length;
  const title =
    name === "anonymous"
      ? t("column.anonymous")
      : view.name
        ? t("column.personal", { name: view.name })
        : t("column.session");
  const note =
    name === "anonymous"
      ? t("column.anonymous.sub")
      : climbed
        ? t("column.personal.sub", { n: climbed })
        : t("column.same");
  const id = `column-${name}`;
  list.setAttribute("aria-labelledby", id);
  return h(
    "section",
    { className: `column is-${name}` },
    h("header", {}, h("h2", { id }, title), h("p", {}, note)),
    list,
  );
}

/** The same product in the other column lights up with the one that is pointed at. */
function linkTwins(container) {
  const light = (event, on) => {
    const id = event.target.closest?.(".card")?.dataset.id;
    for (const twin of container.querySelectorAll(".card"))
      twin.classList.toggle("is-twin", on && twin.dataset.id === id);
  };
  container.onpointerover = (event) => light(event, true);
  container.onpointerleave = (event) => light(event, false);
  container.onfocusin = (event) => light(event, true);
  container.onfocusout = (event) => light(event, false);
}

function places(container) {
  const found = new Map();
  for (const one of container.querySelectorAll(".card")) found.set(key(one), one.getBoundingClientRect());
  return found;
}

const key = (one) => `${one.dataset.column} ${one.dataset.id}`;

function glide(container, before) {
  for (const one of container.querySelectorAll(".card")) {
    const was = before.get(key(one));
    const is = one.getBoundingClientRect();
    if (!was) {
      if (before.size) one.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 300 });
      continue;
    }
    const [x, y] = [was.left - is.left, was.top - is.top];
    if (Math.abs(x) + Math.abs(y) < 2) continue;
    one.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
      duration: 600,
      easing: "cubic-bezier(.2,.8,.2,1)",
    });
  }
}

/** Back, page numbers near this one, next. The server answers the first thousand results. */
export function showPages(container, page, total, perPage, onPage) {
  const last = Math.min(Math.ceil(total / perPage), Math.floor(1000 / perPage));
  if (last <= 1) return fill(container);
  const numbers = [...new Set([1, page - 1, page, page + 1, last])].filter((n) => n >= 1 && n <= last);
  const button = (n, text, properties = {}) =>
    h("button", { type: "button", onclick: () => onPage(n), ...properties }, text);
  const parts = [button(page - 1, t("page.previous"), { disabled: page <= 1 })];
  numbers.forEach((n, index) => {
    if (index && n - numbers[index - 1] > 1) parts.push(h("span", { "aria-hidden": "true" }, "…"));
    parts.push(
      button(n, n, { "aria-label": t("page.number", { n }), "aria-current": n === page ? "page" : undefined }),
    );
  });
  parts.push(button(page + 1, t("page.next"), { disabled: page >= last }));
  return fill(container, parts);
}
