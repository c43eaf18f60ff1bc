"""An explanation as text for a terminal: from the query's words to the final score, one number a line."""

from __future__ import annotations

from collections.abc import Iterator

from search.messages import ExplainLexical, ExplainMatch, ExplainWord, Explanation


def account(told: Explanation) -> str:
    """How a hit got its place, from its words to its final score."""
    return "\n".join([*_relevance(told), *_terms(told)])


def _relevance(told: Explanation) -> Iterator[str]:
    if told.lexical is not None:
        for word in told.lexical.words:
            yield from _word(word, "")
        yield _lexical(told.lexical)
    if told.dense is not None:
        dense = told.dense
        yield f"dense {dense.dense:.3f} = (cosine {dense.cosine:.3f} − noise {dense.noise:.3f}) / (1 − noise)"
    relevance = told.relevance
    weight = relevance["lexical_weight"]
    exact = " (exact match)" if told.fusion is not None and told.fusion.exact else ""
    yield (
        f"lexical {relevance['lexical']:.3f} × {weight:.2f} + dense {relevance['dense']:.3f} × {1 - weight:.2f}"
        f" = R {relevance['R']:.3f}{exact} → {relevance['log_odds']:.2f}"
    )


def _word(word: ExplainWord, indent: str) -> Iterator[str]:
    held = "; ".join(map(_match, word.matched)) or "not held"
    spelled = f", umlauts {word.spelling}" if word.spelling else ""
    sums = f"{word.weight:.2f} × idf {word.idf:.2f} × {word.saturated:.2f} = {word.score:.2f}"
    yield f"{indent}{word.term}: {held}{spelled}: {sums}" if word.saturated else f"{indent}{word.term}: {held}"
    for part in word.parts if word.saturated else ():
        yield from _word(part, indent + "  ")


def _match(match: ExplainMatch) -> str:
    written = f" in {', '.join(match.written)}" if match.written else ""
    return f"{match.how} {match.term}{written} (f {match.frequency:.2f})"


def _lexical(words: ExplainLexical) -> str:
    kind = f" {words.kind_gain:+.2f} for its kind" if words.kind_gain else ""
    found = words.found + words.kind_found
    adjacent = f" × (1 + {words.adjacent_weight:.2f} × adjacent {words.adjacent:.2f})" if words.adjacent else ""
    return (
        f"lexical {words.lexical:.3f} = (bm25 {words.bm25:.2f}{kind}) / best {words.best:.2f}"
        f" × (1 − {words.coverage:.2f} + {words.coverage:.2f} × found {found:.2f}){adjacent}"
    )


def _terms(told: Explanation) -> Iterator[str]:
    if told.kind is not None:
        wanted = ", ".join(f"{name} {weight:.2f}" for name, weight in told.kind.wanted.items())
        yield f"kind {', '.join(told.kind.product) or 'unknown'}; wanted {wanted}"
    for stated in told.stated:
        yield f"{stated.attribute} fits {stated.degree:.2f} {stated.contribution:+.3f}"
    for part in told.context:
        yield f"typed before, {part.part} fits {part.degree:.2f} {part.contribution:+.3f}"
    for term in told.business:
        yield f"{term.name}{f' ({term.evidence})' if term.evidence else ''} {term.contribution:+.3f}"
    for taste in told.personal.terms:
        says = taste.blocked or f"lift {taste.lift:.2f} ({taste.evidence})"
        yield f"{taste.attribute} {taste.value}: {says} {taste.contribution:+.3f}"
    if told.repeat_from is not None:
        since = told.repeat_from.days
        bought = "nothing of it bought" if since is None else f"{told.repeat_from.level} bought {since:.0f} days ago"
        yield f"repeat ({bought}) {told.repeat:+.3f}"
    held = f", held by {told.held_by}" if told.held_by else ""
    yield f"final {told.final:.3f}{held}"
