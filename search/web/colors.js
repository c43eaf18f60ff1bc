// Swatches for names of colours. The shop's own hex values, seen on its products, win over this list.

import { h } from "./dom.js";

const NAMED = {
  schwarz: "#111111",
  weiß: "#ffffff",
  grau: "#808080",
  hellgrau: "#c9c9c9",
  anthrazit: "#36393d",
  silber: "#c0c0c4",
  rot: "#c8102e",
  bordeaux: "#5e1224",
  rosa: "#f2b6c6",
  altrosa: "#c68c94",
  pink: "#e0337f",
  beere: "#7d2248",
  koralle: "#f2725c",
  orange: "#f07c1e",
  apricot: "#f6b88a",
  rost: "#a8492a",
  terrakotta: "#c4694a",
  gelb: "#f6cf2f",
  senf: "#c9982b",
  gold: "#c9a24b",
  grün: "#2e7d3a",
  dunkelgrün: "#1d4429",
  oliv: "#6b6b2f",
  salbei: "#9caf8e",
  mint: "#a9dcc3",
  lime: "#b5d334",
  petrol: "#125b66",
  türkis: "#2fb5b0",
  blau: "#2456a6",
  hellblau: "#9cc4e4",
  dunkelblau: "#1b2f5b",
  marine: "#141f3c",
  indigo: "#2a3560",
  flieder: "#b9a3d3",
  lila: "#7b4fa3",
  braun: "#6b4226",
  dunkelbraun: "#3e2618",
  cognac: "#9a4f24",
  camel: "#b98a56",
  beige: "#d9c7a3",
  sand: "#cdb38b",
  creme: "#f3e9d2",
  natur: "#e3d5b8",
  wollweiß: "#f4efe3",
  khaki: "#8a8157",
  taupe: "#8b7d6b",
  "blau-weiß": "#7c9cc8",
  "rot-weiß": "#de8c98",
};
const seen = new Map();

/** Learn what this shop means by a colour's name from products that have exactly one. */
export function learnColors(products) {
  for (const { attributes = {} } of products) {
    const [names, codes] = [[attributes.color ?? []].flat(), [attributes.color_hex ?? []].flat()];
    if (names.length === 1 && codes.length === 1 && /^#[0-9a-f]{6}$/i.test(codes[0]))
      seen.set(names[0].toLowerCase(), codes[0]);
  }
}

/** A dot of the colour; an empty one where nobody knows it. */
export function swatch(name) {
  const hex = seen.get(name.toLowerCase()) || NAMED[name.toLowerCase()];
  return h("span", {
    className: hex ? "swatch" : "swatch is-unknown",
    "aria-hidden": "true",
    vars: hex ? { "--swatch": hex } : {},
  });
}
