// One result: its picture, words, price, stock, and what the shopper's tastes did to its place.

import { tasteName } from "./attributes.js";
import { h } from "./dom.js";
import { highlighted } from "./highlight.js";
import { day, named, number, price, t } from "./i18n.js";
import { pictogram } from "./pictograms.js";

const SHOWN_SIZES = 7;

/** What a card needs of a product; descriptions come with the product view. */
export const CARD_FIELDS = [
  "id",
  "title",
  "brand",
  "category",
  "product_type",
  "price",
  "list_price",
  "sale_until",
  "currency",
  "image",
  "stock",
  "branch_stock",
  "attributes",
  "variants",
];

/** The product's picture, or its drawing where it has none or the picture does not load. */
export function picture(product) {
  const frame = h("span", { className: "picture" });
  if (!product.image) {
    frame.append(pictogram(product));
    return frame;
  }
  const image = h("img", { src: product.image, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(pictogram(product)), { once: true });
  frame.append(image);
  return frame;
}

/** Price of the day; a sale shows what it was before. */
export function priceLine(product) {
  if (product.price === undefined) return null;
  const now = price(product.price, product.currency);
  if (product.list_price === undefined || product.list_price <= product.price)
    return h("p", { className: "price" }, h("strong", {}, now));
  const off = Math.round(100 * (1 - product.price / product.list_price));
  const until = product.sale_until ? t("price.until", { day: day(product.sale_until) }) : undefined;
  return h(
    "p",
    { className: "price is-sale", title: until },
    h("strong", {}, h("span", { className: "unseen" }, t("price.now", { price: "" })), now),
    " ",
    h(
      "s",
      {},
      h("span", { className: "unseen" }, t("price.was", { price: "" })),
      price(product.list_price, product.currency),
    ),
    " ",
    off > 0 ? h("span", { className: "off" }, `−${number(off)} %`) : null,
  );
}

/** Pieces of one variant: in the branch, or anywhere. */
export const pieces = (stock, branch) =>
  branch ? (stock?.[branch] ?? 0) : Object.values(stock || {}).reduce((sum, n) => sum + n, 0);

/** Sizes that can be had now, in the shop's order. */
export const sizesInStock = (product, branch) =>
  (product.variants || [])
    .filter((variant) => variant.size && pieces(variant.stock, branch) > 0)
    .map((variant) => variant.size);

function sizeLine(product, branch) {
  const sizes = [...new Set(sizesInStock(product, branch))];
  if (!sizes.length) return null;
  const rest = sizes.length - SHOWN_SIZES;
  const shown = rest > 1 ? sizes.slice(0, SHOWN_SIZES) : sizes;
  return h(
    "ul",
    { className: "sizes", "aria-label": t("sizes") },
    shown.map((size) => h("li", {}, size)),
    rest > 1 ? h("li", { className: "more" }, t("sizes.few", { n: rest })) : null,
  );
}

/** A sentence about stock, and how good the news is: "in", "away" or "out". */
export function stockNews(product, branch) {
  if (!product.stock) return null;
  const all = pieces(product.stock, "");
  if (!branch) return all ? ["in", t("stock.total", { n: all })] : ["out", t("stock.out")];
  const here = product.stock[branch] ?? 0;
  if (here) return ["in", t("stock.here", { branch: named(branch), n: here })];
  const elsewhere = all ? ` · ${t("stock.elsewhere", { n: all })}` : "";
  return [all ? "away" : "out", t("stock.none", { branch: named(branch) }) + elsewhere];
}

function stockLine(product, branch) {
  const news = stockNews(product, branch);
  return news && h("p", { className: `stock is-${news[0]}` }, news[1]);
}

/** ▲3 or ▼2, with words for those who do not see it. */
export function moveMark(moved) {
  if (!moved) return null;
  const up = moved > 0;
  const n = Math.abs(moved);
  return h(
    "span",
    { className: up ? "move is-up" : "move is-down", title: t(up ? "moved.up" : "moved.down", { n }) },
    h("span", { "aria-hidden": "true" }, `${up ? "▲" : "▼"}${n}`),
    h("span", { className: "unseen" }, t(up ? "moved.up" : "moved.down", { n })),
  );
}

/** Why it stands there, and beside it what the shopper can do about it: the server says which call does it. */
function reasonLine(reason, onAction) {
  const taste = reason.switch_off;
  const buttons = (reason.actions || []).map((action) => {
    const label = t(`taste.${action.do}.label`, { taste: tasteName(taste), reason: reason.text });
    return h(
      "button",
      {
        type: "button",
        className: `taste-${action.do}`,
        dataset: { taste },
        "aria-label": label,
        title: label,
        onclick: (pressed) => onAction(action, taste, pressed.detail === 0),
      },
      action.text,
    );
  });
  return h("div", { className: "reason" }, h("p", {}, reason.text), buttons.length ? h("span", {}, buttons) : null);
}

/** The brand; marked where the title says it anyway, so that tight lists can leave it out. */
function brandLine({ product, highlights }) {
  if (!product.brand) return null;
  const told = (product.title || "").toLowerCase().includes(product.brand.toLowerCase());
  return h("p", { className: told ? "brand is-told" : "brand" }, highlighted(product.brand, highlights.brand));
}

/**
 * A result as a list item.
 *
 * context: {branch, column, onOpen(hit), onAction(action, taste, byKeyboard)}; `moved` is null in the anonymous column.
 */
export function card(hit, moved, context) {
  const { product } = hit;
  const open = h(
    "button",
    { type: "button", className: "open", onclick: () => context.onOpen(hit) },
    highlighted(product.title || hit.id, hit.highlights.title),
  );
  const reason = moved === null ? null : hit.reasons[0];
  return h(
    "li",
    { className: "card", dataset: { id: hit.id, column: context.column, moved: moved ?? undefined } },
    h(
      "span",
      { className: "place" },
      h("span", { className: "rank" }, h("span", { className: "unseen" }, t("rank", { n: "" })), number(hit.rank)),
      moveMark(moved),
    ),
    picture(product),
    h(
      "div",
      { className: "words" },
      brandLine(hit),
      h("h3", {}, open),
      h("div", { className: "offer" }, priceLine(product), stockLine(product, context.branch)),
      sizeLine(product, context.branch),
      moved !== null && hit.new_since_last_visit ? h("p", { className: "is-new" }, t("new.since")) : null,
      moved !== null && hit.wrong_size ? h("p", { className: "wrong-size" }, hit.wrong_size) : null,
      reason && reason.text !== hit.wrong_size ? reasonLine(reason, context.onAction) : null,
    ),
  );
}
