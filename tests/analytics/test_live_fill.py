"""While a session is live its numbers are carried on by what is new; they stay those of the slow truth."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import sql

from analytics.fills import sessions, statements
from analytics.models import Viewing
from analytics.recompute import check
from commerce.models import Partner
from tests.analytics.compare import differences, world
from tests.analytics.scenes import person
from tests.analytics.scenes_moments import moments
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, fill, minute

Raw = dict[str, Any]
ACTS = [
    "live_like",
    "live_comment",
    "share",
    "select_item",
    "add_to_cart",
    "view_item_list",
    "live_cta_click",
]


def live(rng: random.Random) -> list[Raw]:
    """A session of half an hour and its people, in time order, without an end."""
    told: list[Raw] = []
    heartbeats = rng.random() < 0.8
    start = rng.choice([0.0, 0.0, 2.0, 6.0])
    if rng.random() < 0.8:
        told.append(event("live_session_started", minute(start), heartbeats=heartbeats))
    for number in range(rng.randrange(6, 12)):
        told += _person(rng, f"v{number}")
    told += moments(rng, "live-1", start)
    return sorted(told, key=lambda one: str(one["time"]))


def _person(rng: random.Random, viewer: str) -> Iterator[Raw]:
    """Comes, mostly in one tab, goes on twice a minute or so, falls silent, may end and come again."""
    at = rng.randrange(120)
    tabs = [rng.choice([None, f"{viewer}-a"])]
    if rng.random() < 0.25:
        tabs.append(f"{viewer}-b")
    is_counted = rng.random() < 0.3
    for _ in range(rng.randrange(1, 4)):
        if rng.random() < 0.9:
            yield _sign(rng, "live_view_started", at, viewer, rng.choice(tabs), is_counted)
        for _ in range(rng.randrange(12)):
            at += rng.choice([0, 1, 2, 3, 3, 3, 3, 4, 6, 9, 10, 18, 19, 40])
            kind = rng.choice(["live_view_heartbeat"] * 5 + ACTS)
            tab = rng.choice(tabs) if kind == "live_view_heartbeat" or rng.random() < 0.1 else None
            yield _sign(rng, kind, at, viewer, tab, is_counted)
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            at += rng.choice([0, 1, 2, 30])
            yield _sign(rng, "live_view_ended", at, viewer, rng.choice([*tabs, None]), is_counted)
        at += rng.choice([0, 1, 10, 30])


def _sign(rng: random.Random, kind: str, at: int, viewer: str, tab: str | None, is_counted: bool) -> Raw:
    """A sign `at` ten-second steps after the first moment; equal instants are frequent."""
    data: Raw = {"viewer_id": viewer}
    if tab is not None:
        data["view_id"] = tab
    if is_counted and rng.random() < 0.9:
        data["sequence"] = at * 10 + rng.randrange(3)
    if kind == "live_view_started":
        data |= person(rng)
    if kind == "live_comment":
        data["text"] = "is it in stock?"
    if kind in ("select_item", "add_to_cart", "view_item_list"):
        data["items"] = [{"item_id": rng.choice(["lip", "hat"])}]
    return event(kind, minute(at / 6), **data)


def batches(rng: random.Random, events: list[Raw]) -> Iterator[list[Raw]]:
    """In time order and small; a few events come later than the others of their time."""
    late: list[Raw] = []
    batch: list[Raw] = []
    size = rng.randrange(1, 12)
    for told in events:
        (late if rng.random() < 0.02 else batch).append(told)
        if len(batch) == size:
            take, size = rng.randrange(3) == 0, rng.randrange(1, 12)
            yield [*batch, *(late if take else [])]
            batch, late = [], [] if take else late
    yield [*batch, *late]


class Told:
    """How many viewers with a viewing had new events, and how many of them were carried on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = self.carried = 0
        real = sessions._carry_on

        def counting(connection: Any, fills: Any, values: Any) -> Any:
            known = [
                one
                for part in fills
                for one in Viewing.objects.using("worker")
                .filter(session_id=part.session_id, viewer_id__in=part.claim.viewers)
                .values_list("session_id", "viewer_id")
            ]
            others = real(connection, fills, values)
            left = {(session, viewer) for session, picked in others.items() for viewer in picked.viewers}
            self.asked += len(known)
            self.carried += len(set(known) - left)
            return others

        monkeypatch.setattr(sessions, "_carry_on", counting)


def fed(partner: Partner, seed: int) -> list[list[str]]:
    """Differences to the truth after each batch of a random live; the first that has some is the last."""
    rng = random.Random(seed)
    seen: list[Raw] = []
    found: list[list[str]] = []
    for batch in batches(rng, live(rng)):
        outcome = deliver(partner, batch)
        assert outcome.rejected == 0, outcome.errors
        seen += batch
        fill(partner)
        found.append(differences(world(seen, partner), partner))
        if found[-1]:
            break
    return found


# 1076: an end without a start fills a silence that had ended what was open.
@pytest.mark.parametrize("seed", [*range(200, 212), 1076])
def test_numbers_of_a_live_session_are_those_of_the_truth_after_every_batch(
    partner: Partner, seed: int
) -> None:
    assert [one for one in fed(partner, seed) if one] == []
    checked = check(partner_id=partner.id, now=NOW)
    assert (checked.differences, checked.waiting, checked.by_table["viewings"][1]) == (0, 0, 0)


def test_most_viewers_of_a_live_session_are_carried_on(
    make_partner: PartnerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(monkeypatch)
    for seed in range(220, 223):
        fed(make_partner(), seed)
    print(f"carried on: {told.carried} of {told.asked} viewers seen before")
    assert told.carried * 2 > told.asked


MUTANTS = {
    "the silence before the new signs": (
        "AND NOT (heartbeats AND first_value(at) OVER viewer - last_sign_at > %(silence)s) AS goes_on",
        "AS goes_on",
    ),
    "the silences between them": ("AND at - at_before > %(silence)s", "AND false"),
    "the view": ("COALESCE(view = lane, lane =  -1 OR kind <> 11)", "true"),
    "what comes after an end": ("AND (is_last OR NOT is_end)", ""),
    "what came late": (
        "WHERE p.since > p.last_sign_at AND e.occurred_at > p.last_sign_at",
        "WHERE e.occurred_at > p.last_sign_at",
    ),
    "who was seen before the start": ("e.occurred_at < s.starts_at", "false"),
}


# Sessions that showed them are looked at first.
SHOWN_IN = {"the view": 201, "who was seen before the start": 202, "what came late": 204}


@pytest.mark.parametrize("name", MUTANTS)
def test_carrying_on_without_looking_at_something_is_caught(
    make_partner: PartnerFactory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole = statements.carry_on().as_string(None)
    part, instead = MUTANTS[name]
    assert whole.count(part) == 1
    monkeypatch.setattr(statements, "carry_on", lambda: sql.SQL(whole.replace(part, instead)))
    seeds = (SHOWN_IN.get(name, 200), *range(200, 230))
    assert any(found for seed in seeds for found in fed(make_partner(), seed))
