"""Drawing: elements that escape what they hold, scales, ticks. Lengths are in drawing units (see blocks.WIDE)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

#: Widths of letters of 13 units, after DejaVu Sans, the widest of the common sans serifs: labels never touch.
NARROW_LETTER, LETTER, WIDE_LETTER = 4.3, 8.0, 9.8


def text_width(text: str) -> float:
    """About how wide a text is, in units.

    >>> text_width("till") < text_width("MOON")
    True
    """
    narrow = sum(letter in "fijlrt.,:;|()[] '·\u00a0" for letter in text)
    wide = sum(letter in "mwMWABCDGHKNOQRUVX@%+−<>=≥→" for letter in text)
    return narrow * NARROW_LETTER + wide * WIDE_LETTER + (len(text) - narrow - wide) * LETTER


def tag(name: str, *children: str, **attributes: object) -> Markup:
    """An element; everything that is not Markup is escaped, None is left out, numbers have at most two digits.

    >>> tag("text", "1 < 2", x=3.0, class_="axis", text_anchor=None)
    Markup('<text x="3" class="axis">1 &lt; 2</text>')
    """
    opened = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}/>").format(name, opened) if not inner else Markup(f"<{name}{opened}>{inner}</{name}>")


def _plain(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def drawing(width: float, height: float, label: str, *children: str) -> Markup:
    """A whole picture; `label` says to those who do not see it what it shows."""
    box = f"0 0 {width:g} {height:g}"
    return tag("svg", *children, role="img", aria_label=label, viewBox=box, width=width, height=height)


def shortened(text: str, room: float) -> str:
    """A text that fits into so many units, with an ellipsis where it was cut.

    >>> shortened("running shoes", 50)
    'runnin…'
    """
    if text_width(text) <= room:
        return text
    while len(text) > 1 and text_width(text) + LETTER > room:
        text = text[:-1]
    return text.rstrip() + "…"


def label(text: str, x: float, y: float, room: float, anchor: str = "start", kind: str = "label") -> Markup:
    """A label, cut to its room; the whole text is its title then."""
    shown = shortened(text, room)
    title = tag("title", text) if shown != text else ""
    return tag("text", title, shown, x=float(x), y=float(y), class_=kind, text_anchor=anchor)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values low..high on the units start..end; a value outside is drawn at the border.

    >>> Scale(0, 1, 100, 300)(0.25)
    150.0
    >>> Scale(0.25, 4, 0, 100, log=True)(1.0)
    50.0
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value."""
        low, high = self._of(self.low), self._of(self.high)
        share = (self._of(value) - low) / (high - low) if high > low else 0.5
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def _of(self, value: float) -> float:
        return math.log(max(value, 1e-9)) if self.log else value


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values inside low..high, about `count` of them, 1, 2 or 5 times a power of ten apart.

    >>> nice_ticks(0, 1)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if high <= low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def doublings(low: float, high: float) -> list[float]:
    """Powers of two inside low..high, for ratios.

    >>> doublings(0.4, 5)
    [0.5, 1.0, 2.0, 4.0]
    """
    first, last = math.ceil(math.log2(max(low, 1e-6))), math.floor(math.log2(max(high, 1e-6)))
    step = max(1, math.ceil((last - first) / 8))
    return [2.0**power for power in range(first, last + 1, step)]


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows: its title with the unit, its reach, how a tick is written. `ticks` None: round values."""

    title: str
    low: float
    high: float
    tick: Callable[[float], str]
    ticks: Sequence[float] | None = None
    log: bool = False
    reference: float | None = None
    reference_name: str = ""

    def scale(self, start: float, end: float) -> Scale:
        """Its scale over these units."""
        return Scale(self.low, self.high, start, end, self.log)

    def places(self, room: float, size: float) -> list[float]:
        """Its ticks, as many as fit into `room` at `size` units each."""
        if self.ticks is not None:
            every = max(1, math.ceil(len(self.ticks) * size / max(room, 1)))
            return list(self.ticks)[::every]
        if self.log:
            return doublings(self.low, self.high)
        return nice_ticks(self.low, self.high, max(2, min(6, int(room / size))))


def reach(values: Sequence[float], hold: Sequence[float] = (), margin: float = 0.06) -> tuple[float, float]:
    """low, high around values with some air; `hold` are values that must be seen too, without air of their own.

    >>> reach([0.5, 1.0], hold=[0.0], margin=0.1)
    (0.0, 1.1)
    """
    everything = [*values, *hold]
    if not everything:
        return 0.0, 1.0
    low, high = min(everything), max(everything)
    air = margin * ((high - low) or abs(high) or 1.0)
    return (low if low in hold else low - air), (high if high in hold else high + air)


#: Marks that are told apart without their colour, as paths around 0, 0.
SHAPES = {
    "circle": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z",
    "up": "M0 -6L5.8 4.4H-5.8Z",
    "down": "M0 6L5.8 -4.4H-5.8Z",
    "square": "M-4.2 -4.2H4.2V4.2H-4.2Z",
    "diamond": "M0 -6L6 0L0 6L-6 0Z",
}


def mark(shape: str, x: float, y: float, tone: str = "main", size: float = 1.0, title: str = "") -> Markup:
    """A mark at a place, with its tooltip."""
    zoom = f" scale({size:.2f})" if size != 1 else ""
    inner = tag("title", title) if title else ""
    return tag("path", inner, d=SHAPES[shape], class_=f"mark {tone}", transform=f"translate({x:.1f} {y:.1f}){zoom}")
