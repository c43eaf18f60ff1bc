"""`tresen-eval run` and `calibrate`: the document says what was measured, how, and what was left out."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.commands.calibrate import _advise
from eval.configurations import choose
from eval.documents import Calibrate, Difference, Interval, Made, Run, read_document
from eval.judged.runs import read_run
from eval.measures import NAMES, PAIRS
from search.index.build import build_snapshot
from search.settings import Settings
from search.types import Product
from tests.conftest import ROOT, data_file

COLUMNS = {**os.environ, "COLUMNS": "200"}
EVENT = '{"event_id": "%d", "type": "purchase", "product_id": "schuh-rot", "shopper": "anna", "time": "2026-01-01T00:00:00Z"}\n'  # noqa: E501


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    home = tmp_path_factory.mktemp("shelf")
    titles = {"schuh-rot": "Roter Schuh", "schuh-blau": "Blauer Schuh", "hose": "Hose aus Leinen"}
    build_snapshot([Product(id=id, title={"de": title}) for id, title in titles.items()], home, Settings(), None)
    return home


@pytest.fixture
def judged(tmp_path):
    (tmp_path / "queries.tsv").write_text("q3\tEinhorn\nq1\tblauer schuh\nq2\those\n")
    (tmp_path / "qrels.txt").write_text("q1 0 schuh-blau 3\nq1 0 weg 1\nq2 0 hose 1\nq3 0 hose 0\n")
    return ["--queries", str(tmp_path / "queries.tsv"), "--qrels", str(tmp_path / "qrels.txt")]


@pytest.fixture
def experiment(shelf, judged, tmp_path):
    def write(text):
        path = tmp_path / "experiment.toml"
        path.write_text(f'index = "{shelf}"\nqueries = "queries.tsv"\nqrels = "qrels.txt"\n{text}')
        return path

    return write


def invoke(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)], env=COLUMNS)


def run(*arguments):
    return invoke("run", *arguments)


def document(*arguments):
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_document_says_what_was_measured(shelf, judged):
    found = document(shelf, *judged, "--seed", "3")
    assert (found["kind"], found["gain"], found["served"]) == ("run", "2^g − 1, unjudged 0", "anonymous")
    assert (found["without_relevant"], found["judged_but_not_indexed"]) == (1, 1)
    assert (found["made"]["index"]["products"], found["made"]["index"]["model"]) == (3, None)
    assert found["made"]["seed"] == 3
    [one] = found["configurations"]
    assert list(one["stages"]) == ["lexical", "fused", "anonymous"]
    assert [name for name in NAMES if name not in one["stages"]["anonymous"]] in ([], [PAIRS])
    assert one["stages"]["anonymous"]["MRR@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    recall = one["stages"]["anonymous"]["Recall@100"]
    assert recall["mean"] == 0.75
    assert recall["low"] == 0.5 < recall["high"] == 1.0
    assert {"understand", "retrieve", "total"} <= one["times_ms"].keys()


def test_judgements_without_a_query_are_counted(shelf, judged, tmp_path):
    with (tmp_path / "qrels.txt").open("a") as file:
        file.write("q9 0 hose 2\nq1@anna 0 hose 2\n")  # q1@anna is q1, asked by anna
    assert document(shelf, *judged)["judged_without_text"] == 1
    assert "1 judged queries have no text" in run(shelf, *judged).output


def test_each_query_comes_with_its_values_and_its_list(shelf, judged):
    [first, second] = document(shelf, *judged)["configurations"][0]["queries"]
    assert (first["id"], first["text"], second["id"]) == ("q1", "blauer schuh", "q2")
    assert first["values"]["anonymous"]["Recall@100"] == 0.5
    assert [(one["id"], one["title"], one["rank"], one["gain"]) for one in first["top"]] == [
        ("schuh-blau", "Blauer Schuh", 1, 3),
        ("schuh-rot", "Roter Schuh", 2, None),
    ]
    assert "2 words" in first["slices"]


def test_people_get_a_table(shelf, judged, tmp_path):
    told = run(shelf, *judged, "--out", tmp_path / "run.json").stdout
    assert "2 queries, gain 2^g − 1, unjudged 0" in told
    assert "anonymous" in told
    assert "p50/p95 ms: understand" in told
    assert "Left out: 1 queries without any relevant product." in told
    assert "1 judged products are not in this index." in told
    assert isinstance(read_document(tmp_path / "run.json"), Run)


def test_what_cannot_be_written_is_shown_nevertheless(shelf, judged, tmp_path):
    done = run(shelf, *judged, "--out", tmp_path)
    assert "cannot be written" in done.exception.message
    assert "anonymous" in done.stdout


@pytest.mark.parametrize("width", ["80", "200"])
def test_no_figure_of_a_run_is_cut(shelf, judged, width):
    told = CliRunner().invoke(app, ["run", str(shelf), *judged], env={**COLUMNS, "COLUMNS": width}).stdout
    assert "anonymous" in told
    assert "…" not in told


def test_a_seed_below_0_and_a_file_as_index_are_refused(shelf, judged, tmp_path):
    assert run(shelf, *judged, "--seed", "-1").exit_code == 2
    assert "holds no index" in run(tmp_path / "qrels.txt", *judged).exception.message


def test_the_run_is_written(shelf, judged, experiment, tmp_path):
    run(shelf, *judged, "--run-out", tmp_path / "served.run")
    assert read_run(tmp_path / "served.run") == {"q1": ["schuh-blau", "schuh-rot"], "q2": ["hose"]}
    two = experiment('[grid]\n"fusion.floor" = [0.2, 0.3]\n')
    assert "writes one run; this experiment has 2" in run(two, "--run-out", tmp_path / "x").exception.message


def test_an_experiment_is_every_configuration_on_the_same_queries(experiment, tmp_path):
    (tmp_path / "queries.tsv").write_text("q1\tblaue schuhe\nq2\those\n")
    found = document(experiment('[grid]\n"fusion.floor" = [0.0, 1.0]\n[slices]\nshoes = {regex = "schuh"}\n'))
    low, high = found["configurations"]
    assert (low["name"], high["settings"]) == ("floor 0.0", {"fusion.floor": 1.0})
    assert [one["id"] for one in low["queries"]] == [one["id"] for one in high["queries"]] == ["q1", "q2"]
    assert [len(one["queries"][0]["top"]) for one in (low, high)] == [2, 1]
    assert "shoes" in low["queries"][0]["slices"]
    assert "shoes" not in low["queries"][1]["slices"]
    assert "experiment.toml" in found["made"]["files"]["experiment"]


def test_each_shopper_asks_and_has_judgements_of_their_own(experiment, tmp_path):
    (tmp_path / "events.jsonl").write_text("".join(EVENT % at for at in range(5)))
    with (tmp_path / "qrels.txt").open("a") as file:
        file.write("q1@anna 0 schuh-rot 2\n")
    found = document(experiment('[shoppers]\nevents = "events.jsonl"\n'))
    assert found["served"] == "personal"
    own, shared = found["configurations"][0]["queries"]
    assert (own["id"], own["shopper"], shared["id"]) == ("q1@anna", "anna", "q2@anna")
    assert {one["id"]: one["gain"] for one in own["top"]} == {"schuh-rot": 2, "schuh-blau": None}
    assert shared["top"][0]["gain"] == 1
    assert found["without_relevant"] == 1


def test_what_an_experiment_says_is_not_said_again(experiment, judged):
    path = experiment("")
    assert "the experiment's file says that" in run(path, *judged).exception.message
    assert len(document(path, "--limit", "1")["configurations"][0]["queries"]) == 1


def test_a_pool_is_for_queries_with_differing_judgements(shelf, judged):
    assert "at least five judged products of differing gain" in run(shelf, *judged, "--pool").exception.message


def test_a_limit_takes_the_first_queries_by_id():
    queries = {"q3": "c", "q1": "a", "q2": "b"}
    assert choose(queries, {id: {"x": 1} for id in queries}, 2) == {"q1": "a", "q2": "b"}


def test_a_broken_line_is_one_sentence_and_exit_code_1(shelf, judged, tmp_path):
    (tmp_path / "qrels.txt").write_text("q1 0 schuh-blau\n")
    done = subprocess.run(
        [sys.executable, "-m", "eval.cli", "run", str(shelf), *judged],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=COLUMNS,
    )
    assert done.returncode == 1
    assert "Error A judgement is written 'query 0 product gain'; this line has 3 parts." in done.stderr
    assert "qrels.txt:1" in done.stderr.replace("\n", "")


def test_files_that_do_not_belong_together_are_told(shelf, judged, tmp_path):
    (tmp_path / "qrels.txt").write_text("other 0 hose 1\n")
    assert "has a relevant product" in run(shelf, *judged).exception.message
    assert "Which judgements?" in run(shelf).exception.message


def test_calibrate_tells_what_to_write_into_a_settings_file(shelf, tmp_path):
    texts = ["schuh", "roter schuh", "blauer schuh", "hose", "leinen", "hose leinen", "rot", "blau"]
    (tmp_path / "queries.tsv").write_text("".join(f"q{at}\t{text}\n" for at, text in enumerate(texts)))
    (tmp_path / "qrels.txt").write_text("".join(f"q{at} 0 schuh-rot 2\nq{at} 0 hose 1\n" for at in range(8)))
    files = ["--queries", tmp_path / "queries.tsv", "--qrels", tmp_path / "qrels.txt"]
    done = invoke("calibrate", shelf, *files, "--out", tmp_path / "c.json")
    assert done.exit_code == 0, done.output
    assert "tried on 3 queries" in done.stdout
    found = read_document(tmp_path / "c.json")
    assert isinstance(found, Calibrate)
    assert found.fitted_on + found.reported_on == 8
    assert found.report[0].metric == "nDCG@10"
    assert found.report[0].n == found.reported_on
    for name, value in found.chosen.items():
        assert f"{name} = {value}" in done.stdout
    assert "No metric 'nDCG'" in invoke("calibrate", shelf, *files, "--metric", "nDCG").exception.message


def test_calibrate_fits_the_weights_of_fields_too(shelf, tmp_path):
    texts = ["schuh", "roter schuh", "blauer schuh", "hose", "leinen", "hose leinen", "rot", "blau"]
    (tmp_path / "queries.tsv").write_text("".join(f"q{at}\t{text}\n" for at, text in enumerate(texts)))
    (tmp_path / "qrels.txt").write_text("".join(f"q{at} 0 schuh-rot 2\nq{at} 0 hose 1\n" for at in range(8)))
    files = ["--queries", tmp_path / "queries.tsv", "--qrels", tmp_path / "qrels.txt"]
    done = invoke("calibrate", shelf, *files, "--fields", "--out", tmp_path / "f.json")
    assert done.exit_code == 0, done.output
    found = read_document(tmp_path / "f.json")
    assert isinstance(found, Calibrate)
    assert all(name.startswith("lexical.") for name in found.chosen)
    assert "index the feed again" in done.stdout or "Change nothing" in done.stdout


@pytest.mark.parametrize(("fitted", "warned"), [(-2.0, True), (-1.0, True), (-0.5, False)])
def test_a_temperature_that_explains_nothing_better_is_not_advised(capsys, fitted, warned):
    likelihood = {"default": -1.0, "fitted": fitted, "uniform": -3.0}
    _advise(
        Calibrate(
            made=Made(command=[], version="", time="", seconds=0.0),
            metric="nDCG@10",
            fitted_on=4,
            reported_on=4,
            chosen={"personal.temperature": 0.3},
            tried=[],
            report=[
                Difference(
                    metric="nDCG@10",
                    n=4,
                    a=0.5,
                    b=0.6,
                    difference=Interval(0.1, 0.05, 0.2),
                    p=0.01,
                    wins=4,
                    losses=0,
                    ties=0,
                )
            ],
            temperature=0.3,
            log_likelihood=likelihood,
        )
    )
    assert ("with the fitted temperature" in " ".join(capsys.readouterr().out.split())) == warned


@pytest.mark.data
@pytest.mark.model
def test_electronics_in_english_reach_their_aim(tmp_path):
    """M: nDCG@10 of what a stranger gets is at least 0.80 (0.83 measured; 65 queries, three raters)."""
    feed = data_file("electronics-en/products.jsonl.gz")
    home = tmp_path / "electronics"
    subprocess.run(
        [sys.executable, "-m", "search", "index", str(feed), "--out", str(home), "--lang", "en"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=600,
    )
    queries, qrels = data_file("electronics-en/queries.tsv"), data_file("electronics-en/qrels.txt")
    found = document(home, "--queries", queries, "--qrels", qrels)
    assert len(found["configurations"][0]["queries"]) == 65
    assert found["judged_but_not_indexed"] == 0
    assert found["configurations"][0]["stages"]["anonymous"]["nDCG@10"]["mean"] >= 0.80
