"""M9, categories made from a query: brand + style gives more of the brand, of the kind, and the styles it shows."""

from __future__ import annotations

import numpy as np
import pytest

from search.answer.groups import LEAST_SHARE, MOST_SHARE, themes
from search.index.columns import ColumnsBuilder
from search.messages import SearchRequest
from search.types import Affinities, Clause, Identity, Query, Ranking, Stated, Taste
from search.understand.filters import MAX_CLAUSES

SHOES = ("shoes-women-red", "shoes-men-blue", "shoes-men-white", "shoes-kids-green", "pumps-women-black")


@pytest.fixture
def asked(pipeline):
    def ask(q, groups=8, store=None, **more):
        return pipeline.search(SearchRequest(q=q, groups=groups, **more), store, Identity("somebody", "visit"))

    return ask


def by_label(answer):
    return {group.label: group for group in answer.groups}


def group_ids(group):
    return [hit.id for hit in group.hits]


def test_m9_brand_and_kind_offer_more_of_the_brand_and_more_of_the_kind(asked):
    found = by_label(asked("Nike Laufschuhe", per_page=1))
    assert {"Mehr von Nike", "Mehr zu „Schuhe“"} <= found.keys()
    nike = found["Mehr von Nike"]
    assert (nike.kind, nike.value, nike.q, nike.filter, nike.total) == ("brand", "Nike", "", "brand:Nike", 5)
    assert "shirt-men-black" in group_ids(nike)
    assert found["Mehr zu „Schuhe“"].total == len(SHOES)


def test_m9_a_style_is_offered_within_the_kind_and_beyond_it(asked):
    found = by_label(asked("rote Shorts", per_page=1, group_size=2))
    assert found["Shorts in Rot"].filter == "product_type:Shorts AND color:rot"
    assert found["Mehr in Rot"].filter == "color:rot"
    assert set(group_ids(found["Mehr in Rot"])) >= {"shirt-women-red", "shoes-women-red"}


def test_m9_headings_are_in_the_language_of_the_answer(asked):
    assert {"More from Nike", "More of “Shoes”"} <= by_label(asked("Nike running shoes", lang="en", per_page=1)).keys()


def test_m9_a_group_is_the_search_that_it_names(asked, pipeline):
    """Its total and its order are what the shopper gets who follows it."""
    answer = asked("rote Shorts unter 60 €", per_page=2, group_size=24)
    assert answer.groups
    on_page = {hit.id for hit in answer.hits}
    seen = set(on_page)
    for group in answer.groups:
        followed = pipeline.search(SearchRequest(q=group.q, filter=group.filter, per_page=100, lang="de"))
        assert followed.total == group.total
        assert group_ids(group) == [hit.id for hit in followed.hits if hit.id not in seen]
        assert all(hit.product["price"] <= 60 for hit in group.hits), "what the query rules out stays out"
        seen |= set(group_ids(group))


def test_m9_no_group_repeats_the_page_or_another_group(asked):
    for q in ("Nike Laufschuhe", "shorts", "rote Shorts", "Lenovo", "", "etwas Warmes"):
        answer = asked(q, per_page=3)
        shown = [hit.id for hit in answer.hits] + [id for group in answer.groups for id in group_ids(group)]
        assert len(shown) == len(set(shown))
        assert all(group.hits for group in answer.groups)


def test_m9_the_same_results_again_are_no_group(asked):
    answer = asked("", filter="brand:Nike", per_page=1)
    assert all(group.total < answer.total for group in answer.groups)
    assert "Mehr von Lenovo" not in by_label(asked("lenovo", per_page=1))


def test_m9_the_requests_own_filter_holds_in_every_group(asked):
    for group in asked("Nike Laufschuhe", filter="gender:herren OR gender:damen", per_page=1).groups:
        assert group.filter.endswith(" AND (gender:herren OR gender:damen)")
        assert all(hit.product["attributes"]["gender"][0] in ("herren", "damen") for hit in group.hits)


