"""A chart of the reports as a file of its own, with their colours."""

from __future__ import annotations

from pathlib import Path

STYLE = Path(__file__).parents[1] / "report" / "report.css"
AIR = 12


def alone(drawn: str, width: int, height: int) -> str:
    """A drawing that stands in a page as an SVG file: its own style and paper, and some air around."""
    style = STYLE.read_text(encoding="utf-8").replace("</", "<\\/") + "svg { font: 13px var(--sans); }"
    paper = f'<rect x="-{AIR}" y="-{AIR}" width="100%" height="100%" style="fill: var(--paper)"/>'
    size = f'width="{width}" height="{height}"'
    box, airy = f'viewBox="0 0 {width} {height}"', (width + 2 * AIR, height + 2 * AIR)
    head, rest = drawn.split(">", 1)
    head = head.replace(box, f'viewBox="-{AIR} -{AIR} {airy[0]} {airy[1]}"')
    head = head.replace(size, f'width="{airy[0]}" height="{airy[1]}"')
    return f'{head} xmlns="http://www.w3.org/2000/svg"><style>{style}</style>{paper}{rest}\n'
