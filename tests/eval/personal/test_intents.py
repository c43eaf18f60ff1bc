"""What a query states is not overruled, and where it is, that is counted; what was put aside stays unseen."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import search.personal.stage
import search.rerank.personal
from eval.cli import app
from eval.documents import Intents, read_document
from eval.personal.facts import Condition, Conditions, Range, conditions, facts_of, meets, read_facts
from eval.personal.histories import DAY_SECONDS, DAYS, history
from eval.personal.intent_files import read_intents
from eval.personal.intents import Asker, by_pattern, count, day_of, overtaken, spoken, violations
from search.errors import BadInput
from search.index.build import build_snapshot
from search.settings import Settings
from tests.stand_ins import Clock, shop_products

WOMENS = """
[profiles.womens]
story = "Looks at women's things."
events = [
  {type = "view", times = 20, where = {gender = ["damen"]}},
  {type = "purchase", times = 6, where = {gender = ["damen"]}},
]
"""
MENS_SHORTS = """
[[patterns]]
id = "men"
states = "the gender"
profile = "womens"
kind = {product_type = ["Shorts"]}
expect = {gender = ["herren"]}
queries = [{q = "shorts herren"}]
"""


@pytest.fixture
def asked(pipeline, tmp_path):
    """Asks a set that is written here: asked(pattern, bound=…) -> outcomes. Only gender speaks, and loudly."""

    def ask(patterns, profiles=WOMENS, **personal):
        path = tmp_path / "set.toml"
        path.write_text(profiles + patterns, encoding="utf-8")
        only_gender = dict.fromkeys(("brand", "price_band", "category", "color"), 0.0)
        pipeline.settings = (
            Settings()
            .but(personal={**only_gender, "gender": 5.0, "bound": 5.0, **personal})
            .but(understanding={"boost": 0.0})
        )
        return Asker(pipeline, seed=1).ask_all(read_intents(path))

    return ask


def let_tastes_overrule(monkeypatch):
    """Neither is the stated taste quiet, nor does anything yield to what the query states."""
    monkeypatch.setattr(search.personal.stage, "blocked_attributes", lambda stated, off, tastes: {})
    monkeypatch.setattr(search.rerank.personal, "yielding", lambda personal, fits: personal)


# --- what a violation is ---


def test_a_ranker_that_overrules_what_the_query_states_is_caught(asked, monkeypatch):
    let_tastes_overrule(monkeypatch)
    (outcome,) = asked(MENS_SHORTS)
    assert "(gender damen) passed '" in outcome.violated
    assert outcome.unfit[1] >= outcome.unfit[0]
    (told,) = violations([outcome])
    assert (told.pattern, told.q, told.lang, told.profile) == ("men", "shorts herren", "de", "womens")


def test_the_ranker_that_serves_lets_the_query_decide(asked):
    (outcome,) = asked(MENS_SHORTS)
    assert outcome.violated is None
    assert outcome.unfit[0] == outcome.unfit[1]


def test_without_a_kind_every_product_must_fit(asked, monkeypatch):
    let_tastes_overrule(monkeypatch)
    (outcome,) = asked(MENS_SHORTS.replace('kind = {product_type = ["Shorts"]}\n', ""))
    assert outcome.violated


def test_products_of_another_kind_contradict_nothing(asked, monkeypatch):
    let_tastes_overrule(monkeypatch)
    (outcome,) = asked(
        MENS_SHORTS.replace('["Shorts"]', '["Laptops"]').replace('gender = ["herren"]', 'brand = ["HP"]')
    )
    assert (outcome.violated, outcome.unfit) == (None, (0.0, 0.0))


def test_a_query_that_must_not_move_is_violated_by_another_order(asked):
    unmoved = MENS_SHORTS.replace('expect = {gender = ["herren"]}', "unmoved = true")
    assert asked(unmoved)[0].violated is None  # gender is stated, nothing else speaks
    (outcome,) = asked(unmoved.replace("shorts herren", "shorts"))
    assert outcome.violated.startswith("place ")
    assert " instead of " in outcome.violated
    assert outcome.unfit is None


def test_a_taste_that_must_be_silent_is_heard(asked):
    silent = MENS_SHORTS.replace('expect = {gender = ["herren"]}', 'silent = ["gender", "size"]')
    assert asked(silent)[0].violated is None
    (outcome,) = asked(silent.replace("shorts herren", "shorts"))
    assert outcome.violated.startswith("gender ")
    assert "must be silent" in outcome.violated
    (outcome,) = asked(silent.replace("shorts herren", "shorts").replace('"gender", "size"', '"brand", "size"'))
    assert outcome.violated is None


class Masks:
    """Stands for a question: rows that fit, rows that contradict."""

    def __init__(self, fits, contradicts, size=20):
        self.fits = [row in fits for row in range(size)]
        self.contradicts = [row in contradicts for row in range(size)]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([1, 2, 3], [1, 2, 3], None),
        ([1, 2, 3], [2, 1, 3], (2, 1)),
        ([2, 1, 3], [2, 1, 3], None),  # the anonymous order was wrong before
        ([1, 2, 3], [3, 1, 2], None),  # 3 is of another kind
        ([1, 3, 2], [3, 2], (2, 1)),  # 1 was pushed out of what is shown
    ],
)
def test_one_passes_another_only_if_the_anonymous_order_had_it_right(before, after, found):
    assert overtaken(Masks(fits={1}, contradicts={2}), before, after) == found


def test_nothing_to_hear_without_silence():
    assert spoken([], ["gender"]) is None


def test_counts_are_of_violated_queries_and_of_those_that_expect_something(asked):
    outcomes = asked(MENS_SHORTS + MENS_SHORTS.replace('"men"', '"still"').replace("expect", "unmoved = true #"))
    one, other = by_pattern(outcomes)
    assert (one.name, one.queries, one.violations) == ("men", 1, 0)
    assert (other.name, other.unfit_anonymous) == ("still", 0.0)
    assert count("all", outcomes).unfit_anonymous == one.unfit_anonymous > 0


# --- facts and histories ---


def test_facts_are_what_the_shop_said_at_todays_price(pipeline):
    facts = read_facts(pipeline)
    sale = facts[pipeline.snapshot.documents.row_of("shorts-women-sale")]
    assert sale["price"] == {30.0}
    assert sale["category"] == {"Damen", "Damen > Shorts"}
    assert sale["size"] == {"S", "M", "L"}
    assert sale["attributes.gender"] == {"damen"}


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Conditions(category=["Damen"]), True),
        (Conditions(category=["Dam"]), False),  # a path begins with whole names
        (Conditions(price_min=30, price_max=30), True),
        (Conditions(price_max=29.9), False),
        (Conditions(size=["M", "46"]), True),
        (Conditions(color=["beige"], gender=["herren"]), False),
        (Conditions(season=["sommer"]), False),  # nothing is said about it
        (Conditions(attributes={"power_w": Range(min=1)}), False),
        (Conditions(), True),
    ],
)
def test_all_conditions_must_hold(wanted, fits):
    product = next(product for product in shop_products() if product.id == "shorts-women-sale")
    assert meets([facts_of(product, 30.0)], conditions(wanted)).tolist() == [fits]


def test_numbers_of_attributes_are_compared_as_numbers():
    laptop = next(product for product in shop_products() if product.id == "laptop-office")
    facts = [facts_of(laptop, float("nan"))]
    assert meets(facts, conditions(Conditions(attributes={"power_w": [45, "x"]}))).all()
    assert meets(facts, conditions(Conditions(attributes={"power_w": Range(max=45)}))).all()
    assert not meets(facts, conditions(Conditions(price_max=1e9))).any()


def test_what_a_product_says_instead_is_told():
    product = next(product for product in shop_products() if product.id == "shorts-women-sale")
    facts = facts_of(product, 30.0)
    assert Condition("attributes.gender").told(facts) == "gender damen"
    assert Condition("price").told(facts) == "price 30"
    assert Condition("category").told(facts) == "category Damen > Shorts"
    assert Condition("attributes.season").told(facts) == "no season"


@pytest.fixture
def womens(pipeline, tmp_path):
    (tmp_path / "set.toml").write_text(WOMENS + MENS_SHORTS)
    profile = read_intents(tmp_path / "set.toml").profiles["womens"]
    facts = read_facts(pipeline)
    return lambda seed: history("womens", profile, facts, pipeline.snapshot.documents.product, pipeline.now(), seed)


def test_a_history_is_the_same_for_the_same_seed(womens):
    assert womens(1) == womens(1)
    assert womens(1) != womens(2)


def test_a_history_holds_what_was_asked_for_and_ends_in_a_visit(womens, pipeline):
    events, now = womens(1), pipeline.now()
    assert [event.type for event in events].count("purchase") == 6
    assert len(events) == 26  # more views than there are women's products: they come again
    facts = read_facts(pipeline)
    rows = [pipeline.snapshot.documents.row_of(event.product_id) for event in events]
    assert all(facts[row]["attributes.gender"] == {"damen"} for row in rows)
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert all(now - DAYS * DAY_SECONDS <= event.time < now for event in events)
    assert [bool(event.session) for event in events] == [False] * 23 + [True] * 3
    assert {event.type for event in events[-3:]} == {"view"}


def test_the_size_that_was_bought_is_the_variants(pipeline, tmp_path):
    text = WOMENS.replace('gender = ["damen"]', 'product_type = ["Schuhe"], size = ["42"]') + MENS_SHORTS
    (tmp_path / "set.toml").write_text(text)
    profile = read_intents(tmp_path / "set.toml").profiles["womens"]
    product = pipeline.snapshot.documents.product
    events = history("womens", profile, read_facts(pipeline), product, pipeline.now(), 1)
    assert {event.product_id.rpartition("/")[2] for event in events} == {"42"}


# --- bad files ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[profiles", "is no TOML"),
        ("", r"has \[profiles.NAME\] and \[\[patterns\]\]"),
        (WOMENS, "nothing else"),
        ("extra = 1\n" + WOMENS + MENS_SHORTS, "It has 'extra' as well"),
        ("profiles = 3\n" + MENS_SHORTS, r"\[profiles.NAME\]"),
        (WOMENS.replace("times = 6", "times = 0") + MENS_SHORTS, r"Profile 'womens', event 2: .* \(times\)"),
        (WOMENS.replace('"view"', '"stare"') + MENS_SHORTS, "Profile 'womens', event 1: Invalid enum value 'stare'"),
        (WOMENS.replace("gender", "gendre") + MENS_SHORTS, "Profile 'womens', event 1: .*unknown field `gendre`"),
        (WOMENS + MENS_SHORTS + MENS_SHORTS, "Pattern 2 has the id of one before it"),
        (
            WOMENS + MENS_SHORTS.replace('{q = "shorts herren"}', "{q = 3}"),
            r"Pattern 1, query 1: Expected `str`.*\(q\)",
        ),
        (WOMENS + MENS_SHORTS.replace("states", "state"), "Pattern 1: "),
        (WOMENS + MENS_SHORTS.replace('"womens"', '"mens"'), "pattern 1, query 1 asks as"),
        (WOMENS + MENS_SHORTS.replace("expect", "kind"), "is no TOML"),
        (WOMENS + MENS_SHORTS.replace('expect = {gender = ["herren"]}', ""), "Say what pattern 1, query 1 expects"),
        (WOMENS + MENS_SHORTS.replace("expect = {", 'silent = ["genre"]\nexpect = {'), "Invalid enum value 'genre'"),
    ],
)
def test_a_bad_file_is_told_by_pattern_and_query(text, message, tmp_path):
    path = tmp_path / "set.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=message) as error:
        read_intents(path)
    assert error.value.place == str(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_intents(tmp_path / "none.toml")


def test_keys_of_a_query_replace_those_of_its_pattern(tmp_path):
    own = '{q = "men\'s tops", lang = "en", kind = {product_type = ["Shirts"]}, silent = ["brand"]}'
    (tmp_path / "set.toml").write_text(WOMENS + MENS_SHORTS.replace('{q = "shorts herren"}', '{q = "shorts"}, ' + own))
    first, second = read_intents(tmp_path / "set.toml").intents
    assert (first.lang, first.kind.product_type, first.silent) == ("de", ["Shorts"], ())
    assert (second.lang, second.kind.product_type, second.silent) == ("en", ["Shirts"], ("brand",))
    assert second.expect == first.expect


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('gender = ["herren"]', 'gender = ["elfen"]'), "Pattern 1, query 1: no product of the index is as expected"),
        (('gender = ["damen"]', 'brand = ["Elf"]'), "Pattern 1, query 1: No product .* 'womens', event 1 wants it"),
        (("[{q", '[{lang = "fr", q'), "Pattern 1, query 1: This catalogue has no texts in 'fr'"),
    ],
)
def test_a_set_for_another_shop_is_refused(asked, change, message):
    with pytest.raises(BadInput, match=message):
        asked(MENS_SHORTS.replace(*change), WOMENS.replace(*change))


# --- the command ---


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """The hand-written shop without vectors, as a command can open it."""
    home = tmp_path_factory.mktemp("shelf")
    build_snapshot(shop_products(), home, Settings(), None)
    return home


@pytest.fixture
def files(tmp_path):
    aside = MENS_SHORTS.replace('"men"', '"secret-pattern"')
    aside = aside.replace("shorts herren", "zettelkasten shorts").replace("expect", "unmoved = true\nexpect")
    (tmp_path / "known.toml").write_text(WOMENS + MENS_SHORTS)
    (tmp_path / "aside.toml").write_text(WOMENS + aside)
    return ["--set", str(tmp_path / "known.toml"), "--aside", str(tmp_path / "aside.toml")]


def run(*arguments):
    return CliRunner().invoke(app, ["intents", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_document_counts_both_sets_and_names_queries_of_one(shelf, files, tmp_path):
    answered = run(shelf, *files, "--json", "--out", tmp_path / "intents.json")
    assert answered.exit_code == 0, answered.output
    document = read_document(tmp_path / "intents.json")
    assert isinstance(document, Intents)
    assert json.loads(answered.stdout)["kind"] == "intents"
    assert [(one.name, one.queries) for one in document.sets] == [("known", 1), ("aside", 1)]
    assert [one.name for one in document.patterns] == ["men"]
    assert document.made.seed == 1 and document.made.settings == {}


def test_what_was_put_aside_is_nowhere_to_be_read(shelf, files, tmp_path):
    for more in ([], ["--json"]):
        answered = run(shelf, *files, "--out", tmp_path / "intents.json", *more)
        assert answered.exit_code == 0
        everything = answered.output + (tmp_path / "intents.json").read_text()
        assert "zettelkasten" not in everything and "secret-pattern" not in everything
    assert sum(one.violations for one in read_document(tmp_path / "intents.json").sets) > 0  # the one put aside moved


@pytest.mark.parametrize("change", [("[{q", '[{lang = "fr", q'), ('["herren"]', '["elfen"]'), ("[{q", "[{qq = 1, q")])
def test_trouble_with_what_was_put_aside_does_not_tell_it_either(shelf, files, change):
    aside = Path(files[3])
    aside.write_text(aside.read_text().replace(*change))
    answered = run(shelf, *files)
    assert isinstance(answered.exception, BadInput)
    assert "query 1" in answered.exception.message
    assert "zettelkasten" not in answered.output + answered.exception.message


def test_people_get_tables(shelf, files):
    told = run(shelf, *files).stdout
    assert "What a query states against the profile of whoever asks" in told
    assert "known" in told and "aside" in told


def test_a_set_of_ones_own_is_asked_alone(shelf, files):
    assert [one["name"] for one in json.loads(run(shelf, *files[:2], "--json").stdout)["sets"]] == ["known"]


def test_the_demo_shops_sets_are_the_default():
    from eval.personal.intent_files import demo_files

    assert [path.name for path in demo_files().values()] == ["known.toml", "aside.toml"]
    assert all(path.is_file() for path in demo_files().values())


def test_everybody_asks_when_the_index_was_built(snapshot):
    assert day_of(snapshot) > Clock()() - 10 * 365 * DAY_SECONDS


def test_the_demo_shops_queries_can_be_read():
    from eval.personal.intent_files import demo_files

    for path in demo_files().values():
        assert len(read_intents(path).intents) > 200
