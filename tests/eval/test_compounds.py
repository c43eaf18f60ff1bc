"""The measure of splits tells right, nested, wrong and none apart, and reads its file by halves."""

import json

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.compounds import Compound, measure, outcome, read_compounds, read_vocabulary
from search.errors import BadInput
from search.words.compounds import Splitter

WORDS = ["pflanze", "schutz", "mittel", "schutzmittel", "damen", "schuh", "bezirk", "steil"]
SPLITTER = Splitter(dict.fromkeys(WORDS, 3))


@pytest.mark.parametrize(
    ("word", "parts", "expected"),
    [
        ("damenschuhe", (("dame", "damen"), ("schuh",)), "right"),
        ("pflanzenschutzmittel", (("pflanzenschutz",), ("mittel",)), "nested"),
        ("bezirksteil", (("bezirk",), ("teil",)), "wrong"),
        ("fernseher", (("fern",), ("seher",)), "none"),
    ],
)
def test_every_outcome_has_its_name(word, parts, expected):
    assert outcome(SPLITTER, Compound(word, parts)) == expected


def test_the_known_are_apart_from_the_rest():
    given = [Compound("damenschuhe", (("damen",), ("schuh",))), Compound("bezirksteil", (("bezirk",), ("teil",)))]
    shares = measure(SPLITTER, dict.fromkeys(WORDS, 3), given)
    assert shares["known"] == {"right": 1, "nested": 0, "wrong": 0, "none": 0, "compounds": 1}
    assert shares["rest"]["wrong"] == 1


def test_the_halves_are_the_whole_and_three_parts_are_left_out(tmp_path):
    file = tmp_path / "compounds.tsv"
    lines = [f"Damen Schuh\tDamenschuh{number}" for number in range(20)] + ["drei Gang Getriebe\tDreiganggetriebe"]
    file.write_text("\n".join(lines))
    halves = [read_compounds(file, half) for half in ("tuning", "report")]
    assert all(halves)
    assert sorted(item.word for half in halves for item in half) == sorted(i.word for i in read_compounds(file))
    assert len(read_compounds(file)) == 20


def test_what_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "compounds.tsv"
    file.write_text("Damen Schuh\tDamenschuh\nDamen")
    with pytest.raises(BadInput, match=":2 has no tab"):
        read_compounds(file)
    with pytest.raises(BadInput, match="half"):
        read_compounds(file, "third")


def test_word_lists_add_to_the_catalogue(tmp_path):
    words = tmp_path / "words"
    words.write_text("Schuh\nd'accord\nÖl\n")
    assert read_vocabulary([words], {"schuh": 4}) == {"schuh": 5, "öl": 1}


def test_the_command_splits_by_an_index_and_word_lists(tmp_path, shop):
    file, words = tmp_path / "compounds.tsv", tmp_path / "words"
    file.write_text("Winter Jacke\tWinterjacke\nLaptop Tasche\tLaptoptasche\n")
    words.write_text("Winter\nJacke\nTasche\n")
    told = CliRunner().invoke(app, ["compounds", str(file), "--index", str(shop), "--words", str(words), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["known"]["right"] == 1
    assert CliRunner().invoke(app, ["compounds", str(file)]).exit_code == 1
    shown = CliRunner().invoke(app, ["compounds", str(file), "--words", str(words)])
    assert "right" in shown.output
