"""What stands beside a reason: "weniger davon" and "aus", as calls that a page sends as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from search.messages import ReasonAction, SearchRequest, TasteAction
from search.rerank.personal import Term

#: On a reason's buttons.
TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {"less": "weniger davon", "off": "aus"},
    "en": {"less": "less of this", "off": "off"},
}


@dataclass(frozen=True, slots=True)
class Buttons:
    """The buttons of one hit. `path`: where what they say is kept, the shopper's or else the visit's."""

    path: str
    product_id: str

    @classmethod
    def beside(cls, request: SearchRequest, product_id: str) -> Buttons | None:
        """The buttons of a hit of that search; None where nobody is known who could press them.

        >>> Buttons.beside(SearchRequest(shopper="anna", session="s1"), "P1").path
        '/v1/profiles/anna/tastes'
        >>> Buttons.beside(SearchRequest(shopper="anna", session="s1", touchpoint="kiosk"), "P1").path
        '/v1/profiles/s1/tastes?touchpoint=kiosk'
        """
        is_kiosk = request.touchpoint == "kiosk"
        who = request.shopper if request.personalize == "full" and not is_kiosk else None
        id = who or request.session
        path = f"/v1/profiles/{quote(id or '', safe='')}/tastes{'?touchpoint=kiosk' if is_kiosk else ''}"
        return cls(path, product_id) if id else None

    def of(self, told: Term, language: str, *wanted: Literal["less", "off"]) -> list[ReasonAction]:
        """The buttons beside a reason that tells this term."""
        texts = TEXTS.get(language, TEXTS["en"])
        return [ReasonAction(do, texts[do], self.path, self._body(told, do)) for do in wanted]

    def _body(self, told: Term, do: Literal["less", "off"]) -> TasteAction:
        """A gender or an age is meant by the product, so that nobody reads it who looks into the page."""
        if do == "off":
            return TasteAction("off", told.attribute)
        if told.attribute in ("gender", "age_group"):
            return TasteAction("less", told.attribute, product_id=self.product_id)
        return TasteAction("less", told.attribute, value=told.value)
