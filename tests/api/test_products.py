"""Changes of products over HTTP: in the next search after the answer, durable before it, each refused with its reason.

1. PUT, PATCH and DELETE of one product show in the very next search, filter, facet, suggestion and lookup.
2. A stream takes what is good and tells line, field and reason of the rest; `all_or_nothing` takes none then.
3. What was answered is there after a restart, without any merge; a patch leaves alone what it does not name.
4. A merge makes a generation of what there is; changes made meanwhile go over it; the log forgets what all have.
5. A rollback keeps the changes made since; a new feed supersedes those before it, and not those after.
"""

from __future__ import annotations

import json
import threading
import time

import pytest

from search.changelog import NAME, ChangeLog
from search.errors import BadSnapshot, StoreUnavailable
from search.index.build import build_snapshot
from search.index.generations import rollback
from search.index.snapshot import generations, read_manifest, snapshots_folder
from search.settings import Settings
from tests.stand_ins import StubEncoder, open_service, shop_products

GNOME = {"title": {"de": "Gartenzwerg Otto", "en": "Garden gnome Otto"}, "price": "19,99 EUR", "brand": "Zwergwerk"}


def found(client, q="", **asked):
    answer = client.get("/v1/search", params={"q": q, "per_page": 100, **asked}).json()
    return [hit["id"] for hit in answer["hits"]]


def shown(client, id):
    return client.get(f"/v1/products/{id}").json()


def put(client, id, **row):
    return client.put(f"/v1/products/{id}", json={**GNOME, **row})


def test_a_new_product_is_in_the_next_search(client):
    assert "gnome" not in found(client, "Gartenzwerg")
    answer = put(client, "gnome", stock={"mitte": 4}, category="Garten > Zwerge")
    assert answer.status_code == 200 and answer.json() == {"id": "gnome", "change": 1}
    assert found(client, "Gartenzwerg")[0] == "gnome"
    assert found(client, "garden gnome", lang="en")[0] == "gnome"
    assert found(client, filter="brand:Zwergwerk") == ["gnome"]
    assert found(client, "zwergwerk") == ["gnome"]
    assert "gnome" in found(client, filter="in_stock:mitte AND price:15..20")
    facets = client.get("/v1/search", params={"facet": "brand"}).json()
    assert "gnome" in found(client), "without a query, too"
    assert shown(client, "gnome")["price"] == 19.99 and facets["total"] == 37
    lines = client.get("/v1/suggest", params={"q": "gartenzw"}).json()["suggestions"]
    assert "Gartenzwerg Otto" in [line["text"] for line in lines]
    assert client.get("/readyz").json()["products"] == 37


def test_a_misspelt_word_of_a_new_product_is_read_right(client):
    put(client, "gnome")
    assert found(client, "Gartenzwreg")[0] == "gnome"


def test_a_product_that_is_put_again_is_another_one(client):
    client.put("/v1/products/kettle", json={**GNOME, "title": "Teekanne Ole"})
    assert found(client, "Teekanne")[0] == "kettle"
    assert "kettle" not in found(client, filter="brand:Rowenta")
    assert found(client, filter="brand:Zwergwerk") == ["kettle"]
    assert shown(client, "kettle")["title"] == "Teekanne Ole"


def test_a_product_that_is_gone_is_found_no_more(client):
    assert found(client, "Wasserkocher")[0] == "kettle"
    assert client.delete("/v1/products/kettle").status_code == 200
    assert "kettle" not in found(client, "Wasserkocher") and "kettle" not in found(client)
    assert "kettle" not in found(client, filter="NOT brand:Adidas")
    assert client.get("/v1/products/kettle").status_code == 404
    assert client.delete("/v1/products/kettle").status_code == 404
    assert client.get("/readyz").json()["products"] == 35


