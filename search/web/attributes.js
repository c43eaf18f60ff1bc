// Names of product attributes as people read them: "heel_height_cm: 7" is "Absatzhöhe 7 cm".

import { has, lang, number, t } from "./i18n.js";

const HIDDEN = new Set(["color_hex", "made_up", "gender", "consumable"]);
const UNITS = {
  mm: "mm",
  cm: "cm",
  m: "m",
  m2: "m²",
  gm2: "g/m²",
  g: "g",
  kg: "kg",
  ml: "ml",
  l: "l",
  w: "W",
  v: "V",
  ah: "Ah",
  nm: "Nm",
  gb: "GB",
  mah: "mAh",
  hz: "Hz",
  db: "dB",
  lm: "lm",
  inch: "″",
  bar: "bar",
  ppm: "ppm",
  h: "h",
  hrc: "HRC",
  dpi: "dpi",
  percent: "%",
};
const GERMAN = {
  fit: "Passform",
  waist: "Bund",
  hood: "Kapuze",
  sleeve: "Ärmel",
  length: "Länge",
  heel_height: "Absatzhöhe",
  closure: "Verschluss",
  neckline: "Ausschnitt",
  motif: "Motiv",
  terrain: "Untergrund",
  drop: "Sprengung",
  shaft: "Schaft",
  height: "Höhe",
  cut: "Schnitt",
  pack_count: "Packung",
  filling: "Füllung",
  waterproof: "Wasserdicht",
  weight: "Gewicht",
  shape: "Form",
  power: "Leistung",
  water_column: "Wassersäule",
  pockets: "Taschen",
  lining: "Futter",
  volume: "Inhalt",
  width: "Breite",
  collar: "Kragen",
  scent: "Duft",
  pattern: "Muster",
  sole: "Sohle",
  back: "Rücken",
  flavour: "Geschmack",
  display: "Bildschirm",
  compatible_with: "Passt zu",
  build: "Bauart",
  connector: "Anschluss",
  load: "Tragkraft",
  connection: "Verbindung",
  skin_type: "Hauttyp",
  ram: "Arbeitsspeicher",
  ssd: "SSD",
  style: "Stil",
  battery: "Akku",
  diameter: "Durchmesser",
  finish: "Oberfläche",
  coverage: "Reicht für",
  ports: "Anschlüsse",
  hair_type: "Haartyp",
  spf: "Lichtschutzfaktor",
  roast: "Röstung",
  intensity: "Stärke",
  bean: "Bohne",
  origin: "Herkunft",
  panel: "Bildtechnik",
  socket: "Fassung",
  luminous: "Lichtstrom",
  light_color: "Lichtfarbe",
  dimmable: "Dimmbar",
  grammage: "Stoffgewicht",
  season: "Saison",
  age_group: "Alter",
  material: "Material",
  color: "Farbe",
  wash_loads: "Waschladungen",
  form: "Form",
  ingredient: "Inhaltsstoff",
  noise_cancelling: "Geräuschdämpfung",
  warmth: "Wärme",
  hardness: "Härte",
  noise: "Lautstärke",
  fuel: "Brennstoff",
  lid: "Deckel",
  weave: "Bindung",
  format: "Format",
  purpose: "Zweck",
  resolution: "Auflösung",
  refresh: "Bildrate",
  protection: "Schutz",
  machine_type: "Bauart",
  battery_days: "Akku (Tage)",
  case: "Gehäuse",
  firmness: "Festigkeit",
  shelves: "Böden",
  coating: "Beschichtung",
  capacity: "Kapazität",
  floor_area: "Grundfläche",
  wall: "Wandstärke",
  steel: "Stahl",
  board: "Diele",
  thickness: "Stärke",
  function: "Funktion",
  base: "Fuß",
  blade: "Klinge",
  handle: "Griff",
  knife: "Messerart",
  voltage: "Spannung",
  torque: "Drehmoment",
  slices: "Scheiben",
  storage: "Speicher",
  container: "Behälter",
  tool: "Werkzeug",
  layout: "Belegung",
  surface: "Oberfläche",
};

/** [name, value] pairs to show of a product, at most `most`. */
export function facts(product, most = 12) {
  return Object.entries(product.attributes || {})
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => fact(name, value))
    .filter(([, value]) => value)
    .slice(0, most);
}

/** "heel_height_cm" is "Absatzhöhe". */
export function attributeName(name) {
  const [, stem, suffix] = /^(.+?)_([a-z0-9]+)$/.exec(name) || [null, name, ""];
  return nameOf(suffix in UNITS ? stem : name);
}

/** A taste by its name: "price_band" is "Preislage", a field of the shop's own as attributes are called. */
export const tasteName = (name) => (has(`taste.${name}`) ? t(`taste.${name}`) : attributeName(name));

function fact(name, value) {
  const [, stem, suffix] = /^(.+?)_([a-z0-9]+)$/.exec(name) || [null, name, ""];
  const unit = typeof value === "number" ? UNITS[suffix] : undefined;
  const text =
    typeof value === "number"
      ? number(value) + (unit ? ` ${unit}` : "")
      : [value]
          .flat()
          .map(word)
          .join(", ")
          .replace(/^\p{Ll}/u, (first) => first.toUpperCase());
  return [nameOf(unit ? stem : name), text];
}

const YES_NO = { de: { true: "ja", false: "nein" }, en: { true: "yes", false: "no" } };

const word = (value) => YES_NO[lang()][value] ?? String(value);

function nameOf(name) {
  if (has(`facet.${name}`)) return t(`facet.${name}`);
  const plain = name.replaceAll("_", " ");
  return (lang() === "de" && GERMAN[name]) || plain.charAt(0).toUpperCase() + plain.slice(1);
}
