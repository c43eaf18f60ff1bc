"""One file a kind of document: what its figures say, and the blocks that show them."""

from __future__ import annotations

from eval.documents import Calibrate, Compare, Document, Intents, Interleave, Logs, Replay, Run, Simulate
from eval.report.blocks import Section
from eval.report.sections.calibrate import calibrate_section
from eval.report.sections.compare import compare_section
from eval.report.sections.intents import intents_section
from eval.report.sections.interleave import interleave_section
from eval.report.sections.logs import logs_section
from eval.report.sections.replay import replay_section
from eval.report.sections.run import run_section
from eval.report.sections.simulate import simulate_section
from eval.report.words import Words


def section_of(document: Document, words: Words, id: str, file: str) -> Section:
    """The section of a document; `id` is unique on the page, `file` the name the document came under."""
    match document:
        case Run():
            return run_section(document, words, id, file)
        case Compare():
            return compare_section(document, words, id, file)
        case Calibrate():
            return calibrate_section(document, words, id, file)
        case Replay():
            return replay_section(document, words, id, file)
        case Simulate():
            return simulate_section(document, words, id, file)
        case Intents():
            return intents_section(document, words, id, file)
        case Interleave():
            return interleave_section(document, words, id, file)
        case Logs():
            return logs_section(document, words, id, file)