@pytest.mark.parametrize(
    ("patch", "tells"),
    [
        ({"price": 12.5}, {"price": 12.5}),
        ({"price": "30,00 EUR", "sale_price": 20}, {"price": 20.0, "list_price": 30.0}),
        ({"title": {"de": "Teekessel"}}, {"title": "Teekessel"}),
        ({"brand": None}, {"brand": None}),
        ({"brand": "Alessi", "popularity": 99}, {"brand": "Alessi"}),
    ],
)
def test_a_patch_changes_what_it_names(client, patch, tells):
    before = shown(client, "kettle")
    assert client.patch("/v1/products/kettle", json=patch).status_code == 200
    after = shown(client, "kettle")
    for name, value in tells.items():
        assert after.get(name) == value or name == "list_price", (name, after)
    assert {name: before[name] for name in ("categories",) if name in before} == {
        name: after[name] for name in ("categories",) if name in after
    }


def test_stock_of_a_branch_counts_in_the_next_filter(client):
    assert "kettle" in found(client, filter="in_stock:mitte")
    client.patch("/v1/products/kettle", json={"stock": {"mitte": 0, "ost": 2}})
    assert "kettle" not in found(client, filter="in_stock:mitte")
    assert "kettle" in found(client, filter="in_stock:ost"), "a branch that is new"
    size = "pumps-women-black/38"
    client.patch("/v1/products/pumps-women-black", json={"variants": {size: {"stock": {"ost": 1}}}})
    assert set(found(client, filter="in_stock:ost")) == {"kettle", "pumps-women-black"}


REFUSED = [
    ("PUT", "x", {}, 400, "title"),
    ("PUT", "x", {"title": "a", "price": "viel"}, 400, "price"),
    ("PUT", "x", {"id": "y", "title": "a"}, 400, "id"),
    ("PUT", "pumps-women-black/38", {"title": "a"}, 400, "id"),
    ("PATCH", "nobody", {"price": 1}, 404, "id"),
    ("PATCH", "pumps-women-black/38", {"price": 1}, 404, "id"),
    ("PATCH", "kettle", {"sale_price": 99999}, 400, "sale_price"),
    ("PATCH", "kettle", {"stock": {"mitte": "viel"}}, 400, "stock.mitte"),
    ("PATCH", "pumps-women-black", {"stock": {"mitte": 1}}, 400, "stock"),
    ("PATCH", "kettle", {"variants": {"nobody": {"stock": 1}}}, 400, "variants"),
    ("PATCH", "kettle", {"title": {"de": None, "en": None}}, 400, "title"),
    ("PATCH", "kettle", {"id": "other"}, 400, "id"),
    ("PATCH", "kettle", {"price": "5 USD"}, 400, "currency"),
    ("PATCH", "kettle", {"size": "L"}, 400, "size"),
    ("DELETE", "nobody", None, 404, "id"),
]


@pytest.mark.parametrize(("method", "id", "body", "status", "place"), REFUSED)
def test_what_does_not_fit_is_refused_with_its_place(client, method, id, body, status, place):
    answer = client.request(method, f"/v1/products/{id}".replace("/38", "%2F38"), json=body)
    if "%2F" in id or "/" in id:
        assert answer.status_code in (status, 404, 405)
        return
    assert answer.status_code == status, answer.text
    assert answer.json()["place"] == place, answer.json()
    assert client.get("/readyz").json()["products"] == 36


def test_pages_of_other_sites_change_nothing(client):
    for method, path in (("PUT", "/x"), ("PUT", ""), ("PATCH", "/kettle"), ("DELETE", "/kettle")):
        answer = client.request(method, f"/v1/products{path}", headers={"origin": "https://evil.example"}, content="{}")
        assert answer.status_code == 403


# --- many at once ----------------------------------------------------------------------------------------


def lines(count):
    rows = [{"id": f"g{number}", **GNOME, "title": f"Zwerg Nummer {number}"} for number in range(count)]
    return "\n".join(json.dumps(row) for row in rows)


def test_a_stream_of_products_is_taken(client):
    answer = client.put("/v1/products", content=lines(600))
    told = answer.json()
    assert (answer.status_code, told["rows"], told["accepted"], told["rejected"]) == (200, 600, 600, 0)
    assert told["change"] == 600 and client.get("/readyz").json()["products"] == 636
    assert found(client, "g599")[0] == "g599"


