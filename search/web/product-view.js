// The product view: a dialog over the results. Opening it is a look, and the buttons say more.

import { product as fetchProduct } from "./api.js";
import { facts } from "./attributes.js";
import { picture, priceLine, stockNews } from "./card.js";
import { fill, h } from "./dom.js";
import { lang, named, number, t } from "./i18n.js";

/**
 * Show a product in a dialog element.
 *
 * context: {branch, note, actions: [{type, text, done}], onAction(type), onClose()}
 */
export function openProduct(dialog, hit, context) {
  const close = h(
    "button",
    { type: "button", className: "close", "aria-label": t("dialog.close"), onclick: () => dialog.close() },
    "×",
  );
  draw(dialog, hit.product, context, close);
  dialog.onclose = context.onClose;
  dialog.onclick = (event) => event.target === dialog && dialog.close(); // a click on the backdrop
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  // the results came without descriptions; until the whole product is here the card's part is shown
  return fetchProduct(hit.id, lang()).then(
    (whole) => dialog.open && dialog.dataset.id === hit.id && draw(dialog, whole, context, close),
    () => undefined,
  );
}

function draw(dialog, product, context, close) {
  const titleId = `${dialog.id}-title`;
  dialog.dataset.id = product.id;
  dialog.setAttribute("aria-labelledby", titleId);
  const news = stockNews(product, context.branch);
  const status = dialog.querySelector(".noted") || h("p", { className: "noted", role: "status" }, context.note);
  const actions = dialog.querySelector(".actions") || actionRow(context, status);
  const focused = dialog.contains(document.activeElement) ? document.activeElement : null;
  fill(
    dialog,
    h(
      "article",
      { className: "product" },
      close,
      picture(product),
      h(
        "div",
        { className: "words" },
        product.brand ? h("p", { className: "brand" }, product.brand) : null,
        h("h2", { id: titleId }, product.title),
        priceLine(product),
        news ? h("p", { className: `stock is-${news[0]}` }, news[1]) : null,
        product.description ? h("p", { className: "description" }, product.description) : null,
        context.actions.length ? actions : null,
        status,
      ),
      h("div", { className: "more" }, stockTable(product), factList(product)),
    ),
  );
  focused?.focus(); // drawn a second time when the whole product arrives
}

function actionRow(context, status) {
  const row = h("div", { className: "actions" });
  for (const { type, text, done, primary } of context.actions) {
    const button = h("button", { type: "button", className: primary ? "primary" : "", dataset: { type } }, text);
    button.addEventListener("click", async () => {
      button.disabled = true;
      if (!(await context.onAction(type))) return void (button.disabled = false);
      button.textContent = `✓ ${done}`;
      status.textContent = t("dialog.learned");
    });
    row.append(button);
  }
  return row;
}

/** Pieces by size and branch. */
function stockTable(product) {
  const variants = (product.variants || []).filter((variant) => variant.stock);
  const branches = Object.keys(product.stock || {});
  if (!variants.length || !branches.length) return null;
  const sized = variants.some((variant) => variant.size);
  const name = (branch) => (branch === "online" ? t("branch.online") : named(branch));
  const cell = (n) => h("td", { className: n ? "" : "is-none" }, n ? number(n) : "–");
  return h(
    "section",
    {},
    h("h3", {}, sized ? t("dialog.sizes") : t("kiosk.stock")),
    h(
      "div",
      { className: "table", tabIndex: 0, role: "region", "aria-label": t("dialog.sizes") },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            sized ? h("th", { scope: "col" }, t("dialog.size")) : null,
            branches.map((branch) => h("th", { scope: "col" }, name(branch))),
          ),
        ),
        h(
          "tbody",
          {},
          variants.map((variant) =>
            h(
              "tr",
              {},
              sized ? h("th", { scope: "row" }, variant.size || "–") : null,
              branches.map((branch) => cell(variant.stock[branch] || 0)),
            ),
          ),
        ),
      ),
    ),
  );
}

function factList(product) {
  const list = facts(product);
  if (!list.length) return null;
  return h(
    "section",
    {},
    h("h3", {}, t("dialog.facts")),
    h(
      "dl",
      {},
      list.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
}
