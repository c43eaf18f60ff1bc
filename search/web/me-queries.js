// What somebody searched for, and is offered again while they type: told, and taken away one by one.

import { forgetQuery } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { problem, news } from "./notice.js";

/** Show the searches under these ids ([[id, heading]]) in their section, hidden without any; `changed()` follows. */
export function showQueries(section, ids, found, changed) {
  const lines = ids.flatMap(([id], at) => (found[at]?.queries || []).map((query) => [id, query.text]));
  section.hidden = !lines.length;
  fill(
    section.querySelector("#queries"),
    lines.map(([id, name]) => line(id, name, changed)),
  );
}

function line(id, name, changed) {
  const label = t("me.remove", { name });
  const remove = async () => {
    try {
      await forgetQuery({ remove: `/v1/profiles/${encodeURIComponent(id)}/queries?q=${encodeURIComponent(name)}` });
      news(byId("notices"), t("suggest.removed", { name }));
      await changed();
    } catch (error) {
      problem(byId("notices"), error);
    }
  };
  return h(
    "li",
    {},
    h("span", {}, name),
    h("button", { type: "button", "aria-label": label, title: label, onclick: remove }, "×"),
  );
}
