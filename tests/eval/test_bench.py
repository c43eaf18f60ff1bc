"""The benchmarks measure what they say: percentiles, phases, a real server, a real import.

1. Percentiles are nearest rank; repeats give medians.
2. Load stays on this machine and ends when questions or seconds end.
3. A served index answers every row; an import is measured twice, in processes of its own.
4. Encoders are measured side by side, each in a process of its own, and drawn.
5. What is kept of frequent queries is measured by queries that come by Zipf's law.
6. Engines that score the same run agree on its figure, and what is not installed is left out and said.
"""

import json
import math
import os
import shutil
from itertools import repeat
from xml.etree import ElementTree

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from eval.bench import browse, effect, encode, frontier, heads, http, index, measures, million, rerank, retrieve
from eval.bench.latency import percentile, summary
from eval.bench.load import drive, typed
from eval.bench.machine import cpu_ms, describe, rss_mb
from eval.bench.server import check_loopback, serving
from search.app import create_app
from search.errors import BadInput
from search.index.build import build_snapshot
from search.messages import SearchRequest
from search.settings import Settings
from tests.encoder.tiny_model import write_tiny
from tests.stand_ins import shop_products


@pytest.fixture(scope="module")
def shop_without_vectors(tmp_path_factory):
    home = tmp_path_factory.mktemp("shop")
    build_snapshot(shop_products(), home, Settings(), encoder=None)
    return home


def test_percentiles_are_times_that_happened():
    times = [float(t) for t in range(1, 101)]
    assert [percentile(times, p) for p in (50, 95, 99)] == [50, 95, 99]
    assert percentile([7.0], 99) == 7.0
    assert math.isnan(percentile([], 50))


def test_a_summary_counts_requests_a_second():
    assert summary([1.0, 2.0], 0.5) == {"requests": 2, "per_second": 4.0, "p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 2.0}


def test_a_query_is_typed_letter_by_letter():
    assert list(typed(["a b", "c"])) == ["a", "a b", "c"]


def test_only_servers_on_this_machine_are_loaded():
    assert check_loopback("http://127.0.0.1:8000/") == "http://127.0.0.1:8000"
    with pytest.raises(BadInput, match="not on this machine"):
        check_loopback("https://shop.example")


@pytest.mark.parametrize("text", ["0", "50,", "x", "501"])
def test_a_list_of_loads_that_cannot_be_read_is_told(text):
    with pytest.raises(BadInput, match="no list of percentages"):
        http.parse_loads(text)


def test_searches_with_filters_come_from_lines_of_parameters(tmp_path):
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"q": "rot", "filter": "brand:Nike", "facet": ["brand", "color"]}\n{"q": "blau"}\n')
    (path, first), second = http.read_questions(asked)
    assert (path, first["facet"]) == ("/v1/search", ["brand", "color"])
    assert second == http.search("blau")
    asked.write_text("{]")
    with pytest.raises(BadInput, match="cannot be read"):
        http.read_questions(asked)


@pytest.mark.parametrize("text", ["", "0", "1,,2", "1,x", "65"])
def test_a_list_of_clients_that_cannot_be_read_is_told(text):
    with pytest.raises(BadInput, match="no list of clients"):
        http.parse_clients(text)


def test_the_machine_is_described():
    machine = describe()
    assert machine["cores"] >= 1
    assert machine["memory_gb"] > 0
    assert rss_mb(os.getpid()) > 1
    assert cpu_ms(os.getpid()) > 0


def test_phases_last_until_the_next_one_begins():
    phases = index.Phases()
    for event in ("read", "analyse", "analyse", "write", "end"):
        phases.begin(event, 1, 1)
    assert list(phases.seconds) == ["read", "analyse", "write"]


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(BadInput, match=r"(?s)did not become ready.*tresen\s+index"), serving(tmp_path):
        pass


def test_a_served_index_answers_every_row(shop_without_vectors, tmp_path):
    queries = tmp_path / "queries.tsv"
    queries.write_text("q1\tShorts\nq2\tLaufschuhe\nq3\tPumps\nq4\tLaptop\nq5\tShirt\n")
    arguments = [str(shop_without_vectors), "--queries", str(queries), "--seconds", "1", "--repeats", "1", "--json"]
    report = json.loads(CliRunner().invoke(http.app, arguments).stdout)
    assert list(report["rows"]) == ["livez", "new 1", "new 2", "again 1", "again 2", "suggest", "open 50 %"]
    assert all(row["requests"] and not row["failed"] for row in report["rows"].values())
    assert report["rows"]["new 1"]["requests"] + report["rows"]["new 2"]["requests"] == 4  # one went to warm up
    assert 0 < report["start_seconds"] < 60
    assert report["memory_mb"]["after"] > 10