def test_m9_groups_are_personal_and_say_why(asked):
    class Fond:
        """Somebody who likes men's things very much."""

        def append(self, events):
            raise NotImplementedError

        def affinities(self, identity, scope, now, events=None):
            return Affinities({"gender": Taste({"herren": {"Shorts": 60.0}}, {"Shorts": 60.0})})

        def last_visit(self, identity, now):
            return None

    for group in asked("Nike Shorts", per_page=1, store=Fond()).groups:
        for hit in group.hits:
            assert (hit.rank != hit.rank_anonymous) == bool(hit.reasons)
    known, stranger = (by_label(asked("Nike Shorts", per_page=1, store=store)) for store in (Fond(), None))
    assert group_ids(known["Mehr zu „Shorts“"]) != group_ids(stranger["Mehr zu „Shorts“"])


def test_m9_as_many_groups_and_hits_as_asked_for(asked):
    assert asked("Nike Laufschuhe", groups=0, per_page=1).groups == []
    answer = asked("Nike Laufschuhe", groups=2, group_size=1, per_page=1)
    assert [len(group.hits) for group in answer.groups] == [1, 1]
    counted = asked("Nike Laufschuhe", groups=2, group_size=0, per_page=1).groups
    assert [group.hits for group in counted] == [[], []] and all(group.total for group in counted)


def test_m9_groups_give_way_to_the_deadline(open_shop):
    service = open_shop(server={"deadline_ms": 0.0001})
    answer = service.search(SearchRequest(q="Nike Laufschuhe", groups=3, per_page=1), Identity())
    assert answer.groups == [] and "groups" in answer.degraded and answer.total


def test_m9_does_not_change_the_page(asked):
    with_groups, without = asked("Nike Laufschuhe"), asked("Nike Laufschuhe", groups=0)
    assert [hit.id for hit in with_groups.hits] == [hit.id for hit in without.hits]
    assert with_groups.total == without.total


def test_m9_a_filter_that_grows_too_long_leaves_the_group_out(asked):
    clauses = " OR ".join(["brand:Nike"] * MAX_CLAUSES)
    answer = asked("Nike Laufschuhe", filter=clauses, per_page=1)
    assert answer.total and answer.groups == []


def test_m9_no_two_groups_are_the_same_set(asked, pipeline):
    for q in ("Nike Laufschuhe", "laptop", "Lenovo", "rote shorts"):
        sets = []
        for group in asked(q, per_page=1).groups:
            hits = pipeline.search(SearchRequest(filter=group.filter, per_page=100)).hits
            sets.append(frozenset(hit.id for hit in hits))
        assert len(sets) == len(set(sets))


# --- which values tell results from the shop ---


def shop_of(colors):
    """Ten shoes and ninety other things; the first ten rows have these colours."""
    builder = ColumnsBuilder()
    for row in range(100):
        builder.keyword("product_type", row, "Schuhe" if row < 10 else "Dinge")
        if row < 10:
            builder.keyword("color", row, colors[row])
    return builder.freeze(100)


def found(colors, stated=(), names=None):
    query = Query("", "", "de", (), stated=stated)
    rows = np.arange(10, dtype=np.int32)
    ranking = Ranking(rows, np.ones(10), {"R": np.ones(10)})
    return [(theme.field, theme.value) for theme in themes(query, ranking, shop_of(colors), names, 0.1)]


def test_a_style_that_some_results_have_is_offered_one_that_all_or_hardly_any_have_is_not():
    assert found(["rot"] * 4 + [f"farbe {n}" for n in "abcdef"]) == [("product_type", "Schuhe"), ("color", "rot")]
    assert MOST_SHARE < 1.0 and found(["rot"] * 10) == [("product_type", "Schuhe")]
    assert LEAST_SHARE > 0.05


def test_codes_and_fields_without_names_are_no_styles():
    assert found(["#c8102e"] * 5 + ["12"] * 5) == [("product_type", "Schuhe")]
    assert found(["rot"] * 5 + ["blau"] * 5, names={"material"}) == [("product_type", "Schuhe")]


def test_what_is_ruled_out_or_switched_off_is_no_theme():
    red = Clause("color", values=("rot",))
    for effect in ("exclude", "off", "silence"):
        stated = (Stated("color", "rot", "rot", effect, ((1.0, red),)),)
        assert ("color", "rot") not in found(["blau"] * 5 + ["rot"] + ["grün"] * 4, stated)