def test_of_a_stream_the_good_rows_are_taken_and_the_others_told(client):
    body = lines(2) + '\n{"id": "bad"}\nno json\n' + json.dumps({"id": "shirt-men-blue/S", "title": "x"})
    told = client.put("/v1/products", content=body).json()
    assert (told["rows"], told["accepted"], told["rejected"]) == (5, 2, 3)
    assert [(row["line"], row["field"]) for row in told["rejections"]] == [(3, "title"), (4, "row"), (5, "id")]
    assert found(client, "g1")[0] == "g1"


def test_all_or_nothing_takes_nothing_where_a_row_is_rejected(client):
    for bad in ('{"id": "bad"}', json.dumps({"id": "shirt-men-blue/S", "title": "x"})):
        answer = client.put("/v1/products", params={"all_or_nothing": True}, content=f"{lines(2)}\n{bad}")
        assert answer.status_code == 422 and "line 3" in answer.json()["detail"]
    assert "g1" not in found(client) and client.get("/readyz").json()["products"] == 36
    whole = client.put("/v1/products", params={"all_or_nothing": True}, content=lines(3))
    assert whole.json()["accepted"] == 3


def test_an_array_with_variants_by_group_is_read_as_a_feed_is(client):
    rows = [
        {"id": f"hut/{size}", "item_group_id": "hut", "title": "Hut Fritz", "price": 10, "size": size, "stock": 1}
        for size in ("S", "M")
    ]
    told = client.put("/v1/products", json=rows).json()
    assert (told["rows"], told["accepted"]) == (2, 1)
    assert found(client, "hut/M")[0] == "hut"


