// Suggestions while typing: an ARIA combobox with a list box.

import { forgetQuery, suggest } from "./api.js";
import { debounced, fill, h } from "./dom.js";
import { lang, number, t } from "./i18n.js";

const WAIT_MS = 120;

/**
 * Wire an input to its list. `onChoose(suggestion)` gets what was taken; `announce` tells the count; `who()` names who
 * types. A search of one's own goes for good with its × or the Delete key.
 */
export function combobox(input, list, onChoose, announce, who = () => ({})) {
  const state = { lines: [], active: -1, running: null, asked: "" };
  const close = () => {
    later.cancel();
    state.running?.abort();
    state.asked = "";
    show(input, list, state, [], onChoose);
  };
  const ask = async (text) => {
    state.running?.abort();
    const running = (state.running = new AbortController());
    state.asked = text;
    try {
      const { suggestions } = await suggest(text, lang(), who(), running.signal);
      if (state.asked !== text || document.activeElement !== input) return;
      show(input, list, state, suggestions, choose, remove);
      announce(t("suggest.count", { n: suggestions.length }));
    } catch {
      // suggestions are a help: without them the search still works
    }
  };
  const choose = (line) => {
    close();
    onChoose(line);
  };
  const remove = async (line) => {
    try {
      await forgetQuery(line);
      announce(t("suggest.removed", { name: line.text }));
    } finally {
      await ask(input.value);
    }
  };
  const later = debounced(ask, WAIT_MS);
  input.addEventListener("input", () => (input.value.trim() ? later(input.value) : close()));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => onKey(event, input, list, state, { choose, close, remove }));
  return { close };
}

function onKey(event, input, list, state, { choose, close, remove }) {
  const { key } = event;
  if (key === "Escape" && state.lines.length) {
    event.preventDefault();
    close();
  } else if ((key === "ArrowDown" || key === "ArrowUp") && state.lines.length) {
    event.preventDefault();
    const count = state.lines.length + 1; // one place more: back in the input
    activate(input, list, state, ((state.active + 1 + (key === "ArrowDown" ? 1 : count - 1)) % count) - 1);
  } else if (key === "Delete" && state.lines[state.active]?.own) {
    event.preventDefault();
    remove(state.lines[state.active]);
  } else if (key === "Enter") {
    if (state.active >= 0) {
      event.preventDefault();
      choose(state.lines[state.active]);
    } else close();
  }
}

function activate(input, list, state, index) {
  state.active = index;
  [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  if (index < 0) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", list.children[index].id);
  list.children[index].scrollIntoView({ block: "nearest" });
}

function show(input, list, state, lines, choose, remove) {
  state.lines = lines;
  const options = lines.map((line, index) =>
    h(
      "li",
      {
        role: "option",
        id: `${list.id}-${index}`,
        "aria-selected": "false",
        className: `is-${line.kind}`,
        onpointerdown: (event) => event.preventDefault(), // else the input loses focus and closes the list first
        onclick: () => choose(line),
      },
      h("span", { className: "kind" }, t(`suggest.${line.kind}`)),
      h("span", { className: "text" }, begun(line.text, input.value)),
      line.own ? removal(line, remove) : null,
      line.own || line.kind === "product" ? null : h("span", { className: "count" }, number(line.count)),
      line.corrected ? h("span", { className: "hint" }, t("suggest.corrected")) : null,
    ),
  );
  fill(list, options);
  list.hidden = !lines.length;
  input.setAttribute("aria-expanded", String(lines.length > 0));
  activate(input, list, state, -1);
}

/** The × of a search of one's own; on the keyboard it is the Delete key. */
function removal(line, remove) {
  const title = t("suggest.remove", { name: line.text });
  const onclick = (event) => {
    event.stopPropagation();
    remove(line);
  };
  return h("button", { type: "button", className: "remove", tabIndex: -1, "aria-label": title, title, onclick }, "×");
}

/** The text with the words' beginnings that were typed in bold. */
function begun(text, typed) {
  const wanted = typed
    .toLowerCase()
    .split(/[\s-]+/)
    .filter(Boolean);
  return text.split(/(?<=[\s-])/).map((word) => {
    const start = wanted.find((one) => word.toLowerCase().startsWith(one));
    return start ? [h("b", {}, word.slice(0, start.length)), word.slice(start.length)] : word;
  });
}
