/* The tables of queries: sorted, searched, opened. All text goes in as text, never as markup.
 *
 * Data of a table, in the <script type="application/json"> of its block:
 *   columns  [{label, kind: text | words | number | signed, digits}]
 *   rows     [[id, cell, …]]
 *   details  id -> {facts: [[name, text]], lists: [{name, value, items: [[rank, id, title, gain, features]], moves}],
 *            moved: [[title, id, gain, rank in A, rank in B, [[feature, in A, in B]]]]}
 *   sort     [column from 0, ascending | descending]
 */
"use strict";

const texts = JSON.parse(document.getElementById("texts").textContent);
const AT_ONCE = 50;
const formats = new Map();

function number(value, digits = 3, signed = false) {
  const key = `${digits}${signed}`;
  if (!formats.has(key)) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: signed ? "exceptZero" : "auto" };
    formats.set(key, new Intl.NumberFormat(texts.lang, options));
  }
  return formats.get(key).format(value).replace("-", "−");
}

/** A feature's value: as many digits as it needs. */
function short(value) {
  return value === null ? "–" : value.toLocaleString(texts.lang, { maximumFractionDigits: 3 }).replace("-", "−");
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** An element; children are elements or text. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

class QueryTable {
  constructor(block) {
    this.id = block.id;
    this.data = JSON.parse(block.querySelector("script").textContent);
    this.haystacks = this.data.rows.map((row) =>
      row.filter((cell) => typeof cell === "string").join(" ").toLocaleLowerCase(texts.lang));
    [this.column, this.direction] = this.data.sort;
    this.most = AT_ONCE;
    this.open = new Set();
    this.build(block);
    this.order();
  }

  build(block) {
    block.querySelector(".without-script").remove();
    this.search = make("input", { type: "search", placeholder: texts.search, "aria-label": texts.search });
    this.search.addEventListener("input", () => { this.most = AT_ONCE; this.order(); });
    this.status = make("span", { class: "quiet", role: "status" });
    this.heads = this.data.columns.map((column, index) => {
      const button = make("button", { type: "button" }, column.label);
      button.addEventListener("click", () => this.sortBy(index));
      return make("th", { scope: "col", class: isNumber(column) ? "n" : null }, button);
    });
    this.body = make("tbody");
    const caption = make("caption", {}, make("span", {}, block.dataset.caption));
    const table = make("table", {}, caption, make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.more = make("button", { type: "button", class: "more" });
    this.more.addEventListener("click", () => { this.most += AT_ONCE * 4; this.draw(); });
    const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": block.dataset.caption }, table);
    block.append(make("div", { class: "tools" }, this.search, this.status), scroll, this.more);
  }

  sortBy(index) {
    const other = this.direction === "ascending" ? "descending" : "ascending";
    this.direction = this.column === index ? other : isNumber(this.data.columns[index]) ? "descending" : "ascending";
    this.column = index;
    this.order();
  }

  /** Rows that fit, in their order; what has no value comes last either way. */
  order() {
    const wanted = this.search.value.trim().toLocaleLowerCase(texts.lang).split(/\s+/);
    const cell = (index) => this.data.rows[index][this.column + 1];
    const sign = this.direction === "ascending" ? 1 : -1;
    const numeric = isNumber(this.data.columns[this.column]);
    const letters = new Intl.Collator(texts.lang, { numeric: true });
    this.rows = this.data.rows.map((_, index) => index)
      .filter((index) => wanted.every((word) => this.haystacks[index].includes(word)));
    this.rows.sort((one, other) => {
      const [a, b] = [cell(one), cell(other)];
      if (a === null || b === null) return (a === null) - (b === null) || one - other;
      return sign * (numeric ? a - b : letters.compare(a, b)) || one - other;
    });
    this.heads.forEach((head, index) => {
      if (index === this.column) head.setAttribute("aria-sort", this.direction);
      else head.removeAttribute("aria-sort");
    });
    this.draw();
  }

  draw() {
    const shown = this.rows.slice(0, this.most);
    this.body.replaceChildren(...shown.flatMap((index) => this.row(index)));
    if (!shown.length) {
      this.body.append(make("tr", {}, make("td", { colspan: this.data.columns.length }, texts.none)));
    }
    const counts = { shown: number(shown.length, 0), all: number(this.data.rows.length, 0) };
    this.status.textContent = fill(texts.shown, counts);
    const left = Math.min(this.rows.length - shown.length, AT_ONCE * 4);
    this.more.hidden = left <= 0;
    this.more.textContent = fill(texts.more, { n: number(left, 0) });
  }

  row(index) {
    const [id, ...cells] = this.data.rows[index];
    const row = make("tr", { id: `${this.id}-${index}` });
    cells.slice(0, this.data.columns.length).forEach((cell, place) => {
      const column = this.data.columns[place];
      row.append(place === 0 ? make("th", { scope: "row" }, this.opener(index, id, cell)) : plain(cell, column));
    });
    if (!this.open.has(index)) return [row];
    return [row, this.detail(index, id)];
  }

  opener(index, id, text) {
    if (!this.data.details[id]) return text;
    const opened = this.open.has(index);
    const panel = `${this.id}-${index}-more`;
    const button = make("button", { type: "button", class: "opener", "aria-expanded": opened, "aria-controls": panel }, text);
    button.addEventListener("click", () => this.toggle(index));
    return button;
  }

  toggle(index) {
    if (!this.open.delete(index)) this.open.add(index);
    const row = document.getElementById(`${this.id}-${index}`);
    if (row.nextElementSibling?.classList.contains("detail")) row.nextElementSibling.remove();
    row.replaceWith(...this.row(index));
    document.querySelector(`#${this.id}-${index} .opener`)?.focus({ preventScroll: true });
  }

  detail(index, id) {
    const more = opened(this.data.details[id]);
    const inside = make("div", { class: "opened", id: `${this.id}-${index}-more` }, ...more);
    return make("tr", { class: "detail" }, make("td", { colspan: this.data.columns.length }, inside));
  }

  /** Show a row that something on the page points to, open. */
  show(index) {
    if (!(index in this.data.rows)) return;
    if (!this.rows.includes(index)) { this.search.value = ""; this.order(); }
    this.most = Math.max(this.most, this.rows.indexOf(index) + 10);
    if (this.data.details[this.data.rows[index][0]]) this.open.add(index);
    this.draw();
    this.body.querySelectorAll(".target").forEach((row) => row.classList.remove("target"));
    const row = document.getElementById(`${this.id}-${index}`);
    row.classList.add("target");
    row.scrollIntoView({ block: "center" });
    row.querySelector(".opener")?.focus({ preventScroll: true });
  }
}

function isNumber(column) {
  return column.kind === "number" || column.kind === "signed";
}

function plain(cell, column) {
  if (!isNumber(column)) return make("td", { class: "words" }, cell ?? "");
  if (cell === null) return make("td", { class: "n" }, "–");
  const signed = column.kind === "signed";
  const tone = !signed || Math.abs(cell) <= 0.01 ? "" : cell > 0 ? " good-text" : " bad-text";
  return make("td", { class: `n${tone}` }, number(cell, column.digits, signed));
}

// --- what a row opens to ---

function opened(detail) {
  const facts = detail.facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)));
  const parts = [make("dl", { class: "facts" }, ...facts), make("div", { class: "lists" }, ...detail.lists.map(list))];
  if (detail.moved?.length) parts.push(make("h4", {}, texts.moved), moved(detail.moved));
  return parts;
}

