"""The report's texts, English and German side by side in labels.toml. A text for a count has two forms, parted by |:
the first for 1, the second for all other numbers.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

#: The languages of a report; a label is (English, German).
LANGUAGES = ("en", "de")


def read_labels(table: str) -> dict[str, tuple[str, ...]]:
    """key -> its text in each of LANGUAGES. KeyError where one is missing.

    >>> read_labels("names")["total"]
    ('total', 'gesamt')
    """
    texts = tomllib.loads(files("eval.report").joinpath("labels.toml").read_text(encoding="utf-8"))[table]
    return {key: tuple(forms[lang] for lang in LANGUAGES) for key, forms in texts.items()}


#: key -> sentence or label, with places in braces
LABELS = read_labels("texts")
#: stage, step, ranker or control that the suite knows -> what it is called; other names are shown as they are
NAMES = read_labels("names")
#: endings of such names -> what they are called
ENDINGS = read_labels("endings")
#: key -> what the page's script says; it fills the places
SCRIPT = read_labels("script")
