"""Fields' weights are fitted without another index, by counts that say the same as the index.

1. With the index's own weights the counts give the index's own postings.
2. Other weights give the postings of an index that was built with them.
3. The search finds what was planted, reports on the other half, and says nothing where nothing is better.
4. A twin of the right product is as good, where twins decide.
"""

import msgspec
import numpy as np
import pytest

from eval.calibrate import calibrate_settings
from eval.fields import climb, count_fields, fit_fields
from eval.stages import Ask
from eval.workers import OpenIndex
from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.settings import Lexical, Settings
from search.types import Product


def same(one, other):
    for term in one.terms:
        assert one.matching(term).tolist() == other.matching(term).tolist()
        assert one.entries(term)[1] == pytest.approx(other.entries(term)[1], abs=1e-6)


def test_the_indexs_own_weights_give_its_own_postings(snapshot):
    of_index = snapshot.lexical("de")
    terms = [*list(of_index.terms)[::7], "no-such-term"]
    counted = count_fields(snapshot, "de", terms).postings(of_index, snapshot.manifest.lexical)
    assert len(counted.terms) == len(terms) - 1
    same(counted, of_index)


OTHER = Lexical(k1=0.7, b=0.3, title=1.5, brand=4.0, description=0.5, attributes=2.0, parts=0.25)


def shelf(home, lexical=Lexical()):
    """Products that say "zelt" in their titles, or only in their descriptions."""
    products = [
        Product(
            id=f"{name}{at}",
            title={"de": "Zelt" if name == "t" else "Heringe"},
            description={"de": "aus Stahl" if name == "t" else "Zelt, Zelt, Zelt"},
            brand="Nordkai",
        )
        for at in range(4)
        for name in "td"
    ]
    settings = msgspec.structs.replace(Settings(), lexical=lexical)
    build_snapshot(products, home, settings, None)
    return load_snapshot(home)


def test_other_weights_give_the_postings_of_an_index_that_was_built_with_them(tmp_path):
    one, other = shelf(tmp_path / "one"), shelf(tmp_path / "other", OTHER)
    counted = count_fields(one, "de", one.lexical("de").terms)
    same(counted.postings(one.lexical("de"), OTHER), other.lexical("de"))


def fitted(snapshot, wanted):
    asks = [Ask(f"q{at}", f"zelt {stop}", f"q{at}") for at, stop in enumerate("und mit für auf an in das der".split())]
    qrels = {ask.id: {f"{wanted}{at}": 1 for at in range(4)} for ask in asks}
    settings = Settings().but(kinds={"enabled": False})  # the title's word names the kind
    return fit_fields(OpenIndex(snapshot, None), settings, asks, qrels, "nDCG@10", 7, "de", pool=False)


def test_a_shop_whose_descriptions_say_what_things_are_learns_it(tmp_path):
    found = fitted(shelf(tmp_path, Lexical(title=1.0, description=0.3)), "d")
    assert found.chosen
    assert found.fitted_on + found.reported_on == 8
    assert found.report[0].metric == "nDCG@10"
    assert found.report[0].difference.mean > 0


def test_nothing_is_chosen_where_nothing_is_better(tmp_path):
    found = fitted(shelf(tmp_path, Lexical(title=4.0, description=0.3)), "t")
    assert found.chosen == {}
    assert found.report[0].difference.mean == 0


@pytest.mark.parametrize("fit", [fit_fields, calibrate_settings])
def test_a_twin_of_the_right_product_counts_where_twins_decide(fit, tmp_path):
    asks = [Ask(f"q{at}", f"zelt {stop}", f"q{at}") for at, stop in enumerate("und mit für auf an in das der".split())]
    qrels = {ask.id: {"t3": 1} for ask in asks}  # four products are called just "Zelt"
    asks = [Ask(ask.id, ask.text, ask.id, None, np.array([0], np.int32)) for ask in asks]
    index = OpenIndex(shelf(tmp_path), None)
    found = fit(index, Settings(), asks, qrels, "MRR@10 twins", 7, "de", pool=False)
    report = {one.metric: one for one in found.report}
    assert found.report[0].metric == "MRR@10 twins"
    assert found.tried[0].value == report["MRR@10 twins"].a == 1
    assert report["MRR@10"].a < 1


def test_a_gain_by_luck_moves_nothing():
    values = iter(np.linspace(0.5, 0.5003, 200))
    settings, tried = climb(Settings(), lambda _: next(values))
    assert settings == Settings()
    assert len(tried) > 10
