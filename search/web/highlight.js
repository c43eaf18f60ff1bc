// Highlighted words. The server counts code points; JavaScript strings count UTF-16 units.

import { h } from "./dom.js";

/** Texts and <mark> elements of a text; `places` are [start, end) in code points. */
export function highlighted(text, places = []) {
  const points = Array.from(text);
  const parts = [];
  let done = 0;
  for (const [start, end] of [...places].sort((a, b) => a[0] - b[0])) {
    if (start < done) continue;
    if (start > done) parts.push(points.slice(done, start).join(""));
    parts.push(h("mark", {}, points.slice(start, end).join("")));
    done = end;
  }
  if (done < points.length) parts.push(points.slice(done).join(""));
  return parts;
}
