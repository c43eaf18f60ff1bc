// "Try it" for reading operations: a small form, the request as it is sent, and the answer.

import { parameters } from "./api.js";
import { h } from "./dom.js";

const FIRST = { "/v1/search": { q: "Shorts", per_page: "3" }, "/v1/suggest": { q: "sho" } };
const SHOWN_CHARACTERS = 20_000;

/** A folded form for a GET operation. */
export function tryIt(path, operation) {
  const fields = (operation.parameters || []).map((parameter) => [parameter, input(path, parameter)]);
  const sent = h("code", {});
  const answer = h("pre", { hidden: true, tabIndex: 0 });
  const status = h("p", { role: "status", className: "status" });
  const form = h(
    "form",
    { className: "try", onsubmit: (event) => (event.preventDefault(), send(path, fields, { sent, answer, status })) },
    h(
      "div",
      { className: "inputs" },
      fields.map(([{ name }, field]) => h("label", {}, h("span", {}, name), field)),
    ),
    h("button", { className: "primary" }, "Send"),
    status,
    h("p", { className: "sent" }, sent),
    answer,
  );
  return h("details", { className: "try-box" }, h("summary", {}, "Try it"), form);
}

function input(path, { name, schema, required }) {
  const first = FIRST[path]?.[name] || "";
  const choices = schema.enum || (schema.type === "boolean" ? ["true", "false"] : null);
  if (choices)
    return h(
      "select",
      { name },
      h("option", { value: "" }, "–"),
      choices.map((value) => h("option", { value }, value)),
    );
  return h("input", {
    name,
    type: "text",
    required: Boolean(required),
    value: first,
    placeholder: schema.default === undefined || schema.default === null ? "" : String(schema.default),
  });
}

async function send(path, fields, { sent, answer, status }) {
  let address = path;
  const query = {};
  for (const [parameter, { value }] of fields) {
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value)
      query[parameter.name] = parameter.schema.type === "array" ? value.split(",").map((one) => one.trim()) : value;
  }
  const text = parameters(query);
  sent.textContent = `GET ${address}${text ? `?${text}` : ""}`;
  try {
    const response = await fetch(text ? `${address}?${text}` : address, { cache: "no-store" });
    const body = await response.text();
    status.textContent = `${response.status} ${response.statusText}`;
    answer.textContent = pretty(body).slice(0, SHOWN_CHARACTERS);
  } catch {
    status.textContent = "The server does not answer.";
    answer.textContent = "";
  }
  answer.hidden = !answer.textContent;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
