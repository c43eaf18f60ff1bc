"""What becomes of misspelt queries is measured right, and queries are misspelt as told.

1. Every error has one class; the halves keep a right word together.
2. A list's words are known, each as one product's; an index's frequencies stay.
3. Shares count reachable pairs only; right queries and model numbers that change are counted.
4. The generator makes one error, the same for the same seed, and leaves numbers alone.
5. Fitting finds settings that are likelier than those it began with.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.cli import app
from eval.misspell import ERRORS, misspell
from eval.spelling import Pair, error_class, half_of, model_numbers, osa_distance, read_clean, read_pairs
from eval.spelling_fit import cases, climb, likelihood
from search.errors import BadInput
from search.settings import Spelling

PAIRS = "shrit\tshirt\nlaptpo\tlaptop\nLaufschue\tLaufschuhe\nqwertz\tunbekanntes\n"


@pytest.fixture
def pairs(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text(PAIRS)
    return file


@pytest.mark.parametrize(
    ("wrong", "right", "name"),
    [
        ("shrit", "shirt", "transposition"),
        ("shrt", "shirt", "omission"),
        ("shigrt", "shirt", "insertion"),
        ("shirtt", "shirt", "doubling"),
        ("mapes", "mappes", "doubling"),
        ("shirr", "shirt", "neighbour key"),
        ("shirm", "shirt", "other key"),
        ("guertel", "Gürtel", "umlaut"),
        ("laufschuhe", "lauf schuhe", "blank"),
        ("sirht", "shirt", "two edits"),
        ("abc", "shirt", "more"),
        ("STRASSE", "Straße", "none"),
    ],
)
def test_every_error_has_one_class(wrong, right, name):
    assert error_class(wrong, right, "de") == name


@given(st.text("abc ", max_size=7), st.text("abc ", max_size=7))
def test_the_edits_of_a_pair_are_the_same_both_ways(one, other):
    assert osa_distance(one, other) == osa_distance(other, one)
    assert (osa_distance(one, other) == 0) == (one == other)


def test_a_file_that_cannot_be_read_is_told_with_its_line(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text("shrit\tshirt\nalone\n")
    with pytest.raises(BadInput) as told:
        read_pairs(file)
    assert told.value.place.endswith(":2")


def test_the_command_counts_pairs_clean_queries_and_model_numbers(pairs, shop):
    ran = CliRunner().invoke(app, ["spelling", str(pairs), "--index", str(shop), "--json"])
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    everything = next(row for row in document["classes"] if row["name"] == "all")
    assert (everything["pairs"], everything["reachable"]) == (4, 3)
    assert everything["proposed"] == 1.0
    assert document["unreachable"] == 1
    clean = {row["name"]: (row["queries"], row["changed"]) for row in document["clean"]}
    assert clean["right sides"] == (4, 0)
    assert clean["model numbers"][0] > 1
    assert clean["model numbers"][1] == 0


def test_words_of_a_list_are_known_too(pairs, shop, tmp_path):
    listed = tmp_path / "words"
    listed.write_text("Unbekanntes\nWörter\n")
    arguments = ["spelling", str(pairs), "--index", str(shop), "--list", str(listed), "--json"]
    document = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert document["unreachable"] == 0


def test_a_correction_of_a_right_query_is_counted(pipeline):
    found = read_clean(["shirt", "shrit"], pipeline.understanding, "de")
    assert (found.queries, found.changed, found.asked) == (2, (), 1)
    assert "FD2722-001" in model_numbers(pipeline)


def test_fitting_reads_only_doubtful_words_and_climbs(pipeline):
    pairs = [Pair("shrit", "shirt"), Pair("laptpo", "laptop"), Pair("shirt", "shirt")]
    file = list(cases(pairs, pipeline.understanding, "de", held_out=False))
    assert [case.readings[0].text for case in file] == ["shrit", "laptpo"]
    assert all(case.misspelt and case.right != case.readings[0].terms for case in file)
    found, value = climb([file], Spelling())
    assert value > likelihood([file], Spelling())
    assert value == pytest.approx(likelihood([file], found))


def test_the_halves_keep_a_right_word_together():
    assert {half_of(Pair(wrong, "shirt")) for wrong in ("shrit", "shitr", "shir")} == {half_of(Pair("x", "SHIRT"))}
    assert {half_of(Pair("x", str(n))) for n in range(20)} == {"fit", "report"}


@given(st.text("abcdeßüss 12", max_size=25), st.integers(0, 50))
def test_a_misspelt_query_has_one_error_and_the_same_one_every_time(text, seed):
    wrong, name = misspell(text, "de", seed)
    assert (wrong, name) == misspell(text, "de", seed)
    assert (name == "none") == (wrong == text)
    numbers = [word for word in text.split() if not word.isalpha()]
    assert [word for word in wrong.split() if any(c.isdigit() for c in word)] == numbers


def test_all_kinds_of_errors_occur():
    texts = [f"rote Süßigkeiten Straßenschuhe wasser {word}" for word in ("fest", "locker", "neu", "grün", "breit")]
    names = {misspell(text, "de", seed)[1] for text in texts for seed in range(20)}
    assert names == {*ERRORS, "join"}


def test_the_misspelt_copy_keeps_ids_and_counts(tmp_path):
    queries, target = tmp_path / "queries.tsv", tmp_path / "misspelt.tsv"
    queries.write_text("a\trote Schuhe\t7\nb\tdv7\t2\n")
    ran = CliRunner().invoke(app, ["misspell", str(queries), "--out", str(target), "--seed", "3"])
    assert ran.exit_code == 0, ran.output
    first, second = (line.split("\t") for line in target.read_text().splitlines())
    assert (first[0], first[2], second) == ("a", "7", ["b", "dv7", "2"])
    assert first[1] != "rote Schuhe"
