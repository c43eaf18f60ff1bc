"""Where something can be had, and when: "heute abholen", "sofort verfügbar", "in Filiale Mitte", "bis morgen".

What is there comes first, nothing is hidden; the filter `in_stock:mitte` is for that. With a branch, the one that the
query names or else the one that the search is asked from, what the branch has fits wholly and what only another place
has by half. Fetching without a branch is fetching from any of them, "online" is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from search.types import Clause, Stated

#: The column of all pieces, and those of one branch each.
STOCK, ONLINE = "stock", "online"
#: How well something fits that is somewhere else.
ELSEWHERE = 0.5
_TODAY = r"(?:heute|sofort|jetzt|gleich|direkt|noch\ heute|today|now|immediately|right\ away)"
_HAVE = re.compile(
    rf"""\b(?:(?:nur\ )?(?:auf\ lager|vorrätig|lagernd|in\ stock|on\ stock)
        |(?:{_TODAY}\s+)?(?:verfügbar\w*|lieferbar\w*|available)(?:\s+{_TODAY})?
        |{_TODAY}\s+(?:im\ laden|in\ store)
        |(?:noch\ )?(?:bis|für)\ (?:heute|morgen)(?:\ (?:früh|abend|mittag))?|noch\ heute|so\ schnell\ wie\ möglich
        |(?:ganz\ )?(?:dringend|eilig)|(?:by|for)\ (?:today|tonight|tomorrow)|asap|urgent(?:ly)?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FETCH = re.compile(
    rf"""\b(?:(?:zum|zur)\s+)?(?:(?:{_TODAY}\s+)?(?:abzuholen|abholen|abholbar|abholung|selbstabholung|mitnehmen)(?:\s+{_TODAY})?
        |(?:pick(?:[\ -]?up|\ it\ up)|collect)\s+{_TODAY}|{_TODAY}\s+(?:pick[\ -]?up|collect)
        |(?:for\s+)?(?:pick[\ -]?up|click\ (?:&|and|und)\ collect)|(?:available\s+)?in[\ -]store)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SHOP = r"(?:filiale|laden|geschäft|markt|standort|niederlassung|haus|shop|store|branch)"


@dataclass(frozen=True)
class Availability:
    """Reads where a product shall be had, of a catalogue that tells its stock.

    Args:
        fields: names of the catalogue's number columns: `stock`, and `stock.<branch>` for each branch.
    """

    fields: Sequence[str]

    @cached_property
    def branches(self) -> list[str]:
        """Whose stock is told, the online shop among them."""
        return [name.removeprefix(f"{STOCK}.") for name in self.fields if name.startswith(f"{STOCK}.")]

    @cached_property
    def _named(self) -> re.Pattern[str] | None:
        """ "in Filiale Mitte", "im Markt Mitte", "Filiale Mitte", "Mitte store": a branch with the word for one."""
        if not self.branches:
            return None
        names = "|".join(sorted((re.escape(name) for name in self.branches), key=len, reverse=True))
        names = re.sub(r"(?:\\-|\\_|\\ |_)", r"[\\s_-]", names)
        return re.compile(
            rf"""\b(?:(?:in|im|bei|at)\s+(?:(?:der|die|dem|the)\s+)?|)(?:{_SHOP}\s+(?:in\s+)?(?P<after>{names})
            |(?P<before>{names})[\s-]{_SHOP})\b|\b(?P<alone>{ONLINE})(?=\s+(?:verfügbar|lieferbar|available))""",
            re.IGNORECASE | re.VERBOSE,
        )

    def read(self, text: str, branch: str | None = None) -> Iterator[Stated]:
        """What a text states about availability; at most one statement a stretch, all of them about one place.

        Args:
            branch: from which the search is asked.
        """
        if STOCK not in self.fields:
            return
        named = list(self._named.finditer(text)) if self._named else []
        said = [
            *((match, False) for match in _HAVE.finditer(text)),
            *((match, True) for match in _FETCH.finditer(text)),
        ]
        place = self._branch(named[0]) if named else branch
        taken: list[tuple[int, int]] = []
        for match, fetched in [*((match, False) for match in named), *said]:
            if not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                written = match.group().strip()
                start = match.start() + len(match.group()) - len(match.group().lstrip())
                wanted = tuple(self._wanted(place, fetched))
                yield Stated("availability", place or "", written, "prefer", wanted, start, searched=False)

    def _branch(self, match: re.Match[str]) -> str:
        said = re.sub(r"[\s_-]", "", next(filter(None, match.groups())).casefold())
        return next((name for name in self.branches if re.sub(r"[\s_-]", "", name.casefold()) == said), said)

    def _wanted(self, branch: str | None, fetched: bool) -> Iterator[tuple[float, Clause]]:
        """The branch; or, to fetch from, any but the online shop; or any at all. Then what is elsewhere."""
        places = [branch] if branch else [name for name in self.branches if name != ONLINE] if fetched else []
        for place in places:
            yield 1.0, Clause(f"{STOCK}.{place}", low="1")
        yield ELSEWHERE if places else 1.0, Clause(STOCK, low="1")
