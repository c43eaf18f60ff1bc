// JSON schemas as people read them: a type in words, a table of fields, an example.

import { h } from "./dom.js";

/** The name at the end of a "$ref". */
const refName = (schema) => schema.$ref.split("/").at(-1);

/** A schema without the wrapping that says only "or null": [schema, may be null]. */
function unwrapped(schema) {
  const parts = schema.anyOf || schema.oneOf;
  const real = parts?.filter((part) => part.type !== "null");
  if (real?.length === 1)
    return [{ ...schema, ...real[0], anyOf: undefined, oneOf: undefined }, real.length < parts.length];
  return [schema.allOf?.length === 1 ? { ...schema, ...schema.allOf[0] } : schema, false];
}

/** A type in words, with links to named schemas. */
export function typeOf(wrapped) {
  const [schema, nullable] = unwrapped(wrapped);
  return [plainType(schema), nullable ? " or null" : ""];
}

function plainType(schema) {
  if (schema.$ref) return h("a", { href: `#schema-${refName(schema)}` }, refName(schema));
  if (schema.enum)
    return schema.enum.flatMap((value, index) => [index ? " | " : "", h("code", {}, JSON.stringify(value))]);
  const parts = schema.anyOf || schema.oneOf;
  if (parts) return parts.flatMap((part, index) => [index ? " or " : "", ...typeOf(part)]);
  if (schema.prefixItems)
    return ["[", schema.prefixItems.flatMap((part, index) => [index ? ", " : "", ...typeOf(part)]), "]"];
  if (schema.type === "array") return ["list of ", ...typeOf(schema.items || {})];
  if (schema.additionalProperties && typeof schema.additionalProperties === "object")
    return ["map of text to ", ...typeOf(schema.additionalProperties)];
  return (
    { string: "text", object: "object", integer: "whole number", number: "number", boolean: "true or false" }[
      schema.type
    ] ||
    schema.type ||
    "anything"
  );
}

/** Bounds in words: "1 … 1000", "at most 256 characters". */
export function bounds(wrapped) {
  const [schema] = unwrapped(wrapped);
  const said = [];
  const { minimum: low, maximum: high } = schema;
  if (low !== undefined && high !== undefined) said.push(`${low} … ${high}`);
  else if (low !== undefined) said.push(`at least ${low}`);
  else if (high !== undefined) said.push(`at most ${high}`);
  if (schema.maxLength !== undefined) said.push(`at most ${schema.maxLength} characters`);
  if (schema.minItems !== undefined && schema.type === "array" && !schema.prefixItems)
    said.push(`at least ${schema.minItems}`);
  if (schema.maxItems !== undefined && !schema.prefixItems) said.push(`at most ${schema.maxItems} entries`);
  if (schema.pattern) said.push(`like ${schema.pattern}`);
  return said.join(", ");
}

/** A table of fields: rows of {name, schema, required, description}. */
export function fieldTable(rows, caption) {
  return h(
    "div",
    { className: "table", tabIndex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { className: "unseen" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["Name", "Type", "Meaning"].map((text) => h("th", { scope: "col" }, text)),
        ),
      ),
      h("tbody", {}, rows.map(fieldRow)),
    ),
  );
}

function fieldRow({ name, schema, required, description }) {
  const [real] = unwrapped(schema);
  const preset = real.default ?? schema.default;
  const shown = preset !== undefined && preset !== null && preset !== "" && typeof preset !== "object";
  const limits = bounds(schema);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("code", {}, name), required ? h("span", { className: "required" }, "required") : null),
    h("td", {}, typeOf(schema)),
    h(
      "td",
      {},
      description || real.description || "",
      limits ? h("span", { className: "limits" }, limits) : null,
      shown ? h("span", { className: "limits" }, "default ", h("code", {}, JSON.stringify(preset))) : null,
    ),
  );
}

/** Fields of an object schema as rows. */
export const propertyRows = (schema) =>
  Object.entries(schema.properties || {}).map(([name, property]) => ({
    name,
    schema: property,
    required: (schema.required || []).includes(name),
  }));

/** A value that fits a schema, for reading: its example or default, else something short of its type. */
export function exampleOf(wrapped, schemas, depth = 0) {
  const [schema] = unwrapped(wrapped);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.$ref) return depth > 5 ? {} : exampleOf(schemas[refName(schema)] || {}, schemas, depth + 1);
  if (schema.enum) return schema.default ?? schema.enum[0];
  const parts = schema.anyOf || schema.oneOf;
  if (parts) return exampleOf(parts[0], schemas, depth + 1);
  if (schema.prefixItems) return schema.prefixItems.map((part) => exampleOf(part, schemas, depth + 1));
  if (schema.type === "array") return depth > 5 ? [] : [exampleOf(schema.items || {}, schemas, depth + 1)];
  if (schema.properties) return exampleObject(schema, schemas, depth);
  return (
    schema.default ??
    { string: "…", integer: schema.minimum ?? 1, number: 0.5, boolean: true, object: {} }[schema.type] ??
    null
  );
}

function exampleObject(schema, schemas, depth) {
  const required = new Set(schema.required || []);
  // a request shows what is needed, an answer everything
  const names = Object.keys(schema.properties).filter((name) => depth > 1 || required.size === 0 || required.has(name));
  return Object.fromEntries(names.map((name) => [name, exampleOf(schema.properties[name], schemas, depth + 1)]));
}
