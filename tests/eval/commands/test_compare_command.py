"""`tresen-eval compare` on files: documents, other engines' runs, and clear errors."""

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.documents import Compare, Configuration, Made, QueryResult, Run, Shown, read_document, write_document
from search.errors import BadInput
from search.index.build import build_snapshot
from search.settings import Settings
from search.types import Product


def invoke(*arguments):
    answered = CliRunner().invoke(app, ["compare", *map(str, arguments)], env={"COLUMNS": "200"}, catch_exceptions=True)
    if answered.exception and not isinstance(answered.exception, SystemExit):
        raise answered.exception
    return answered.stdout


def configuration(name, value):
    top = [Shown("x", "Roter Schuh", 1, 3, {"R": value}), Shown("y", "[Hose]", 2)]
    queries = [
        QueryResult(id=f"q{n}", text="schuh", slices=["1 word"], values={"served": {"nDCG@10": value}}, top=top)
        for n in range(12)
    ]
    return Configuration(name=name, stages={}, queries=queries)


def write(path, *configurations, gain="2^g"):
    made = Made(command=[], version="", time="", seconds=0.0)
    write_document(path, Run(made=made, gain=gain, served="served", configurations=list(configurations)))
    return path


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "both.json", configuration("before", 0.9), configuration("after", 0.4))
    write(tmp_path / "monday.json", configuration("settings", 0.9))
    write(tmp_path / "tuesday.json", configuration("settings", 0.95))
    (tmp_path / "old.run").write_text("q1 Q0 x 1 2 old\nq1 Q0 y 2 1 old\nq2 Q0 z 1 1 old\n")
    (tmp_path / "new.run").write_text("q1 Q0 y 1 2 new\nq1 Q0 x 2 1 new\n")
    (tmp_path / "qrels.txt").write_text("q1 0 x 3\nq2 0 z 1\nq3 0 z 1\n")
    return tmp_path


def test_a_document_of_two_configurations(folder):
    told = invoke(folder / "both.json", "--out", folder / "out.json")
    assert "after against before: 12 queries, stage served" in told
    assert "1 word" in told and "0/12/0" in told
    assert "schuh: nDCG@10 0.900 → 0.400" in told and "[Hose]" in told
    document = read_document(folder / "out.json")
    assert isinstance(document, Compare)
    assert (document.baseline, document.metric, len(document.comparisons[0].worst)) == ("before", "nDCG@10", 12)


def test_several_documents_are_called_like_their_files_or_by_names(folder):
    assert "tuesday against monday" in invoke(folder / "monday.json", folder / "tuesday.json")
    assert "B against A" in invoke(folder / "monday.json", folder / "tuesday.json", "--names", "A,B")


def test_other_engines_runs(folder):
    told = invoke(folder / "old.run", folder / "new.run", "--qrels", folder / "qrels.txt", "--json")
    (folder / "out.json").write_text(told)
    document = read_document(folder / "out.json")
    overall = {one.metric: one for one in document.comparisons[0].overall}
    assert (overall["MRR@10"].a, overall["MRR@10"].b, overall["MRR@10"].n) == (1.0, 0.25, 2)
    assert document.notes == ["new ranks nothing for 1 of the queries: counted as 0."]


def test_with_an_index_a_twin_of_the_right_product_counts(folder):
    titles = {"x": "Milch Bio, 1,5 l", "y": "BIO Milch 1500 ml", "z": "Milch"}
    build_snapshot([Product(id=id, title={"de": title}) for id, title in titles.items()], folder, Settings(), None)
    files = (folder / "old.run", folder / "new.run", "--qrels", folder / "qrels.txt", "--index", folder)
    told = invoke(*files, "--metric", "MRR@10 twins", "--json")
    (folder / "out.json").write_text(told)
    [comparison] = read_document(folder / "out.json").comparisons
    overall = {one.metric: one for one in comparison.overall}
    assert (overall["MRR@10"].b, overall["MRR@10 twins"].a, overall["MRR@10 twins"].b) == (0.25, 1.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["both.json", "--metric", "MAP"], "no metric 'MAP'. Known: nDCG@10"),
        (["both.json", "--stage", "dense"], "no stage 'dense'. Known: served"),
        (["monday.json"], "only one configuration"),
        (["monday.json", "monday.json"], "Two runs are called 'monday'"),
        (["monday.json", "tuesday.json", "--names", "A"], "2 files need 2 --names"),
        (["old.run", "new.run"], "give --qrels"),
        (["old.run", "new.run", "--qrels", "qrels.txt", "--metric", "MRR@10 twins"], "give --index"),
        (["old.run", "monday.json"], "do not mix"),
        (["monday.json", "gains.json"], "different gains"),
        (["missing.json"], "cannot be read"),
    ],
)
def test_errors_say_what_to_do(folder, monkeypatch, arguments, says):
    write(folder / "gains.json", configuration("settings", 0.9), gain="g")
    monkeypatch.chdir(folder)
    with pytest.raises(BadInput, match=says):
        invoke(*arguments)


def test_the_share_of_queries_that_lose_much_is_told(folder):
    assert "Lost by more than 0.02: 100.0 % of the queries." in invoke(folder / "both.json")
    assert "Lost by more than 0.02: 0.0 % of the queries." in invoke(folder / "monday.json", folder / "tuesday.json")
