"""A run: every engine at every size, those that are absent with their reason, and what a person reads of it."""

import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console
from typer.testing import CliRunner

from eval.bench.peers import measure as measuring
from eval.bench.peers.__main__ import app
from eval.bench.peers.growth import exponent
from eval.bench.peers.measure import measure, timed, together
from eval.bench.peers.picture import picture
from eval.bench.peers.registry import ENTRIES, Entry, named
from eval.bench.peers.runner import in_own_process, run_all
from eval.bench.peers.tables import OURS, ratios, tables
from eval.bench.peers.workload import FOLDER
from tests.eval.peers.conftest import SIZE, TINY

ABSENT = Entry("nowhere", "lexical", "none:None", "is not there", ("no_such_package",), "no-such", "peer-none")
SMALL = Entry("small only", "dense", "none:None", "gives up early", most=SIZE - 1, why_most="too slow")


def figures(p50=1.0, **others):
    told = {"p50_ms": p50, "p95_ms": 2 * p50, "p99_ms": 3 * p50, "cpu_ms": p50, "asked": 9, "recall": 1.0, "found": 0.5}
    told |= {"per_second": {"1": 10.0, "2": 20.0}, "memory_mb": 1.0, "disk_mb": 0.0, "build_s": 0.1}
    return {**told, "version": "1.0", "load": 0.0, **others}


def written(document):
    console = Console(width=200, record=True, file=StringIO())
    for table in tables(document):
        console.print(table)
    return console.export_text()


@pytest.fixture
def document(bench_home):
    entries = [*named(["tresen postings", "rank-bm25"]), ABSENT, SMALL]
    return run_all(entries, TINY, bench_home, lambda entry, size: figures(1.0 if entry.is_ours else 3.0))


def test_an_engine_that_is_absent_or_too_slow_is_told_with_its_reason(document):
    rows = {row["name"]: row for row in document["rows"]}
    assert rows["nowhere"]["skipped"] == "no_such_package not installed: pip install 'tresen[peer-none]'"
    assert rows["small only"]["skipped"] == "not above 299 products: too slow"
    assert "skipped" not in rows["rank-bm25"]
    text = written(document)
    assert "no_such_package not installed: pip install 'tresen[peer-none]'" in text


def test_tables_put_the_fastest_first_and_measure_all_against_ours(document):
    lines = [line for line in written(document).splitlines() if "tresen postings" in line or "rank-bm25" in line]
    assert ["tresen" in line for line in lines] == [True, False, True, False]
    assert "│ 3 " in lines[1]
    assert ratios(figures(3.0, cpu_ms=1.0), figures(2.0)) == ["1.5", "0.5"]
    assert ratios(figures(3.0), None) == ["–", "–"]


def test_a_document_tells_the_machine_the_workload_and_what_was_made(document):
    assert document["workload"]["name"] == "tiny"
    assert document["machine"]["cores"] >= 1
    assert document["made"][str(SIZE)]["made"] is True


def test_what_an_engine_says_when_it_fails_is_its_reason(tmp_path):
    run = in_own_process(Path("no-such-workload"), 60, tmp_path)
    assert "No workload 'no-such-workload'" in run(named(["rank-bm25"])[0], 100)["skipped"]


def test_an_engine_that_takes_too_long_is_given_up(tmp_path):
    run = in_own_process(FOLDER / "tiny.json", 0.01, tmp_path)
    assert run(named(["rank-bm25"])[0], 300) == {"skipped": "not done in 0 s"}


def test_growth_is_the_exponent_of_the_sizes():
    assert exponent({10: 2.0, 100: 2.0 * 10**0.5, 1000: 20.0}) == 0.5


def test_growth_is_shown_and_drawn(document):
    document["workload"]["sizes"] = [300, 3000]
    document["rows"] += [{"name": "tresen postings", "kind": "lexical", "size": 3000, **figures(10.0)}]
    lines = written(document).splitlines()
    assert any("tresen postings" in line and "1.00" in line for line in lines)
    for kind in OURS:
        drawn = picture(document, kind)
        assert ElementTree.fromstring(drawn).tag.endswith("svg")
        assert ("tresen postings: 10 ms at 3,000" in drawn) == (kind == "lexical")


def test_one_engine_is_measured_whole(made, exact, tmp_path):
    report = measure(named(["rank-bm25"])[0].open(tmp_path), made, lambda: exact)
    assert report["recall"] > 0.9
    assert report["p50_ms"] <= report["p95_ms"] <= report["p99_ms"]
    assert list(report["per_second"]) == ["1", "2"]
    assert report["asked"] >= measuring.LEAST


def test_a_knob_is_turned_until_enough_is_found(made, exact, tmp_path):
    lists = named(["faiss IVF-SQ8"])[0].open(tmp_path)
    report = measure(lists, made, lambda: exact)
    assert report["recall"] >= TINY.recall
    assert 1 < report["effort"] <= lists.efforts[-1]


def test_a_pass_ends_with_its_seconds(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: float(next(clock)))
    passed = timed(lambda number: None, queries=500, seconds=30.0, cpu_ms=lambda: 0.0)
    assert passed["asked"] == 16  # each asks the clock twice: before and after
    assert passed["p50_ms"] == 1000.0


def test_what_a_client_raises_is_raised():
    def broken(number):
        raise OSError("not from another thread")

    with pytest.raises(OSError, match="another thread"):
        together(broken, 5, clients=2, seconds=0.05)


def test_every_engine_says_why_it_is_here():
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert all(entry.why for entry in ENTRIES)
    assert {entry.kind for entry in ENTRIES if entry.name in OURS.values()} == set(OURS)


def test_the_command_measures_shows_and_writes(tmp_path):
    results, arguments = tmp_path / "r.json", ["--home", str(tmp_path), "--workload", "tiny", "--sizes", "300"]
    done = CliRunner().invoke(app, ["rank-bm25", "faiss exact", *arguments, "--out", str(results), "--json"])
    assert done.exit_code == 0, done.output
    assert {row["name"] for row in json.loads(results.read_text())["rows"]} == {"rank-bm25", "faiss exact"}
    shown = CliRunner().invoke(app, ["--show", str(results), "--pictures", str(tmp_path / "p")])
    assert "300 made products" in shown.stdout
    assert {path.name for path in (tmp_path / "p").iterdir()} == {f"growth-{kind}.svg" for kind in OURS}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["elastic"], "No engine 'elastic'"), (["--sizes", "7"], "not sizes"), (["--show", "none.json"], "no document")],
)
def test_what_cannot_be_measured_is_told(arguments, message, tmp_path):
    done = CliRunner().invoke(app, [*arguments, "--workload", "tiny", "--home", str(tmp_path)])
    assert message in str(done.exception)
