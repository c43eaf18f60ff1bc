"""What judges choices remembers who chose what for half an hour, and nothing of those who were erased."""

from __future__ import annotations

from search.messages import EventIn


def test_an_erased_shopper_is_not_remembered_as_having_chosen(service):
    products = [service.snapshot.documents.id_of(row) for row in range(2)]
    for shopper in ("anna", "bernd"):
        told = [
            EventIn(event_id=f"{shopper}-{place}", type="click", product_id=product, shopper=shopper)
            for place, product in enumerate(products)
        ]
        service.record(told)()
    assert {who for who, _ in service.validator._chosen} == {"anna", "bernd"}
    service.erase("anna")
    assert {who for who, _ in service.validator._chosen} == {"bernd"}
