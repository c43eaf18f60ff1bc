// Messages to the person: problems stay until closed, news goes by itself.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const SHOWN_MS = 4500;

/** Say that something went wrong; the server's own sentence, if it sent one. */
export function problem(container, error) {
  const text = error instanceof TypeError ? t("error.network") : error.message;
  const box = h(
    "div",
    { className: "notice is-problem", role: "alert" },
    h("p", {}, h("strong", {}, `${t("error")}. `), text),
  );
  box.append(h("button", { type: "button", "aria-label": t("error.close"), onclick: () => box.remove() }, "×"));
  container.querySelector(".is-problem")?.remove();
  container.append(box);
}

/** Take the problem away: it is over. */
export const solved = (container) => container.querySelector(".is-problem")?.remove();

/** Tell what was done, with a way back; it stays until it is closed, undone or followed by something else. */
export function undoable(container, text, onUndo, focused) {
  const box = h("div", { className: "notice", role: "status" }, h("p", {}, text));
  const undo = () => {
    box.remove();
    onUndo();
  };
  const button = h("button", { type: "button", className: "undo", onclick: undo }, t("undo"));
  box.append(
    button,
    h("button", { type: "button", "aria-label": t("error.close"), onclick: () => box.remove() }, "×"),
  );
  container.querySelector(".notice:not(.is-problem)")?.remove();
  container.append(box);
  // what was pressed is gone with the list that is drawn anew
  if (focused) button.focus();
}

/** Tell something good, shortly. */
export function news(container, text) {
  const box = h("div", { className: "notice", role: "status" }, h("p", {}, text));
  container.querySelector(".notice:not(.is-problem)")?.remove();
  container.append(box);
  setTimeout(() => box.remove(), SHOWN_MS);
}
