"""Leave one signal out: where a hit would stand without one taste, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

#: Any other field of the shop's feed.
OWN = "own"
#: What is left out, by attribute; of those that may be named, with the value. A gender and an age are never named.
LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "de": {
        "brand": "Ohne deine Marken ({value})",
        "color": "Ohne deine Farben ({value})",
        "category": "Ohne die Bereiche, in denen du stöberst,",
        "gender": "Ohne das, was du dir sonst ansiehst,",
        "price_band": "Ohne deine Preislage",
        "age_group": "Ohne das, was du dir sonst ansiehst,",
        "material": "Ohne deine Materialien ({value})",
        "label": "Ohne deine Siegel ({value})",
        OWN: "Ohne das, was du sonst wählst,",
    },
    "en": {
        "brand": "Without your brands ({value})",
        "color": "Without your colours ({value})",
        "category": "Without the departments that you browse",
        "gender": "Without what you usually look at",
        "price_band": "Without your price range",
        "age_group": "Without what you usually look at",
        "material": "Without your materials ({value})",
        "label": "Without your labels ({value})",
        OWN: "Without what you usually choose",
    },
}
WOULD_BE: Mapping[str, tuple[str, str]] = {
    "de": ("{left_out} wäre es Platz {rank}", "{left_out} bliebe es Platz {rank}"),
    "en": ("{left_out} this would be {rank}", "{left_out} this would stay {rank}"),
}


def without_sentence(attribute: str, value: str, rank: int, rank_without: int, language: str) -> str:
    """Where a hit would stand without a taste.

    Args:
        value: as people read it; "" where the product has none.
        rank: from 1, as it stands.
        rank_without: from 1, without the taste.

    >>> without_sentence("brand", "Adidas", 3, 9, "en"), without_sentence("gender", "damen", 2, 2, "de")
    ('Without your brands (Adidas) this would be 9th', 'Ohne das, was du dir sonst ansiehst, bliebe es Platz 2')
    """
    language = language if language in LEFT_OUT else "en"
    left_out = LEFT_OUT[language].get(attribute, LEFT_OUT[language][OWN]).format(value=value).replace(" ()", "")
    sentence = WOULD_BE[language][rank_without == rank]
    shown = ordinal(rank_without) if language == "en" else str(rank_without)
    return sentence.format(left_out=left_out, rank=shown)


def ordinal(number: int) -> str:
    """An English ordinal.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
