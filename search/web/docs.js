// The API reference, drawn from the document that the server generates from its code.

import { byId, fill, h } from "./dom.js";
import { exampleOf, fieldTable, propertyRows, typeOf } from "./schema-view.js";
import { tryIt } from "./try-it.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

/** All operations of a document: {method, path, id, operation}. */
function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => ({
      method,
      path,
      operation: methods[method],
      id: methods[method].operationId || `${method}${path.replace(/\W+/g, "_")}`,
    })),
  );
}

function operationView({ method, path, operation, id }, schemas) {
  const rows = (operation.parameters || []).map(({ name, schema, required, description, ...rest }) => ({
    name: rest.in === "path" ? `{${name}}` : name,
    schema,
    required,
    description,
  }));
  return h(
    "section",
    { className: "operation", id, "aria-labelledby": `${id}-title` },
    h(
      "h3",
      { id: `${id}-title` },
      h("span", { className: `method is-${method}` }, method.toUpperCase()),
      " ",
      h("code", {}, path),
    ),
    h("p", {}, operation.summary, operation.description ? ` ${operation.description}` : ""),
    rows.length ? [h("h4", {}, "Parameters"), fieldTable(rows, `Parameters of ${method.toUpperCase()} ${path}`)] : null,
    bodyView(operation, schemas),
    h("h4", {}, "Answers"),
    answersView(operation, schemas),
    method === "get" ? tryIt(path, operation) : null,
  );
}

function bodyView({ requestBody }, schemas) {
  const content = Object.values(requestBody?.content || {})[0];
  if (!content) return null;
  return [
    h("h4", {}, "Body"),
    h("p", {}, typeOf(content.schema)),
    example(content.example ?? exampleOf(content.schema, schemas)),
  ];
}

function answersView(operation, schemas) {
  const answers = Object.entries(operation.responses || {});
  return h(
    "dl",
    { className: "answers" },
    answers.map(([status, { description, content = {} }]) => {
      const [type, media] = Object.entries(content)[0] || [];
      const good = status.startsWith("2");
      return h(
        "div",
        {},
        h("dt", {}, h("code", { className: good ? "is-good" : "is-bad" }, status)),
        h(
          "dd",
          {},
          media ? [typeOf(media.schema), " ", h("span", { className: "limits" }, type)] : description,
          good && media?.schema.$ref
            ? h("details", {}, h("summary", {}, "Example"), example(media.example ?? exampleOf(media.schema, schemas)))
            : null,
        ),
      );
    }),
  );
}

const example = (value) => h("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2));

function schemaView([name, schema]) {
  const rows = propertyRows(schema);
  return h(
    "section",
    { className: "schema", id: `schema-${name}`, "aria-labelledby": `schema-${name}-title` },
    h("h3", { id: `schema-${name}-title` }, name),
    schema.description ? h("p", {}, schema.description) : null,
    rows.length ? fieldTable(rows, `Fields of ${name}`) : h("p", {}, typeOf(schema)),
  );
}

function contentsView(operations, names) {
  const link = (href, ...text) => h("li", {}, h("a", { href }, text));
  return [
    h("h2", {}, "Operations"),
    h(
      "ul",
      {},
      operations.map(({ id, method, path }) =>
        link(`#${id}`, h("span", { className: `method is-${method}` }, method.toUpperCase()), " ", path),
      ),
    ),
    h(
      "details",
      { open: matchMedia("(min-width: 60rem)").matches },
      h("summary", {}, "Schemas"),
      h(
        "ul",
        {},
        names.map((name) => link(`#schema-${name}`, name)),
      ),
    ),
  ];
}

async function start() {
  try {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    const document = await response.json();
    const schemas = document.components?.schemas || {};
    const operations = operationsOf(document);
    byId("title").textContent = `${document.info.title} API`;
    fill(
      byId("lead"),
      document.info.description,
      " ",
      h("span", { className: "limits" }, `version ${document.info.version} · OpenAPI ${document.openapi}`),
    );
    fill(byId("contents"), contentsView(operations, Object.keys(schemas)));
    fill(
      byId("operations"),
      operations.map((one) => operationView(one, schemas)),
    );
    fill(byId("schemas"), h("h2", {}, "Schemas"), Object.entries(schemas).map(schemaView));
    byId("loading").hidden = true;
    if (location.hash) byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  } catch (error) {
    byId("loading").textContent = `/openapi.json cannot be read. ${error.message}`;
  }
  byId("reference").removeAttribute("aria-busy");
}

start();