def test_servers_with_search_processes_are_measured_beside_one_without(shop_without_vectors, tmp_path):
    queries = tmp_path / "queries.tsv"
    queries.write_text("".join(f"q{at}\t{text}\n" for at, text in enumerate(("Shorts", "Pumps", "Laptop", "Shirt"))))
    arguments = [str(shop_without_vectors), "--queries", str(queries), "--seconds", "0.3", "--repeats", "1"]
    told = CliRunner().invoke(http.app, [*arguments, "--workers", "0,1", "--clients", "1", "--loads", ""])
    assert told.exit_code == 0, told.output
    assert "1 search processes against 0" in told.stdout.replace("\n", " ") and "again 1" in told.stdout
    for text in ("", "-1", "0,x", "65"):
        assert CliRunner().invoke(http.app, [*arguments, "--workers", text]).exit_code != 0


def test_the_effect_of_an_event_is_timed_from_telling_it_to_seeing_it(client):
    report = effect.measure(client, "", trials=3)
    assert report["missed"] == 0
    assert list(report["rows"]) == ["event", "search", "both"]
    rows = report["rows"]
    assert rows["both"]["requests"] == 3
    assert rows["both"]["p50_ms"] > max(rows["event"]["p50_ms"], rows["search"]["p50_ms"])


def test_an_effect_that_does_not_come_is_counted(open_shop):
    service = open_shop(personal={"bound": 0.0, "repeat_bound": 0.0})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as deaf:
        assert effect.measure(deaf, "", trials=2)["missed"] == 12  # those that warm up too


def test_a_query_that_finds_nothing_cannot_show_an_effect(shop_without_vectors, tmp_path):
    shutil.copytree(shop_without_vectors, tmp_path / "shop")
    with serving(tmp_path / "shop") as served, httpx.Client(base_url=served.url) as shop, pytest.raises(BadInput):
        effect.trial(shop, "xqzwvk")


def test_failures_are_counted_and_not_timed():
    answers = drive("http://127.0.0.1:9", repeat(("/", {}), 3), clients=1, seconds=5)
    assert (answers.times_ms, answers.failed) == ([], {0: 3})


def test_an_import_is_measured_twice(tmp_path):
    feed = tmp_path / "feed.csv"
    feed.write_text("id,title\n" + "".join(f"p{i},Schuh Nummer {i}\n" for i in range(50)))
    arguments = [str(feed), "--out", str(tmp_path / "index"), "--lang", "de", "--lexical-only", "--json"]
    report = json.loads(CliRunner().invoke(index.app, arguments).stdout)
    first, again = report["imports"]["first"], report["imports"]["again"]
    assert first["products"] == again["products"] == 50
    assert list(first["phases"]) == ["analyse", "weigh", "write"]
    assert first["peak_rss_mb"] > 10
    assert report["bytes"]["snapshot"] > 0


def test_a_first_import_finds_no_cache(shop_without_vectors, tmp_path):
    done = CliRunner().invoke(index.app, [str(tmp_path / "feed.csv"), "--out", str(shop_without_vectors)])
    assert "is not empty" in done.exception.message


def test_engines_that_score_the_same_run_agree(tmp_path):
    (tmp_path / "qrels.txt").write_text("q1 0 a 3\nq1 0 b 1\nq2 0 c 2\n", encoding="utf-8")
    (tmp_path / "a.run").write_text("q1 Q0 b 1 9 t\nq1 Q0 a 2 8 t\nq2 Q0 c 1 9 t\n", encoding="utf-8")
    told = CliRunner().invoke(
        measures.app, [str(tmp_path / "qrels.txt"), str(tmp_path / "a.run"), "--repeats", "1", "--json"]
    )
    engines = {row["engine"]: row for row in json.loads(told.stdout)["engines"]}
    assert {"tresen-eval", "ir-measures"} <= set(engines)
    assert len({row["nDCG@10"] for row in engines.values()}) == 1
    assert ("ranx" in engines) != ("ranx is not installed" in told.stderr)


def test_the_personal_order_is_measured_for_shoppers_of_whom_less_and_more_is_known():
    told = CliRunner().invoke(rerank.app, ["--candidates", "20", "--events", "1,5", "--repeats", "2", "--json"])
    rows = json.loads(told.stdout)["rows"]
    assert list(rows) == [f"{name}, {count} events" for count in (1, 5) for name in ("rank", "read", "fold")]
    assert all(figures["p95_us"] >= figures["p50_us"] > 0 for figures in rows.values())
    assert "rank, 1 events" in CliRunner().invoke(rerank.app, ["--events", "1", "--repeats", "1"]).stdout


def test_each_step_of_retrieval_is_told_against_the_pass_over_all_vectors(pipeline):
    steps = retrieve.measure(pipeline, "schwarze shorts")
    assert list(steps) == ["understand", "vectors", "kinds", "words", "fuse", "order", "relax"]
    rows = retrieve.table([{**dict.fromkeys(steps, 1.0), "vectors": 2.0, "words": 3.0}])
    assert rows["vectors"]["share"] == 1.0
    assert (rows["lexical leg"]["p50_ms"], rows["lexical leg"]["share"]) == (4.0, 2.0)
    assert rows["retrieval"]["p50_ms"] == 9.0


