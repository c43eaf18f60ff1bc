"""The style test over the catalogue that serves: asked, answered, told. It can be left and gone on with at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
import numpy as np

from search.answer.texts import present
from search.errors import BadRequest
from search.index.columns import Columns
from search.messages import Leaning, StyleAnswer, StyleTest
from search.pipeline import Pipeline
from search.rerank.explain import shown_value
from search.rerank.policies import ranks
from search.rerank.style import Articles, Belief, articles_of, askable, believe, leanings_of, next_pair
from search.rerank.traits import Catalogue
from search.types import StatedTastes

#: Articles that are asked about: ten pairs.
MOST_ASKED = 20
#: Nats: a pair that is expected to tell less is not worth asking about.
LEAST_GAIN = 0.02
SHOWN = ["id", "title", "brand", "category", "product_type", "price", "list_price", "currency", "image", "attributes"]


@lru_cache(maxsize=4)
def articles(catalogue: Catalogue, columns: Columns) -> Articles:
    """The articles that may be asked about; kept for the snapshots in use."""
    return articles_of(catalogue, askable(catalogue, ranks(columns.number("popularity"), columns.size)))


def articles_of_shop(pipeline: Pipeline) -> Articles:
    """The articles that this shop may ask about."""
    return articles(pipeline.catalogue, pipeline.snapshot.base_columns)


def believed(answers: Mapping[str, int], pipeline: Pipeline) -> Belief:
    """What the answers say; those about articles that are gone say nothing any more."""
    asked, snapshot = articles_of_shop(pipeline), pipeline.snapshot
    at = {row: place for place, row in enumerate(asked.rows.tolist())}
    rows = [(snapshot.documents.row_of(id), answer) for id, answer in answers.items() if answer]
    judged = [(at[row], answer) for row, answer in rows if row in at]
    places = np.array([place for place, _ in judged], np.intp)
    return believe(asked.features[places], np.array([float(answer > 0) for _, answer in judged]))


def answered(before: StatedTastes, sent: Sequence[StyleAnswer], pipeline: Pipeline) -> StatedTastes:
    """A statement after some answers, with the leanings that follow from all of them.

    Raises:
        BadRequest: an article that the test does not ask about, or more answers than it has questions.
    """
    snapshot, answers = pipeline.snapshot, dict(before.answers)
    asked = articles_of_shop(pipeline)
    for place, item in enumerate(sent):
        row = snapshot.documents.row_of(item.product_id)
        if (row is None or row not in asked.rows) and item.product_id not in answers:
            told = f"The style test does not ask about '{item.product_id}'. Answer what GET /v1/style-test shows."
            raise BadRequest(told, f"answers[{place}].product_id")
        answers[item.product_id] = 0 if item.heart is None else 1 if item.heart else -1
    if len(answers) > MOST_ASKED:
        told = f"The style test ends after {MOST_ASKED} articles. DELETE /v1/style-test begins anew."
        raise BadRequest(told, "answers")
    leanings = leanings_of(believed(answers, pipeline), asked) if any(answers.values()) else {}
    return msgspec.structs.replace(before, answers=answers, leanings=leanings)


def told_test(stated: StatedTastes, pipeline: Pipeline, language: str) -> StyleTest:
    """Where a test stands, and what to ask next."""
    asked, documents = articles_of_shop(pipeline), pipeline.snapshot.documents
    rows = [row for id in stated.answers if (row := documents.row_of(id)) is not None]
    places = np.flatnonzero(np.isin(asked.rows, rows)).tolist()
    pair, gain = next_pair(believed(stated.answers, pipeline), asked, places)
    if len(stated.answers) + 2 > MOST_ASKED or gain < LEAST_GAIN:
        pair, gain = [], 0.0
    shown = [documents.product(int(asked.rows[place])) for place in pair]
    return StyleTest(
        answered=len(stated.answers),
        of=MOST_ASKED,
        pair=[present(product, language, pipeline.today, None, SHOWN) for product in shown],
        gain=round(gain, 6),
        leanings=told_leanings(stated, pipeline.snapshot.labels.get(language, {})),
    )


def told_leanings(stated: StatedTastes, labels: Mapping[str, Mapping[str, str]]) -> list[Leaning]:
    """What the answers say, the strongest first."""
    found = [
        Leaning(attribute, value, shown_value(attribute, value, labels), leaning)
        for attribute, values in stated.leanings.items()
        for value, leaning in values.items()
    ]
    return sorted(found, key=lambda item: (-abs(item.leaning), item.attribute, item.value))