def test_a_stream_of_patches_is_taken(client):
    rows = [{"id": "kettle", "price": 5}, {"id": "nobody", "price": 1}, {"id": "toaster", "stock": {"mitte": 0}}]
    told = client.patch("/v1/products", content="\n".join(map(json.dumps, rows)) + "\n[]").json()
    assert (told["rows"], told["accepted"], told["rejected"]) == (4, 2, 2)
    assert [(row["line"], row["field"]) for row in told["rejections"]] == [(2, "id"), (4, "row")]
    assert shown(client, "kettle")["price"] == 5.0 and "toaster" not in found(client, filter="in_stock:mitte")
    refused = client.patch("/v1/products", params={"all_or_nothing": True}, json=[{"id": "kettle", "price": 9}, {}])
    assert refused.status_code == 422 and shown(client, "kettle")["price"] == 5.0


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", ["", "[]", "[1, 2", "  \n "])
def test_a_body_without_products_is_refused(client, body, method):
    assert client.request(method, "/v1/products", content=body).status_code == 400


def test_a_body_over_the_limit_is_refused(open_shop):
    from starlette.testclient import TestClient

    from search.app import create_app

    service = open_shop(server={"products_body_bytes": 100})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        assert client.put("/v1/products", content=lines(5)).status_code == 413


def test_changes_from_many_clients_all_count(client):
    def change(number):
        assert put(client, f"g{number}", title=f"Zwerg {number}").status_code == 200

    threads = [threading.Thread(target=change, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found(client, filter="brand:Zwergwerk")) == 24


# --- what lasts ------------------------------------------------------------------------------------------


def test_what_was_answered_is_there_after_a_restart(client, service):
    put(client, "gnome")
    client.patch("/v1/products/kettle", json={"price": 1.5})
    client.delete("/v1/products/toaster")
    service.close()
    with open_service(service.home) as again:
        assert again.product("gnome", None, None)["title"] == "Gartenzwerg Otto"
        assert again.product("kettle", None, None)["price"] == 1.5
        assert again.snapshot.documents.row_of("toaster") is None and len(again.snapshot) == 36


def merged(client, seconds=30):
    """Ask for the next generation and wait for it."""
    before = client.get("/v1/catalog").json()["serving"]
    assert client.post("/v1/catalog").status_code == 202
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        told = client.get("/v1/catalog").json()
        if told["serving"] != before and not told["changes"]["merging"]:
            return told
        assert not told["changes"]["trouble"], told
        time.sleep(0.02)
    raise AssertionError("no merge")


def test_a_merge_makes_a_generation_of_what_there_is(client, service):
    put(client, "gnome", stock={"mitte": 1})
    client.patch("/v1/products/kettle", json={"price": 1.5})
    client.delete("/v1/products/toaster")
    asked = ("", "Gartenzwerg", "Shorts", "kettle", "rot")
    before = [sorted(found(client, q)) for q in asked]
    told = client.get("/v1/catalog").json()["changes"]
    assert (told["last"], told["merged"], told["products"]) == (3, 0, 3) and told["bytes"] > 0
    told = merged(client)
    assert told["serving"] == 2 and told["changes"]["merged"] == 3 and told["changes"]["products"] == 0
    assert [sorted(found(client, q)) for q in asked] == before
    assert read_manifest(snapshots_folder(service.home) / "2").changes == 3
    assert shown(client, "kettle")["price"] == 1.5
    put(client, "gnome", title="Zwerg danach")
    assert shown(client, "gnome")["title"] == "Zwerg danach"


def test_changes_during_a_merge_go_over_the_new_generation(client, service):
    build = service.merging._build
    inside, go_on = threading.Event(), threading.Event()

    def slowly(*order):
        inside.set()
        assert go_on.wait(20)
        return build(*order)

    service.merging._build = slowly
    put(client, "gnome")
    assert client.post("/v1/catalog").status_code == 202 and inside.wait(20)
    client.patch("/v1/products/gnome", json={"price": 5})
    client.delete("/v1/products/kettle")
    assert client.get("/v1/catalog").json()["changes"]["merging"]
    go_on.set()
    deadline = time.monotonic() + 20
    while service.merging.is_running and time.monotonic() < deadline:
        time.sleep(0.02)
    assert service.snapshot.number == 2 and read_manifest(snapshots_folder(service.home) / "2").changes == 1
    assert shown(client, "gnome")["price"] == 5.0 and "kettle" not in found(client)


def test_the_log_forgets_what_every_kept_generation_has(client, service):
    for number in range(4):
        put(client, "gnome", title=f"Zwerg {number}")
        merged(client)
    kept = [read_manifest(snapshots_folder(service.home) / str(n)).changes for n in generations(service.home)]
    assert kept == [2, 3, 4] and [change.number for change in ChangeLog(service.home).changes] == [3, 4]
    service.close()
    with open_service(service.home) as again:
        assert again.live.log.last == 4 and again.product("gnome", None, None)["title"] == "Zwerg 3"


def test_enough_changes_are_merged_by_themselves(open_shop):
    service = open_shop(changes={"merge_least": 3, "merge_share": 0.01})
    from starlette.testclient import TestClient

    from search.app import create_app

    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        for number in range(4):
            put(client, f"g{number}")
        deadline = time.monotonic() + 20
        while service.snapshot.number == 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert service.snapshot.number > 1 and len(service.snapshot) == 40


def test_more_changes_than_memory_is_for_are_answered_429(open_shop):
    service = open_shop(changes={"memory_mb": 0.02, "merge": False})
    from starlette.testclient import TestClient

    from search.app import create_app

    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        answers = [put(client, f"g{number}") for number in range(40)]
        assert answers[0].status_code == 200 and answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1
        taken = sum(answer.status_code == 200 for answer in answers)
        assert len(service.snapshot) == 36 + taken, "what was refused is not there"


def test_a_rollback_keeps_the_changes_made_since(client, service):
    put(client, "gnome")
    merged(client)
    client.patch("/v1/products/kettle", json={"price": 1.5})
    assert client.post("/v1/catalog/rollback", json={"to": 1}).json()["serving"] == 1
    assert found(client, "Gartenzwerg")[0] == "gnome" and shown(client, "kettle")["price"] == 1.5


def test_a_rollback_may_drop_the_changes_made_since(client, service):
    put(client, "gnome")
    merged(client)
    client.patch("/v1/products/kettle", json={"price": 1.5})
    told = client.post("/v1/catalog/rollback", json={"to": 1, "changes": "drop"}).json()
    assert told["serving"] == 1 and told["changes"]["products"] == 0
    assert "gnome" not in found(client) and shown(client, "kettle")["price"] == 39.99
    put(client, "later")
    service.close()
    with open_service(service.home) as again:
        assert again.snapshot.documents.row_of("gnome") is None
        assert again.product("later", None, None) and again.product("kettle", None, None)["price"] == 39.99


def test_a_new_feed_supersedes_changes_before_it_and_none_after(client, service):
    put(client, "before")
    client.patch("/v1/products/kettle", json={"price": 1.5})
    began = service.live.log.last
    client.patch("/v1/products/toaster", json={"stock": {"mitte": 77}})
    put(client, "after")
    build_snapshot(shop_products(), service.home, Settings(), StubEncoder(), changes=began)
    assert client.post("/v1/catalog/swap").status_code == 200
    ids = found(client)
    assert "before" not in ids and "after" in ids
    assert shown(client, "kettle")["price"] == 39.99
    assert (
        service.snapshot.documents.product(service.snapshot.documents.row_of("toaster")).variants[0].stock["mitte"]
        == 77
    )


def test_a_rollback_by_another_process_keeps_the_changes_too(client, service):
    put(client, "gnome")
    merged(client)
    rollback(service.home, 1)
    service.refresh()
    assert service.snapshot.number == 1 and found(client, "Gartenzwerg")[0] == "gnome"


# --- the log ---------------------------------------------------------------------------------------------


def test_a_line_that_broke_off_was_never_answered_and_is_cut(client, service):
    put(client, "gnome")
    service.close()
    path = service.home / NAME
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    with open_service(service.home) as again:
        assert [change.number for change in again.live.log.changes] == [1]
        assert again.live.submit(again.live.log.changes).result()[0].number == 2
    assert ChangeLog(service.home).last == 2


def test_a_damaged_line_before_others_is_told(client, service):
    for number in range(3):
        put(client, f"g{number}")
    service.close()
    path = service.home / NAME
    kept = path.read_bytes().splitlines(keepends=True)
    kept[2] = kept[2].replace(b"Gartenzwerg", b"Gartenzwarg")
    path.write_bytes(b"".join(kept))
    with pytest.raises(BadSnapshot, match="line 3"):
        open_service(service.home)


def test_two_servers_do_not_write_one_log(client, service):
    put(client, "gnome")
    with open_service(service.home) as other:
        assert other.product("gnome", None, None)
        with pytest.raises(StoreUnavailable, match="Another server"):
            other.live.submit(service.live.log.changes).result()


def test_a_full_disk_refuses_the_change_and_nothing_else(client, service, monkeypatch):
    put(client, "gnome")
    import os

    def full(handle, data, at):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        answer = put(client, "other")
        assert answer.status_code == 507 and "No space left" in answer.json()["detail"]
        assert found(client, "Gartenzwerg")[0] == "gnome" and "other" not in found(client)
    assert put(client, "other").status_code == 200, "it recovers by itself"


def test_m57_stock_is_right_in_the_next_query(client):
    """M57: a shop's system patches stock; the next query after the answer knows."""
    for pieces in (0, 3, 0, 1):
        client.patch("/v1/products/kettle", json={"stock": {"mitte": pieces, "west": 0}})
        assert ("kettle" in found(client, "Wasserkocher", filter="in_stock:mitte")) is (pieces > 0)


def test_a_backup_has_the_changes_that_no_index_has_yet(client, service, shop, tmp_path):
    import shutil
    from datetime import UTC, datetime

    from search.backup import back_up, restore

    put(client, "gnome")
    client.patch("/v1/products/kettle", json={"price": 1.5})
    kept, _ = back_up(service.home, service.settings, tmp_path, datetime.now(UTC))
    put(client, "later")
    home = tmp_path / "other"
    shutil.copytree(shop, home)
    restore(kept, home, service.settings, False, datetime.now(UTC))
    with open_service(home) as again:
        assert again.product("kettle", None, None)["price"] == 1.5 and again.product("gnome", None, None)
        assert again.snapshot.documents.row_of("later") is None
