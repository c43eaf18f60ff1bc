"""The command line: clear sentences, exit codes, JSON for programs, nothing heavy before it is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from search import cli
from search.errors import BadInput
from search.index.snapshot import current_number, generations, load_snapshot
from search.settings import Settings
from search.terminal import console
from search.terminal import lists as list_commands
from tests.stand_ins import StubEncoder, open_service

ROOT = Path(__file__).parents[1]
HEADER = "id;title;brand;price;color;retailer\n"
GOOD = [
    "1;Rote Schuhe;Adidas;59,90 EUR;rot;nord",
    "2;Blaue Schuhe;Puma;49,90 EUR;blau;nord",
    "3;Schwarzes Shirt;Nike;19,90 EUR;schwarz;west",
    "4;Weißes Shirt;Nike;17,90 EUR;weiß;west",
    "5;Grüner Rock;Esprit;39,90 EUR;grün;ost",
    "6;Beige Hose;Esprit;29,90 EUR;beige;ost",
]
BAD = "7;Kaputt;Puma;viel;rot;nord"


@pytest.fixture
def feed(tmp_path):
    def written(rows, name="feed.csv"):
        path = tmp_path / name
        path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
        return path

    return written


@pytest.fixture
def run(monkeypatch, capsys):
    """run("index", feed, …) -> (exit code, standard output, standard error), in this process."""

    def ran(*arguments):
        monkeypatch.setattr(sys, "argv", ["tresen", *map(str, arguments)])
        for module in (cli, console, list_commands):
            monkeypatch.setattr(module, "out", Console(width=200))
            monkeypatch.setattr(module, "err", Console(width=300, stderr=True))
        try:
            cli.main()
            code = 0
        except SystemExit as stopped:
            code = stopped.code
        told = capsys.readouterr()
        return code or 0, told.out, told.err

    return ran


@pytest.fixture
def stub(monkeypatch):
    """Commands that load an encoder get the stub."""
    monkeypatch.setattr("search.embed.load_encoder", lambda *_: StubEncoder())
    monkeypatch.setattr(cli, "open_service", lambda home, settings: open_service(home, settings))


# --- what it costs to start ------------------------------------------------------------------------


def test_importing_the_command_line_imports_nothing_heavy():
    heavy = "'numpy', 'torch', 'faiss', 'sentence_transformers', 'starlette', 'uvicorn', 'sqlalchemy'"
    code = f"import sys, search.cli; print([name for name in ({heavy}) if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_help_names_every_command():
    told = CliRunner().invoke(cli.app, ["--help"]).output
    for command in ("index", "serve", "search", "demo", "doctor"):
        assert command in told


def test_python_dash_m_is_the_same_door():
    told = subprocess.run(
        [sys.executable, "-m", "search", "search", "/nowhere", "x", "--json"], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert "holds no index" in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr


# --- index -----------------------------------------------------------------------------------------


def test_a_feed_is_indexed_and_a_bad_row_is_told_with_its_line(run, feed, tmp_path, stub):
    code, out, _ = run("index", feed([*GOOD, BAD]), "--out", tmp_path / "shop")
    assert code == 0
    assert "6 products indexed" in out
    assert "1 rows rejected" in out
    assert "line 8, price" in out
    assert len(load_snapshot(tmp_path / "shop")) == 6


def test_what_was_done_comes_as_json(run, feed, tmp_path, stub):
    code, out, _ = run("index", feed([*GOOD, BAD]), "--out", tmp_path / "shop", "--json")
    summary = json.loads(out)
    assert code == 0
    assert (summary["products"], summary["rows"], summary["rejected"], summary["model"]) == (6, 7, 1, "stub")
    assert summary["rejections"][0]["line"] == 8
    assert summary["rejections"][0]["field"] == "price"
    assert summary["bytes_on_disk"] > 1000


def test_without_vectors_no_encoder_is_loaded(run, feed, tmp_path, monkeypatch):
    monkeypatch.setattr("search.embed.load_encoder", None)
    code, out, _ = run("index", feed(GOOD), "--out", tmp_path / "shop", "--lexical-only", "--json")
    assert code == 0
    assert json.loads(out)["model"] is None
    assert load_snapshot(tmp_path / "shop").dense is None


def test_too_many_rejected_rows_fail_the_import_and_the_old_index_stays(run, feed, tmp_path, stub):
    home = tmp_path / "shop"
    assert run("index", feed(GOOD), "--out", home)[0] == 0
    code, _, err = run("index", feed([*GOOD, BAD, BAD.replace("7;", "8;")], "bad.csv"), "--out", home)
    assert code == 1
    assert "Error" in err
    assert "2 of 8" in err
    assert "more than 20% may not be" in err
    assert "line 8" in err
    assert current_number(home) == 1
    assert generations(home) == [1]
    assert len(load_snapshot(home)) == 6


def test_the_share_that_may_be_rejected_can_be_set(run, feed, tmp_path, stub):
    settings = tmp_path / "tresen.toml"
    settings.write_text("[feed]\nmax_rejected = 0.5\n")
    bad = [*GOOD, BAD, BAD.replace("7;", "8;")]
    assert run("index", feed(bad), "--out", tmp_path / "shop", "--settings", settings)[0] == 0


def test_where_keeps_the_rows_that_are_wanted(run, feed, tmp_path, stub):
    code, out, _ = run("index", feed(GOOD), "--out", tmp_path / "shop", "--where", "retailer=nord,ost", "--json")
    assert code == 0
    assert json.loads(out)["products"] == 4
    assert json.loads(out)["skipped"] == 2
    several = ["--where", "retailer=nord", "--where", "brand=Puma"]
    assert json.loads(run("index", feed(GOOD), "--out", tmp_path / "two", *several, "--json")[1])["products"] == 1


@pytest.mark.parametrize("condition", ["retailer", "=nord", "retailer=", ""])
def test_a_condition_that_is_none_is_refused(condition):
    with pytest.raises(BadInput, match="Write --where field=value,value"):
        cli.parse_where([condition])


def test_a_mapping_file_says_which_column_is_what(run, tmp_path, stub):
    feed = tmp_path / "feed.csv"
    feed.write_text("nr;was\n1;Rote Schuhe\n", encoding="utf-8")
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns]\nid = "nr"\ntitle = "was"\n')
    code, out, err = run("index", feed, "--out", tmp_path / "shop", "--map", mapping)
    assert code == 0, err
    assert "1 products indexed" in out


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "feed.csv"), ("", "feed.csv"), (HEADER, "no rows"), ("farbe;preis\nrot;1\n", "no column for")],
    ids=["missing", "empty", "only a header", "wrong columns"],
)
def test_a_feed_that_cannot_be_read_is_one_sentence_and_exit_1(run, tmp_path, content, told, stub):
    feed = tmp_path / "feed.csv"
    if content is not None:
        feed.write_text(content)
    code, _, err = run("index", feed, "--out", tmp_path / "shop")
    assert code == 1
    assert told in err
    assert "Traceback" not in err
    assert current_number(tmp_path / "shop") is None


def test_the_leading_language_can_be_named(run, feed, tmp_path, stub):
    assert run("index", feed(GOOD), "--out", tmp_path / "shop", "--lang", "en,de")[0] == 0
    assert load_snapshot(tmp_path / "shop").languages == ("en", "de")


def test_settings_that_do_not_fit_are_named(run, feed, tmp_path):
    settings = tmp_path / "tresen.toml"
    settings.write_text("[server]\nprot = 1\n")
    code, _, err = run("index", feed(GOOD), "--out", tmp_path / "shop", "--settings", settings)
    assert code == 1
    assert "prot" in err
    assert "docs/settings.md" in err


def test_wrong_usage_is_exit_2(run):
    assert run("index")[0] == 2
    assert run("fly")[0] == 2


# --- search ----------------------------------------------------------------------------------------


@pytest.fixture
def home(shop, tmp_path):
    return Path(shutil.copytree(shop, tmp_path / "home"))


def test_a_search_from_the_terminal_shows_the_hits(run, home, stub):
    code, out, _ = run("search", home, "Shrit", "--size", 3)
    assert code == 0
    assert "Results for shirt (typed: Shrit)" in out
    assert "│ 3 " in out


def test_a_search_from_the_terminal_says_what_was_corrected(run, home, stub, monkeypatch):
    monkeypatch.setenv("TRESEN_SPELLING__SURE", "0.3")
    monkeypatch.setenv("TRESEN_SPELLING__MARGIN", "0")
    _, out, _ = run("search", home, "Shrit", "--size", 3)
    assert "Results for shirt (typed: Shrit)" in out
    assert "Did you mean" not in out


def test_a_search_comes_as_json_and_can_be_filtered(run, home, stub):
    code, out, _ = run("search", home, "shorts", "--filter", "gender:herren AND price:..40", "--json", "--lang", "en")
    answer = json.loads(out)
    assert code == 0
    assert {hit["id"] for hit in answer["hits"]} == {"shorts-men-black", "shorts-men-green"}
    assert answer["query"]["language"] == "en"


def test_an_explanation_tells_how_a_hit_got_its_place(run, home, stub):
    _, out, _ = run("search", home, "shorts", "--explain", "--size", 1)
    assert "lexical" in out
    assert "final" in out


def test_a_bad_filter_is_one_sentence_and_exit_1(run, home, stub):
    code, _, err = run("search", home, "shorts", "--filter", "colr:rot")
    assert code == 1
    assert "No field 'colr'" in err


def test_a_directory_without_an_index_says_how_to_make_one(run, tmp_path):
    code, _, err = run("search", tmp_path, "shorts")
    assert code == 1
    assert "tresen index FEED --out" in err


def test_a_damaged_index_is_named(run, home):
    (home / "snapshots" / "1" / "vectors.faiss").write_bytes(b"x")
    code, _, err = run("search", home, "shorts")
    assert code == 1
    assert "vectors.faiss has 1 bytes" in err


# --- serve -----------------------------------------------------------------------------------------


def test_the_server_refuses_to_listen_where_strangers_come_by(run, home):
    code, _, err = run("serve", home, "--host", "0.0.0.0")
    assert code == 1
    assert "listens on this machine only" in err


# --- doctor ----------------------------------------------------------------------------------------


def test_the_doctor_finds_everything_well(run, home):
    code, out, _ = run("doctor", home, "--json")
    findings = {finding["what"]: finding for finding in json.loads(out)}
    assert code == 0, out
    assert {"Python", "torch", "faiss-cpu", "encoder", "disk", "snapshot 1 (serves)", "state"} <= findings.keys()
    assert findings["snapshot 1 (serves)"]["told"] == "36 products, stub"
    assert findings["state"]["told"] == "no events yet"


def test_the_doctor_names_the_damaged_file_and_says_what_to_do(run, home):
    (home / "snapshots" / "1" / "words.json").write_bytes(b"{}")
    code, out, _ = run("doctor", home)
    assert code == 1
    assert "words.json" in out
    assert "✗" in out


def test_the_doctor_finds_a_damaged_state(run, home):
    (home / "state").mkdir()
    (home / "state" / "tresen.db").write_bytes(b"no database" * 100)
    code, out, _ = run("doctor", home)
    assert code == 1
    assert "Restore it from a backup" in out


def test_the_doctor_tells_how_to_make_an_index(run, tmp_path):
    code, out, _ = run("doctor", tmp_path)
    assert code == 1
    assert "tresen index FEED --out" in out


def test_the_doctor_names_a_missing_package(run, monkeypatch):
    monkeypatch.setattr("search.doctor.PACKAGES", ("no-such-package",))
    code, out, _ = run("doctor")
    assert code == 1
    assert "pip install no-such-package" in out


def test_settings_of_a_command_are_read_from_the_environment(run, home, monkeypatch, stub):
    seen: list[Settings] = []
    monkeypatch.setattr(
        cli, "open_service", lambda home, settings: seen.append(settings) or open_service(home, settings)
    )
    monkeypatch.setenv("TRESEN_SPELLING__ENABLED", "false")
    run("search", home, "Shrit", "--json")
    assert seen[0].spelling.enabled is False
