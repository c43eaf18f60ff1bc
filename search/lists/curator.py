"""Editing a shop's lists, for both doors: what is asked, as messages, to what is kept, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from search.errors import BadRequest, NotFound
from search.lists.files import ListFiles, Lists, make_split
from search.messages import CompoundIn, CompoundInfo, CompoundList, SynonymIn, SynonymInfo, SynonymList
from search.words.synonyms import Synonym, make_synonym


class Curator:
    """The synonyms and splits of one index directory. `on_change` is called after each edit."""

    def __init__(self, files: ListFiles, on_change: Callable[[], None] = lambda: None):
        self._files = files
        self._on_change = on_change

    # --- synonyms ---

    def synonyms(self) -> SynonymList:
        """Every synonym that counts."""
        return _synonym_list(self._files.read())

    def put_synonyms(self, wanted: Sequence[SynonymIn]) -> SynonymList:
        """Replace the list of the API.

        Raises:
            BadRequest: an entry that is none; `place` names it. Nothing is changed then.
        """
        entries = [_synonym(item, f"synonyms[{place}]") for place, item in enumerate(wanted)]
        lists = self._files.edit_synonyms(lambda _: entries)
        self._on_change()
        return _synonym_list(lists)

    def add_synonym(self, wanted: SynonymIn) -> SynonymInfo:
        """Add an entry; one that is there already stays as it is.

        Raises:
            BadRequest: it is none; `place` names the field.
        """
        return self.add_synonyms([_synonym(wanted, "words")])[0]

    def add_synonyms(self, entries: Sequence[Synonym]) -> list[SynonymInfo]:
        """Add entries, all or none."""
        self._files.edit_synonyms(lambda now: [*now, *entries])
        self._on_change()
        return [_synonym_info(entry, "api") for entry in entries]

    def remove_synonym(self, id: str) -> SynonymInfo:
        """Remove an entry of the API's list.

        Raises:
            NotFound: there is none with that id. BadRequest: it stands in the file, where people edit it.
        """
        removed: list[Synonym] = []

        def without(now: Iterable[Synonym]) -> list[Synonym]:
            removed.extend(entry for entry in now if entry.id == id)
            if not removed:
                self._refuse_removal(id)
            return [entry for entry in now if entry.id != id]

        self._files.edit_synonyms(without)
        self._on_change()
        return _synonym_info(removed[0], "api")

    def _refuse_removal(self, id: str) -> None:
        if any(entry.id == id for entry in self._files.read().synonyms_of_file):
            raise BadRequest("This synonym stands in the file written by hand. Remove its line there.", "id")
        raise NotFound(f"No synonym with the id '{id}'. GET /v1/synonyms lists them.", "id")

    # --- splits of compounds ---

    def compounds(self) -> CompoundList:
        """Every split that counts."""
        return _compound_list(self._files.read())

    def put_compounds(self, wanted: Sequence[CompoundIn]) -> CompoundList:
        """Replace the list of the API.

        Raises:
            BadRequest: an entry that is none, or a word twice; `place` names it. Nothing is changed then.
        """
        splits: dict[str, tuple[str, ...]] = {}
        for place, item in enumerate(wanted):
            word, parts = _split(item, f"compounds[{place}]")
            if word in splits:
                raise BadRequest(f"The word '{word}' is split twice. Give it once.", f"compounds[{place}].word")
            splits[word] = parts
        lists = self._files.edit_splits(lambda _: splits)
        self._on_change()
        return _compound_list(lists)

    def add_compound(self, wanted: CompoundIn) -> CompoundInfo:
        """Split a word so from now on, or never.

        Raises:
            BadRequest: it is no split; `place` names the field.
        """
        return self.add_compounds([_split(wanted, "word")])[0]

    def add_compounds(self, splits: Sequence[tuple[str, tuple[str, ...]]]) -> list[CompoundInfo]:
        """Add splits, all or none."""
        self._files.edit_splits(lambda now: {**now, **dict(splits)})
        self._on_change()
        return [CompoundInfo(word, list(parts), "api") for word, parts in splits]

    def remove_compound(self, word: str) -> CompoundInfo:
        """Remove a split from the API's list: the file's counts again, or what is learned.

        Raises:
            NotFound: the list does not have the word. BadRequest: it stands in the file.
        """
        folded = word.casefold()
        removed: list[tuple[str, ...]] = []

        def without(now: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
            if folded not in now:
                self._refuse_split_removal(folded)
            removed.append(now.pop(folded))
            return now

        self._files.edit_splits(without)
        self._on_change()
        return CompoundInfo(folded, list(removed[0]), "api")

    def _refuse_split_removal(self, word: str) -> None:
        if word in (self._files.read().splits_of_file or {}):
            raise BadRequest("This split stands in the file written by hand. Remove its line there.", "word")
        raise NotFound(f"No split of '{word}'. GET /v1/compounds lists them.", "word")


def _synonym(item: SynonymIn, place: str) -> Synonym:
    try:
        return make_synonym(item.kind, item.words, item.finds, item.language)
    except ValueError as error:
        raise BadRequest(f"{error}.", place) from error


def _split(item: CompoundIn, place: str) -> tuple[str, tuple[str, ...]]:
    try:
        return make_split(item.word, item.parts)
    except ValueError as error:
        raise BadRequest(f"{error}.", place) from error


def _synonym_list(lists: Lists) -> SynonymList:
    told = [_synonym_info(entry, "file") for entry in lists.synonyms_of_file]
    known = set(lists.synonyms_of_file)
    return SynonymList(told + [_synonym_info(entry, "api") for entry in lists.synonyms if entry not in known])


def _synonym_info(entry: Synonym, source: str) -> SynonymInfo:
    return SynonymInfo(
        id=entry.id,
        kind=entry.kind,
        words=list(entry.words),
        line=entry.line,
        source=source,  # type: ignore[arg-type]
        finds=list(entry.finds),
        language=entry.language,
    )


def _compound_list(lists: Lists) -> CompoundList:
    sources = {**dict.fromkeys(lists.splits_of_file or {}, "file"), **dict.fromkeys(lists.splits, "api")}
    splits = {**(lists.splits_of_file or {}), **lists.splits}
    return CompoundList([CompoundInfo(word, list(splits[word]), sources[word]) for word in sorted(splits)])  # type: ignore[arg-type]
