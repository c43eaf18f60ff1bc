"""German compounds as shops write them, with their parts, and words that are none: a regression set.

The vocabulary is that of a small shop: each word is one product's title.
"""

from __future__ import annotations

VOCABULARY = """
    Abdeckung Akku Arbeit Auto Baby Bad Balkon Band Bett Bezug Blume Bohrer Box Boxen Brille Buch Creme Dach Damen
    Decke Dose Erde Fahrrad Farbe Feuchte Flasche Garten Gesicht Glas Grill Haar Halle Halter Handschuhe Haus Haut Helm
    Herren Holz Hose Hülle Hund Jacke Kabel Kaffee Kamera Kanne Karten Kette Kinder Kissen Kleid Koffer Kopf Korb Küche
    Lack Lampe Laptop Lauf Leder Leiste Licht Maschine Matte Messer Milch Motor Mühle Nagel Öl Olive Papier Pflanze
    Pinsel Pumps Rad Regal Regen Reifen Reinigung Reise Riemchen Sauger Schleife Schloss Schraube Schrauben Schuh Schuhe
    Schutz Seife Sonne Sport Stahl Stall Staub Steck Stiefel Stift Streifen Stuhl Tasche Teppich Terrasse Tisch Toilette
    Topf Tuch Tür Uhr Wagen Wall Wand Wanne Wäsche Wasser Winter Wolle Zahn Zange Zelt
""".split()

#: compound -> its parts as the shop writes them, the head last
SPLITS = {
    "sporthalle": "sport halle",
    "wallbox": "wall box",
    "wallboxen": "wall boxen",
    "feuchteschutz": "feuchte schutz",
    "terrassenschrauben": "terrasse schrauben",
    "riemchenpumps": "riemchen pumps",
    "gartenhaus": "garten haus",
    "winterjacke": "winter jacke",
    "regenjacke": "regen jacke",
    "lederschuhe": "leder schuhe",
    "laufschuhe": "lauf schuhe",
    "arbeitsschuhe": "arbeit schuhe",
    "arbeitshandschuhe": "arbeit handschuhe",
    "damenstiefel": "damen stiefel",
    "herrenuhr": "herren uhr",
    "kinderwagen": "kinder wagen",
    "babydecke": "baby decke",
    "wolldecke": "wolle decke",
    "bettdecke": "bett decke",
    "kissenbezug": "kissen bezug",
    "teppichreinigung": "teppich reinigung",
    "staubsauger": "staub sauger",
    "kaffeemaschine": "kaffee maschine",
    "waschmaschine": "wasch maschine",  # "Wäsche" has the same stem
    "kaffeemühle": "kaffee mühle",
    "wasserflasche": "wasser flasche",
    "milchkanne": "milch kanne",
    "olivenöl": "olive öl",
    "sonnenbrille": "sonne brille",
    "sonnencreme": "sonne creme",
    "gesichtscreme": "gesicht creme",
    "handcreme": "",  # no hand in this shop
    "haarband": "haar band",
    "hautcreme": "haut creme",
    "zahnseife": "zahn seife",
    "nagellack": "nagel lack",
    "nagelschere": "",  # no scissors
    "toilettenpapier": "toilette papier",
    "schleifpapier": "schleife papier",
    "küchenmesser": "küche messer",
    "küchenstuhl": "küche stuhl",
    "tischlampe": "tisch lampe",
    "wandregal": "wand regal",
    "bücherregal": "bücher regal",  # "Bücher" stands for "Buch", which the shop has
    "blumenerde": "blume erde",
    "blumentopf": "blume topf",
    "pflanzentopf": "pflanze topf",
    "hundekorb": "hund korb",
    "hundedecke": "hund decke",
    "fahrradhelm": "fahrrad helm",
    "fahrradschloss": "fahrrad schloss",
    "fahrradreifen": "fahrrad reifen",
    "motoröl": "motor öl",
    "autoreifen": "auto reifen",
    "winterreifen": "winter reifen",
    "reisekoffer": "reise koffer",
    "laptoptasche": "laptop tasche",
    "kamerahülle": "kamera hülle",
    "kartenhalter": "karten halter",
    "steckleiste": "steck leiste",
    "lichtstreifen": "licht streifen",
    "balkonpflanze": "balkon pflanze",
    "dachabdeckung": "dach abdeckung",
    "holzschrauben": "holz schrauben",
    "glasdose": "glas dose",
    "badewanne": "bad wanne",
    "badematte": "bad matte",
    "kabelhalter": "kabel halter",
}

#: No compounds of this shop's words, though some begin or end like them.
WHOLE = """
    sandalen socke rocken tuchel matten hosen erdel lampen sauna sporttt hallen boxer schutt feuer ledern wandern
    reisen reifer tischler kissing kanner uhren dosen stifte pinseln farbig winterlich badisch wollig kabelig
    accessoire armoire espadrilles bermuda pyjama kaschmir anorak
""".split()
