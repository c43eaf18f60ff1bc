// Chosen filters ({field: [values]}, ranges as "20..50") to the server's filter language, and back.

/** Fields that hold ranges; their one value is "low..high" with either end open. */
export const RANGES = new Set(["price", "discount"]);

const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_\-/.&+]*$/u;

/** A value as the filter language wants it: quoted unless it is a plain word. */
export function quoted(value) {
  // AND, OR, NOT are words of the language; ".." would be read as a range
  const plain = PLAIN.test(value) && !/^(AND|OR|NOT)$/.test(value) && !value.includes("..");
  return plain ? value : `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}

/** All chosen filters as one text: OR within a field, AND between fields. */
export function filterText(chosen) {
  return Object.entries(chosen)
    .filter(([, values]) => values.length)
    .map(([field, values]) => `${field}:${RANGES.has(field) ? values[0] : values.map(quoted).join(",")}`)
    .join(" AND ");
}

/** `field:value,"other value"` to [field, values]; null where it says more than one clause can. */
export function readClause(text) {
  const clause = /^\s*([\p{L}_][\p{L}\p{N}_.-]*)\s*:\s*(.+)$/u.exec(text);
  if (!clause) return null;
  const values = [];
  let rest = clause[2].trim();
  while (rest) {
    const value = /^(?:"((?:[^"\\]|\\.)*)"|([^\s,()"]+))\s*(?:,\s*|$)/.exec(rest);
    if (!value) return null;
    values.push(value[1] !== undefined ? value[1].replace(/\\(.)/g, "$1") : value[2]);
    rest = rest.slice(value[0].length);
  }
  return [clause[1], values];
}

/** A filter of clauses that all hold, each of another field, as chosen filters; null where it is more than that. */
export function readFilters(text) {
  const chosen = {};
  for (const part of text.split(" AND ")) {
    const clause = readClause(part);
    if (!clause || clause[0] in chosen) return null;
    chosen[clause[0]] = clause[1];
  }
  return chosen;
}

/** The same choice with one value switched on or off. A category replaces those above and below it. */
export function toggled(chosen, field, value) {
  const before = chosen[field] || [];
  const on = before.includes(value);
  const related = (other) =>
    field === "category" && (other.startsWith(`${value} > `) || value.startsWith(`${other} > `));
  const values = on ? before.filter((other) => other !== value) : [...before.filter((other) => !related(other)), value];
  return withValues(chosen, field, values);
}

/** The same choice with other values of one field. */
export function withValues(chosen, field, values) {
  const { [field]: _, ...others } = chosen;
  return values.length ? { ...others, [field]: values } : others;
}
