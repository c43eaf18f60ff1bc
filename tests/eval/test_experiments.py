"""An experiment's file gives named settings, or says which key of which file does not fit."""

import re

import pytest

from eval.experiments import read_experiment
from search.errors import BadInput
from search.settings import Settings

HEAD = 'index = "shop"\nqueries = "queries.tsv"\nqrels = "qrels.txt"\n'


@pytest.fixture
def read(tmp_path):
    def read_text(text, head=HEAD, **options):
        path = tmp_path / "experiment.toml"
        path.write_text(head + text)
        return read_experiment(path, **options)

    return read_text


def names(experiment):
    return [way.name for way in experiment.configurations()]


def test_paths_are_relative_to_the_file(read, tmp_path):
    found = read('[shoppers]\nevents = "log/events.jsonl"\n')
    assert (found.index, found.qrels) == (tmp_path / "shop", tmp_path / "qrels.txt")
    assert found.events == tmp_path / "log/events.jsonl"
    assert (found.seed, found.pool, found.limit) == (7, False, None)


def test_without_configurations_there_is_one_with_the_settings_of_all(read):
    [way] = read("[settings]\nfusion.floor = 0.1\n").configurations()
    assert way.settings == Settings().but(fusion={"floor": 0.1})


def test_a_grid_is_every_combination(read):
    text = '[settings]\nspelling.enabled = false\n[grid]\n"fusion.floor" = [0.2, 0.3]\npersonal.close = [0.5, 0.6]\n'
    ways = read(text).configurations()
    assert len(ways) == 4
    assert ways[0].name == "floor 0.2, close 0.5"
    assert ways[3].varied == {"fusion.floor": 0.3, "personal.close": 0.6}
    assert ways[3].settings.fusion.floor == 0.3
    assert not any(way.settings.spelling.enabled for way in ways)


def test_a_grid_reaches_the_fusion_of_the_legs(read):
    ways = read('[grid]\n"fusion.lexical_weight" = [0.5, 1]\n"fusion.dense_trust" = [0.0, 2]\n').configurations()
    assert {(w.settings.fusion.lexical_weight, w.settings.fusion.dense_trust) for w in ways} == {
        (0.5, 0.0),
        (0.5, 2.0),
        (1.0, 0.0),
        (1.0, 2.0),
    }


def test_a_list_of_configurations_varies_the_settings_of_all(read):
    found = read(
        '[settings]\nfusion.floor = 0.1\n[[configurations]]\nname = "a"\n'
        '[[configurations]]\nname = "b"\nsettings = {"spelling.enabled" = false}\nlexical_only = true\n'
    )
    a, b = found.configurations()
    assert names(found) == ["a", "b"]
    assert (a.settings.fusion.floor, a.settings.spelling.enabled, a.lexical_only) == (0.1, True, False)
    assert (b.settings.fusion.floor, b.settings.spelling.enabled, b.lexical_only) == (0.1, False, True)


def test_the_command_line_can_ask_fewer_queries_with_another_seed(read):
    found = read("limit = 100\nseed = 3\n", limit=5, seed=11)
    assert (found.limit, found.seed) == (5, 11)


def test_own_slices_are_ids_or_a_pattern(read, tmp_path):
    slices = read('[slices]\nshoes = {regex = "schuh|shoe"}\nseason = {queries = "season.txt"}\n').slices
    assert slices["shoes"].regex == "schuh|shoe"
    assert slices["season"].path == tmp_path / "season.txt"


def test_now_is_a_time_with_a_zone(read):
    assert read('[shoppers]\nnow = "1970-01-02T00:00:00Z"\n').now == 86_400.0
    assert read("[shoppers]\n").now is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fitler = 'x'\n", "No key 'fitler' in an experiment. Known keys: index, queries, qrels"),
        ("[shoppers]\nwho = 'x'\n", "No key 'shoppers.who' in an experiment. Known keys: events, ids"),
        ("[[configurations]]\n", "configurations[0]: Object missing required field `name`"),
        ("limit = 0\n", "limit: Expected `int` >= 1"),
        ("[settings]\nfusion.flor = 0.1\n", "settings: no setting 'fusion.flor'"),
        ("[settings]\nfusion.floor = 7\n", "settings: Expected `float` <= 1.0 - at `$.fusion.floor`"),
        ("[grid]\nfusion.floor = 0.1\n", "grid: fusion.floor needs a list of values"),
        ("[grid]\nfusion.flor = [0.1]\n", "grid: no setting 'fusion.flor'"),
        ("[grid]\nlexical.k1 = [1.2]\n", "grid: lexical.k1 is no setting of a search. An index is built with it"),
        ("[grid]\nfusion.floor = [1]\n[[configurations]]\nname = 'a'\n", "Give either [grid] or [[configurations]]"),
        ("[[configurations]]\nname = 'a'\n[[configurations]]\nname = 'a'\n", "a second configuration of that name"),
        ("[slices]\nx = {}\n", "slices.x: give either queries (a file of ids) or regex"),
        ("[slices]\nx = {regex = '('}\n", "slices.x: '(' is no regular expression"),
        ('[slices]\nx = ["q1"]\n', 'slices.x: Expected `object`, got `array`. Write x = {queries = "FILE"}'),
        ("seed = -1\n", "seed: Expected `int` >= 0"),
        ("[shoppers]\nnow = 'yesterday'\n", "'yesterday' is no time. Write it with a zone"),
        ("[shoppers]\nstrength = 101\n", "shoppers.strength: Expected `int` <= 100"),
        ("[grid\n", "The experiment is no TOML"),
    ],
)
def test_what_does_not_fit_is_told_with_file_and_key(read, text, told):
    with pytest.raises(BadInput, match=re.escape(told)) as error:
        read(text)
    assert "experiment.toml" in error.value.place


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_experiment(tmp_path / "nothing.toml")
