// A drawing for a product without a picture: what it is, tinted by its colour.

import { svg } from "./dom.js";
import { THINGS } from "./pictogram-things.js";
import { WEAR } from "./pictogram-wear.js";

const SHAPES = { ...WEAR, ...THINGS };

// The first pattern that the product's kind, then its category and title, matches; German and English words.
const WORDS = [
  ["bag", /tasche|\bbag/],
  ["lock", /schloss|\block\b/],
  ["bracket", /wandhalter|bracket/],
  ["pyjamas", /schlafanz|pyjama/],
  ["shorts", /shorts/],
  ["leggings", /leggings|laufhose|running trousers|tights/],
  ["trousers", /jeans|hose|trousers|\bpants/],
  ["dress", /kleid|dress\b/],
  ["babybody", /\bbody|bodysuit/],
  ["romper", /strampler|romper/],
  ["shirt", /bluse|hemd|blouse/],
  ["tshirt", /t-shirt|laufshirt|running top|\btop\b/],
  ["shirt", /^shirt|\bshirt/],
  ["cardigan", /strickjacke|cardigan/],
  ["puffer", /winterjacke|winter jacket|daunen/],
  ["jacket", /jacke|jacket|mantel|\bcoat/],
  ["sweater", /pullover|jumper|sweater/],
  ["skirt", /\brock\b|röcke|skirt/],
  ["bikini", /bikini/],
  ["swimsuit", /badeanz|swimsuit/],
  ["belt", /gürtel|\bbelt/],
  ["socks", /socken|\bsocks/],
  ["beanie", /mütze|beanie|\bhat\b/],
  ["scarf", /schal\b|schals|scarf/],
  ["slipper", /hausschuh|slipper/],
  ["hikingboot", /wanderschuh|hiking/],
  ["boot", /stiefel|\bboots|wellington/],
  ["strappy", /riemchen|strappy/],
  ["heel", /pumps|court shoe|heels/],
  ["sandal", /sandal/],
  ["sneaker", /schuh|sneaker|trainers|shoe/],
  ["charger", /ladeger|charger\b/],
  ["cable", /kabel|cable/],
  ["powerbank", /power ?bank/],
  ["laptop", /laptop|notebook/],
  ["monitor", /monitor|bildschirm/],
  ["mouse", /maus|mouse|mäuse/],
  ["keyboard", /tastatur|keyboard/],
  ["tv", /fernseh|\btv\b/],
  ["watch", /watch|\buhr/],
  ["phone", /phone|handy/],
  ["headphones", /kopfhörer|headphones/],
  ["speaker", /lautsprecher|speaker/],
  ["vacuum", /staubsaug|vacuum/],
  ["coffeemaker", /kaffeemaschine|coffee machine/],
  ["kettle", /wasserkocher|kettle/],
  ["toaster", /toaster/],
  ["ereader", /reader|tablet/],
  ["bulb", /lampe|bulb|licht|leuchte/],
  ["house", /gartenhaus|\bshed|haus$/],
  ["fence", /zaun|fence/],
  ["grill", /grill|barbecue/],
  ["paint", /farbe|paint/],
  ["screw", /schraube[n]?\b|screws/],
  ["drill", /schrauber|screwdriver|drill/],
  ["board", /diele|decking board/],
  ["chair", /stuhl|chair|sessel/],
  ["parasol", /schirm|parasol/],
  ["planter", /hochbeet|raised bed/],
  ["wateringcan", /gießkanne|watering can/],
  ["hose", /schlauch|\bhose/],
  ["blanket", /bettdecke|bettwäsche|duvet|bed linen/],
  ["pillow", /kissen|pillow/],
  ["towel", /handtuch|towel/],
  ["shelf", /regal|shelv/],
  ["rug", /teppich|\brug/],
  ["curtain", /vorhang|curtain/],
  ["pan", /pfanne|\bpan\b/],
  ["pot", /topf|töpfe|saucepan/],
  ["razor", /rasier|razor/],
  ["knife", /messer|knife/],
  ["bathtub", /badewanne|bathtub/],
  ["suitcase", /koffer|suitcase/],
  ["toothbrush", /zahnbürste|toothbrush/],
  ["tube", /zahnpasta|toothpaste|handcreme|hand cream|sonnen|sun cream/],
  ["jar", /creme|cream/],
  ["spray", /\bdeo/],
  ["pump", /seife|soap/],
  ["bottle", /shampoo|duschgel|shower gel|spülmittel|washing-up|waschmittel|detergent/],
  ["roll", /toilettenpapier|toilet paper/],
  ["can", /katzenfutter|cat food/],
  ["pouch", /futter|food|kaffee|coffee/],
  ["cup", /\btee\b|\btea\b/],
  ["pills", /vitamin/],
  ["pack", /tabs|tablets|windel|napp|müsli|muesli|drogerie|drugstore/],
];

// Calm shades for products that name no colour: the same brand always gets the same one.
const SHADES = ["#7f9aa3", "#a98b6d", "#8f9c74", "#b0897f", "#8d86a6", "#7ea08c", "#b59a5b", "#9a8f83"];
const kinds = new Map();

/** The name of the drawing that fits a product. */
export function kindOf(product) {
  const type = (product.product_type || "").toLowerCase();
  const known = kinds.get(type);
  if (type && known) return known;
  const texts = [type, [product.category || []].flat(2).join(" ").toLowerCase(), (product.title || "").toLowerCase()];
  for (const text of texts) {
    const found = text && WORDS.find(([, pattern]) => pattern.test(text));
    if (!found) continue;
    if (type) kinds.set(type, found[0]);
    return found[0];
  }
  return "tag";
}

/** The colour to tint with: the product's own, else one by its brand. */
export function tintOf(product) {
  const hex = [product.attributes?.color_hex ?? []].flat()[0];
  if (/^#[0-9a-f]{6}$/i.test(hex || "")) return hex;
  const sum = Array.from(product.brand || product.id || "").reduce(
    (total, letter) => (total * 31 + letter.codePointAt(0)) % 9973,
    7,
  );
  return SHADES[sum % SHADES.length];
}

/** Perceived brightness of "#rrggbb", 0 black … 1 white. */
export function brightness(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** The drawing as an SVG element. It says nothing that the title does not: hidden from readers. */
export function pictogram(product) {
  const tint = tintOf(product);
  const drawing = svg("svg", { viewBox: "0 0 100 100", class: "pictogram", "aria-hidden": "true", focusable: "false" });
  drawing.style.setProperty("--tint", tint);
  // dark things need light seams, else nobody sees them
  drawing.classList.toggle("is-dark", brightness(tint) < 0.42);
  for (const [part, path] of SHAPES[kindOf(product)]) {
    if (part === "c") drawing.append(svg("path", { d: path, class: "pg-cord" }));
    const shape = svg("path", { d: path, class: `pg-${part}` });
    if (part === "f") shape.setAttribute("fill", tint);
    drawing.append(shape);
  }
  return drawing;
}
