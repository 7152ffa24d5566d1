"""Who is erased is nowhere, every number stays, and nobody who is sent again comes back."""

import json
from uuid import UUID

import pytest

from analytics.recompute import check
from commerce import ingest, privacy
from commerce.access import SCOPES, Actor
from commerce.connection import worker_connection
from commerce.models import Partner
from tests.commerce.people import Somebody, crowd, dump, numbers, places_of
from tests.factories import NOW, SOURCE, fill


def house(partner: Partner) -> Actor:
    return Actor(name="ann", partner_ids=(partner.id,), scopes=frozenset(SCOPES))


def ids_of(partner: Partner, one: Somebody) -> tuple[UUID, UUID]:
    row = (
        worker_connection()
        .execute(
            "SELECT c.id, v.id FROM commerce_customer c JOIN commerce_viewer v ON v.customer_id = c.id "
            "WHERE c.partner_id = %s AND c.external_id = %s AND v.external_id = %s",
            [partner.id, one.customer, one.viewer],
        )
        .fetchone()
    )
    assert row is not None
    return row[0], row[1]


def name_of(partner: Partner, one: Somebody, way: int) -> privacy.Name:
    """The person by one of the names there are."""
    customer, viewer = ids_of(partner, one)
    return [
        privacy.Name(external_customer=one.customer),
        privacy.Name(external_viewer=one.viewer, source=SOURCE),
        privacy.Name(email=one.email),
        privacy.Name(phone=one.phone),
        privacy.Name(customer=customer),
        privacy.Name(viewer=viewer),
    ][way % 6]


def erase(partner: Partner, name: privacy.Name, reason: str = "asked to") -> privacy.Erased:
    return privacy.erase_person(name, partner_id=partner.id, actor=house(partner), reason=reason, now=NOW)


def erasure(partner: Partner, *, size: int, erased: int) -> float:
    """The promise, for a crowd of this size; answers the longest erasure in seconds."""
    people = crowd(partner, size=size, seed=14)
    before = numbers(partner)
    chosen = people[:: size // erased][:erased]
    gone = [name for one in chosen for name in one.names]
    assert places_of(gone, dump()) == gone
    seconds = [
        erase(partner, name_of(partner, one, way), f"wrote from {one.email}").seconds
        for way, one in enumerate(chosen)
    ]
    assert places_of(gone, dump()) == []
    assert numbers(partner) == before
    assert check(partner_id=partner.id, now=NOW).differences == 0
    _send_again(partner, chosen)
    assert places_of(gone, dump()) == []
    assert numbers(partner) == before
    return max(seconds)


def _send_again(partner: Partner, people: list[Somebody]) -> None:
    told = [json.dumps(one_event).encode() for one in people for one_event in one.events]
    outcome = ingest.accept(told, partner_id=partner.id, now=NOW)
    assert (outcome.accepted, outcome.duplicate) == (0, len(told))
    refused = [body for one in people for body in one.refused]
    assert ingest.accept(refused, partner_id=partner.id, now=NOW).rejected == len(refused)
    fill(partner)


def test_erased_people_are_nowhere_and_numbers_stay(
    partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert erasure(partner, size=60, erased=6) < 60
