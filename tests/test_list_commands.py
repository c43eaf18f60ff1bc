"""`tresen synonyms` and `tresen compounds`."""

import json

import pytest

from search.messages import SearchRequest
from search.types import Identity
from tests.stand_ins import open_service
from tests.test_cli import run  # noqa: F401 - the fixture


@pytest.fixture
def home(open_shop):
    service = open_shop()
    service.close()
    return service.home


def listed(run, home, what="synonyms"):  # noqa: F811
    code, told, _ = run(what, "list", home, "--json")
    assert code == 0
    return json.loads(told)[what]


def test_a_synonym_is_added_listed_and_removed(run, home):  # noqa: F811
    assert run("synonyms", "add", home, "Plattform => Toaster")[0] == 0
    [entry] = listed(run, home)
    assert entry["line"] == "plattform => toaster"
    assert entry["id"] in run("synonyms", "list", home)[1]
    assert "removed: plattform" in run("synonyms", "remove", home, entry["id"])[1]
    assert listed(run, home) == []
    assert run("synonyms", "remove", home, entry["id"])[0] == 1


def test_a_file_is_added_whole_or_not_at_all(run, home, tmp_path):  # noqa: F811
    path = tmp_path / "ours.txt"
    path.write_text("a = b\nwrong\n", encoding="utf-8")
    code, _, told = run("synonyms", "import", home, path)
    assert code == 1
    assert "Line 2, 'wrong'" in told
    assert str(path) in told
    assert listed(run, home) == []
    path.write_text("# ours\na = b\nde: x -> y\n", encoding="utf-8")
    assert run("synonyms", "import", home, path)[0] == 0
    assert {entry["line"] for entry in listed(run, home)} == {"a = b", "de: x -> y"}


def test_a_split_is_added_listed_and_removed(run, home):  # noqa: F811
    assert run("compounds", "add", home, "Wasserkocher = Wasser Kocher")[0] == 0
    assert run("compounds", "add", home, "Toaster =")[0] == 0
    assert {entry["word"]: entry["parts"] for entry in listed(run, home, "compounds")} == {
        "toaster": [],
        "wasserkocher": ["wasser", "kocher"],
    }
    assert "never split" in run("compounds", "list", home)[1]
    assert run("compounds", "remove", home, "Toaster")[0] == 0
    assert run("compounds", "remove", home, "Toaster")[0] == 1
    assert run("compounds", "add", home, "Toaster = x")[0] == 1


def test_a_running_server_notices(run, home):  # noqa: F811
    with open_service(home) as service:
        assert run("synonyms", "add", home, "Plattform => Toaster")[0] == 0
        assert service.has_outdated_lists
        service.reread_lists()
        hits = service.search(SearchRequest(q="plattform"), Identity()).hits
        assert hits[0].id == "toaster"


def test_a_folder_without_an_index_is_told(run, tmp_path):  # noqa: F811
    code, _, told = run("synonyms", "add", tmp_path, "a = b")
    assert code == 1
    assert "holds no index" in told


def test_proposals_are_listed(run, home, monkeypatch):  # noqa: F811
    from search import service
    from search.messages import SynonymProposal

    made = SynonymProposal(["handy", "telefon"], "de", 0.8, 0.7, [3, 4], 0, 0.9)
    monkeypatch.setattr(service, "cached_proposals", lambda *_: [made])
    monkeypatch.setattr(service.Opening, "encoder", lambda *_: object())
    assert "handy = telefon" in run("synonyms", "propose", home)[1]
    assert json.loads(run("synonyms", "propose", home, "--json")[1])["proposals"][0]["score"] == 0.8
