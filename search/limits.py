"""What a search may ask of one catalogue: known languages and branches, texts of a bearable length."""

from __future__ import annotations

from collections.abc import Sequence

from search.errors import BadRequest
from search.messages import MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS
from search.text import normalized_length
from search.types import COUNTRIES, Query


def check_language(language: str | None, languages: Sequence[str]) -> None:
    """A language that the catalogue has texts in, or none.

    Raises:
        BadRequest: another one; `place` is "lang".
    """
    if language and language not in languages:
        known = ", ".join(languages)
        raise BadRequest(f"This catalogue has no texts in '{language}'. Known languages: {known}.", "lang")


def check_branch(branch: str | None, branches: Sequence[str]) -> None:
    """A branch whose stock the feed tells, or none.

    Raises:
        BadRequest: another one; `place` is "branch".
    """
    if branch and branch not in branches:
        known = ", ".join(branches) or "none, the feed tells no stock"
        raise BadRequest(f"No branch '{branch}'. Known branches: {known}.", "branch")


def check_country(country: str | None, place: str) -> None:
    """A country's code, in capitals or not, or none.

    Raises:
        BadRequest: no country has that code.
    """
    if country and country.upper() not in COUNTRIES:
        told = f"No country '{country}'. Send its two letters of ISO 3166, like DE, AT or CH, or leave it out."
        raise BadRequest(told, place)


def check_length(text: str, place: str) -> None:
    """A text of at most `MAX_QUERY_CHARACTERS`.

    Raises:
        BadRequest: a longer one.
    """
    if normalized_length(text) > MAX_QUERY_CHARACTERS:
        raise BadRequest(f"The query is longer than {MAX_QUERY_CHARACTERS} characters. Shorten it.", place)


def check_words(query: Query, place: str) -> None:
    """A query of at most `MAX_QUERY_WORDS`.

    Raises:
        BadRequest: one with more.
    """
    if len(query.terms) > MAX_QUERY_WORDS:
        raise BadRequest(f"The query has more than {MAX_QUERY_WORDS} words. Shorten it.", place)
