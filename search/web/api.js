// The server's API, as the pages use it. Every call is to this origin.

/** An answer that is an error: `message` is the sentence for people, `code` and `place` are for us. */
export class ApiError extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = problem.code || "";
    this.place = problem.place || "";
  }
}

async function call(path, options = {}) {
  const response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  if (response.ok) return response.status === 204 ? null : response.json();
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // a proxy's page instead of a problem: the status alone has to do
  }
  throw new ApiError(problem, response.status);
}

/** Query parameters: lists are repeated, empty and missing values left out. */
export function parameters(fields) {
  const list = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") list.append(name, String(one));
    }
  }
  return list.toString();
}

const absentFields = new Set();

/** GET /v1/search. Fields to count that a catalogue does not have are left out: shops differ. */
export async function search(request, signal) {
  const facet = (request.facet || []).filter((name) => !absentFields.has(name));
  try {
    return await call(`/v1/search?${parameters({ ...request, facet })}`, { signal });
  } catch (error) {
    const absent = facet.find((name) => error.message.includes(`'${name}'`));
    if (error.code !== "unknown_field" || error.place !== "facet" || !absent) throw error;
    absentFields.add(absent);
    return search(request, signal);
  }
}

/** GET /v1/suggest; `who` types, so that their own searches come first. */
export const suggest = (q, lang, who, signal) => call(`/v1/suggest?${parameters({ q, lang, ...who })}`, { signal });

/** Forget a search of one's own: DELETE what its line names in `remove`. */
export const forgetQuery = (line) => call(line.remove, { method: "DELETE" });

/** GET /v1/products/{id}. */
export const product = (id, lang) => call(`/v1/products/${encodeURIComponent(id)}?${parameters({ lang })}`);

/** GET /v1/profiles/{id}; null for somebody of whom nothing is known. */
export async function profile(id, language) {
  try {
    return await call(`/v1/profiles/${encodeURIComponent(id)}?lang=${language}`);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

const sent = (method, body) => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** PUT /v1/profiles/{id}: all that is stated. */
export const state = (id, statement, language) =>
  call(`/v1/profiles/${encodeURIComponent(id)}?lang=${language}`, sent("PUT", statement));

/** POST what a button beside a reason says; the statement, and how to undo it. */
export const act = (path, body) => call(path, sent("POST", body));

/** GET /v1/style-test: what to ask next. */
export const styleTest = (whose) => call(`/v1/style-test?${parameters(whose)}`);

/** POST /v1/style-test: hearts and crosses. */
export const styleTestAnswer = (answers) => call("/v1/style-test", sent("POST", answers));

/** DELETE /v1/style-test: begin anew. */
export const styleTestAgain = (whose) => call(`/v1/style-test?${parameters(whose)}`, { method: "DELETE" });

/** Where the actions of a shopper or visit go. */
export const actionsOf = (id) => `/v1/profiles/${encodeURIComponent(id)}/tastes`;

/** DELETE /v1/profiles/{id}. */
export const forgetProfile = (id) => call(`/v1/profiles/${encodeURIComponent(id)}`, { method: "DELETE" });

/** DELETE /v1/sessions/{id}; `keepalive` so that it is sent even while the page is left. */
export const forgetSession = (id) =>
  call(`/v1/sessions/${encodeURIComponent(id)}`, { method: "DELETE", keepalive: true });

/** POST /v1/events, one or several. */
export const sendEvents = (events) =>
  call("/v1/events", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(events) });

/** What the demo shop tells about itself; nothing where a shop runs its own catalogue. */
export async function demo() {
  try {
    return await call("/demo.json");
  } catch {
    return { shoppers: [], examples: {} };
  }
}

/** GET /readyz: branches and languages of the catalogue. */
export async function ready() {
  try {
    return await call("/readyz");
  } catch {
    return { branches: [], languages: [] };
  }
}

/** A random id. Not crypto.randomUUID, which a browser offers on https and localhost only. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
