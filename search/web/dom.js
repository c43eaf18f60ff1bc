// Small helpers to build DOM without markup strings: data never becomes HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties, attributes (dashes or aria/role), listeners (on…) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === undefined || value === null) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name === "vars") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  else if (name in element && !name.includes("-") && name !== "list") element[name] = value;
  else if (value !== false) element.setAttribute(name, value === true ? "" : value);
}

/** Append nodes and texts; nothing for null, undefined and false; lists are flattened. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replace all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Call `action` once `wait` ms have passed without another call. */
export function debounced(action, wait) {
  let timer = 0;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}
