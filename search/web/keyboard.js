// A keyboard on the screen: many kiosks have none, and their browsers bring none.

import { fill, h } from "./dom.js";
import { lang, t } from "./i18n.js";

const ROWS = {
  de: ["1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm-"],
  en: ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm-"],
};

/** Draw the keys; they write into `input` and `onEnter` follows the search key. */
export function showKeyboard(container, input, onEnter) {
  const type = (text) => {
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const erase = () => {
    const [start, end] = [input.selectionStart, input.selectionEnd];
    input.setRangeText("", start === end ? Math.max(0, start - 1) : start, end, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // a pressed key must not take the focus from the input; the input stays the only tab stop
  const key = (text, action, className = "", label = undefined) =>
    h(
      "button",
      {
        type: "button",
        tabIndex: -1,
        className,
        "aria-label": label,
        onpointerdown: (event) => event.preventDefault(),
        onclick: action,
      },
      text,
    );
  const rows = (ROWS[lang()] || ROWS.de).map((row, index, all) =>
    h(
      "div",
      { className: "row" },
      Array.from(row, (letter) => key(letter, () => type(letter))),
      index === all.length - 1 ? key("⌫", erase, "wide", t("kiosk.delete")) : null,
    ),
  );
  const last = h(
    "div",
    { className: "row" },
    key(t("kiosk.space"), () => type(" "), "space"),
    key(t("search.button"), onEnter, "primary wide"),
  );
  container.setAttribute("role", "group");
  container.setAttribute("aria-label", t("kiosk.keys"));
  fill(container, rows, last);
}
