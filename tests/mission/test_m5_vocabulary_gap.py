"""M5: different descriptions of one and the same product: a query finds products that share no word with it."""

import shutil

import httpx
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.errors import MissingModel
from search.service import Service
from search.settings import Settings
from tests.mission.shelves import TaughtEncoder, ask, open_pipeline, titled

#: What is typed, and words of which one is in the title of each of the first three products. The shop has other words.
OTHERWISE = {
    "Katzennahrung": ("nassfutter", "katzenfutter", "trockenfutter"),
    "Hundenahrung": ("nassfutter", "hundefutter", "trockenfutter"),
    "Sonnenöl": ("sonnenmilch", "sonnengel", "sonnencreme", "sonnenspray"),
    "Joggingschuhe": ("laufschuhe",),
    "Badebekleidung": ("badeanzug", "badehose", "bikini"),
}


def m5_no_overlap(client):
    """The check, against any client of the demo shop: no word of the query is in any hit, nothing was corrected."""
    for typed, wanted in OTHERWISE.items():
        answer = client.get("/v1/search", params={"q": typed, "lang": "de", "per_page": 3, "explain": True}).json()
        assert len(answer["hits"]) == 3, typed
        assert answer["query"]["corrected"] is None
        for hit in answer["hits"]:
            title = hit["product"]["title"].casefold()
            assert hit["highlights"] == {}, (typed, title)
            assert any(word in title for word in wanted), (typed, title)


@pytest.mark.model
def test_m5_a_query_without_a_common_word_finds_the_product(demo_server):
    with httpx.Client(base_url=demo_server.url, timeout=60) as client:
        m5_no_overlap(client)


@pytest.mark.model
def test_m5_fails_without_the_meaning(demo_home, tmp_path):
    def missing(_):
        raise MissingModel("no model here", "dense.model")

    shutil.copytree(demo_home, tmp_path / "demo")
    with (
        Service(tmp_path / "demo", Settings(), load_encoder=missing) as service,
        TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client,
        pytest.raises(AssertionError),
    ):
        m5_no_overlap(client)


SHOP = {"jacket": "Regenjacke Schietwetter", "kettle": "Wasserkocher", "shoe": "Laufschuh", "sofa": "Sofa Moos"}
MEANING = {"regenjacke": 0, "friesennerz": 10, "sofa": 180, "couch": 175, "wasserkocher": 90, "laufschuh": 270}


@pytest.mark.parametrize(("typed", "id"), [("Friesennerz", "jacket"), ("Couch", "sofa")])
def test_m5_what_an_encoder_knows_to_be_the_same_is_found(tmp_path, typed, id):
    shop = open_pipeline(tmp_path / "a", titled(SHOP), encoder=TaughtEncoder(MEANING))
    hits = ask(shop, typed, explain=True).hits
    assert [hit.id for hit in hits] == [id]
    assert hits[0].highlights == {}
    assert hits[0].explain.relevance["lexical"] == 0.0
    assert ask(open_pipeline(tmp_path / "b", titled(SHOP)), typed).hits == []  # without an encoder