def test_encoders_are_measured_side_by_side(tmp_path):
    names = [str(write_tiny(tmp_path / name)) for name in ("one", "two")]
    arguments = [*names, "--limit", "5", "--seconds", "0", "--repeats", "1", "--json"]
    report = json.loads(CliRunner().invoke(encode.app, arguments).stdout)
    assert (report["queries"], report["repeats"], list(report["rows"])) == (5, 1, names)
    for row in report["rows"].values():
        assert tuple(row) == encode.COLUMNS
        assert row["products_per_cpu_second"] > 0
        assert 0 < row["query_p50_ms"] <= row["query_p95_ms"]


def test_quality_against_cost_is_drawn_as_a_picture_of_its_own(tmp_path):
    names = [str(write_tiny(tmp_path / name)) for name in ("one", "two")]
    arguments = [*names, "--out", str(tmp_path / "new" / "plot.svg"), "--seconds", "0", "--repeats", "1", "--json"]
    report = json.loads(CliRunner().invoke(frontier.app, arguments).stdout)
    assert list(report["rows"]) == ["one", "two"]
    drawn = ElementTree.parse(tmp_path / "new" / "plot.svg").getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    for row in report["rows"].values():
        assert 0 <= row["ndcg"] <= 1
        assert f"{row['ndcg']:.3f} at" in drawn.get("aria-label")


def test_very_many_products_are_made_of_real_ones_and_said_to_be(tmp_path):
    (tmp_path / "feed.csv").write_text("id,title,price\na,rote warme Jacke,1\nb,blaue Schuhe,2\n", encoding="utf-8")
    arguments = [str(write_tiny(tmp_path / "m")), "--feed", str(tmp_path / "feed.csv"), "--products", "5000", "--json"]
    report = json.loads(CliRunner().invoke(million.app, arguments).stdout)
    assert (report["products"], report["made"]) == (5000, "variants of 2 real products")
    assert report["seconds"] > 0
    assert len(set(million.variants(["rote warme Jacke", "blaue Schuhe"], 5000))) == 5000


def test_texts_of_a_feed_are_joined_and_cut_to_one_length(tmp_path):
    rows = [f"a{number},rote warme Jacke,1\nb{number},blaue Schuhe,2\n" for number in range(20)]
    (tmp_path / "feed.csv").write_text("id,title,price\n" + "".join(rows), encoding="utf-8")
    texts = list(encode.cut_texts(tmp_path / "feed.csv"))
    assert [len(text.split()) for text in texts] == [encode.WORDS] * (20 * 5 // encode.WORDS)
    assert texts[0].startswith("rote warme Jacke blaue Schuhe rote")


def test_what_keeping_frequent_queries_is_worth(shop_without_vectors, tmp_path):
    asked = tmp_path / "asks.jsonl"
    asked.write_text(
        '{"q": "shorts", "facet": ["color"], "shopper": "s1"}\n{"q": "laptop", "filter": "price:1..900"}\n'
    )
    sizes = ["--memory", "0,32", "--count", "20", "--rounds", "2", "--json"]
    result = CliRunner().invoke(heads.app, [str(shop_without_vectors), "--queries", str(asked), *sizes])
    assert result.exit_code == 0, result.output
    nothing, kept = json.loads(result.stdout)["rows"]
    assert nothing["found again"] == 0 and nothing["used MB"] == 0 and nothing["÷ first"] == 1
    assert kept["found again"] > 0.5 and kept["queries kept"] == 2 and kept["p50 ms"] > 0
    for wrong in ("much", "-1", ""):
        with pytest.raises(BadInput, match="no list of megabytes"):
            heads.parse_memory(wrong)


def test_looks_at_much_of_a_catalogue_are_timed_without_keeping_anything(shop_without_vectors):
    result = CliRunner().invoke(browse.app, [str(shop_without_vectors), "--repeats", "2", "--json"])
    assert result.exit_code == 0, result.output
    told = {row["look"]: row for row in json.loads(result.stdout)["rows"]}
    assert {"page", "page, 3 facets", "page, by price", "filter price", "facet brand, 100%", "facet color, 1%"} <= {
        *told
    }
    assert all(0 < row["p50 ms"] <= row["p95 ms"] for row in told.values())
    wrong = CliRunner().invoke(browse.app, [str(shop_without_vectors), "--fields", "farbe"])
    assert isinstance(wrong.exception, BadInput) and "No field 'farbe'" in wrong.exception.message


def test_few_queries_come_often():
    requests = [SearchRequest(q=str(number)) for number in range(100)]
    often = heads.drawn(requests, 2000, 1.0, 3)
    times = sorted((often.count(request) for request in requests), reverse=True)
    assert times[0] > 5 * times[20] and heads.drawn(requests, 2000, 1.0, 3) == often
    even = heads.drawn(requests, 2000, 0.0, 3)
    assert max(even.count(request) for request in requests) < 50