function list({ name, value, items, moves }) {
  const head = value === null ? name : `${name} (${number(value)})`;
  return make("div", {}, make("h4", {}, head), make("ol", { class: "results" }, ...items.map((one) => result(one, moves))));
}

function result([rank, id, title, gain, features], moves) {
  const told = Object.entries(features).map(([name, value]) => `${name} ${short(value)}`).join(" · ");
  const side = make("span", { class: "side" }, moves ? move(moves[id]) : null, gainMark(gain));
  const small = make("small", {}, told ? `${id} · ${told}` : id);
  return make("li", {}, make("span", { class: "rank" }, String(rank)), make("span", { class: "product" }, title), side, small);
}

function move(places) {
  if (places === 0 || places === undefined) return null;
  if (places === null) return make("span", { class: "good-text" }, texts.new);
  const [kind, sign, text] = places > 0 ? ["good-text", "▲", texts.up] : ["bad-text", "▼", texts.down];
  const told = fill(text, { n: Math.abs(places) });
  return make("span", { class: kind, title: told, role: "img", "aria-label": told }, `${sign} ${Math.abs(places)}`);
}

function gainMark(gain) {
  if (gain === null) return make("span", { class: "gain unknown", title: texts.unjudged }, texts.unjudged);
  return make("span", { class: gain > 0 ? "gain some" : "gain" }, `${texts.gain} ${gain}`);
}

function moved(products) {
  const head = make("tr", {}, make("th", { scope: "col" }, texts.product), make("th", { scope: "col", class: "n" }, texts.gain),
    make("th", { scope: "col", class: "n" }, texts.rank), make("th", { scope: "col" }, texts.features));
  const rows = products.map(([title, id, gain, a, b, features]) => make("tr", {},
    make("th", { scope: "row" }, title),
    make("td", { class: "n" }, gain === null ? "–" : String(gain)),
    make("td", { class: "n" }, `${a ?? "–"} → ${b ?? "–"}`),
    make("td", { class: "changes" }, features.map(([name, before, after]) => `${name} ${short(before)} → ${short(after)}`).join(" · "))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": texts.moved },
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

// --- start ---

const tables = new Map();
for (const block of document.querySelectorAll(".queries")) tables.set(block.id, new QueryTable(block));

function follow() {
  const found = location.hash.match(/^#(.+)-(\d+)$/);
  if (found) tables.get(found[1])?.show(Number(found[2]));
}
addEventListener("hashchange", follow);
// A point that was clicked before points there again, without a change of the address.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("svg a");
  if (link && link.getAttribute("href") === location.hash) follow();
});
follow();
