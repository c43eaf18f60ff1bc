"""Made products can be served: an index, shoppers that are known to it, and searches that it answers."""

import json

from typer.testing import CliRunner

from eval.bench import http
from eval.bench.peers.shop import app


def test_made_products_are_served_under_an_open_load(tmp_path):
    home, kept = tmp_path / "made", ["--home", str(tmp_path / "bench"), "--workload", "tiny", "--size", "300"]
    done = CliRunner().invoke(app, [str(home), *kept, "--lexical-only"])
    assert done.exit_code == 0, done.output
    asked = [parameters for _, parameters in http.read_questions(home / "asks.jsonl")]
    assert any("filter" in one for one in asked) and any("shopper" in one for one in asked)
    arguments = [str(home), "--queries", str(home / "asks.jsonl"), "--seconds", "0.5", "--repeats", "1", "--json"]
    report = json.loads(CliRunner().invoke(http.app, [*arguments, "--clients", "1", "--loads", "30,60"]).stdout)
    for name in ("again 1", "open 30 %", "open 60 %"):
        assert report["rows"][name]["requests"] and not report["rows"][name]["failed"], name
    assert report["rows"]["open 30 %"]["offered_per_second"] < report["rows"]["open 60 %"]["offered_per_second"]


def test_an_index_that_is_there_is_not_replaced(tmp_path):
    (tmp_path / "CURRENT").write_text("1")
    done = CliRunner().invoke(app, [str(tmp_path), "--size", "300"])
    assert "holds an index" in str(done.exception)
