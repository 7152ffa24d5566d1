"""Who watched: by source, by group and one by one; nothing about a group of fewer than ten."""

import csv
import io
import random
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from analytics.fills.suppression import FEWEST, shown
from analytics.models import SessionAudience, ViewerPath
from analytics.recompute import check
from commerce.models import Partner, RecordEntry
from tests.analytics.compare import differences, world
from tests.analytics.graphql_client import ask, refusal, statements
from tests.analytics.scenes import scene
from tests.factories import NOW, deliver, event, fill, minute
from tests.oracle.audience import paths, stayed_to_end, traffic

VIEWERS = """query ($by: LiveSessionBy!, $filter: ViewingFilter, $first: Int!, $after: String) {
  liveSession(by: $by) { viewers(filter: $filter, first: $first, after: $after) {
    edges { cursor node { externalId joinedAt leftAt watchedSeconds joins source clickedAt cartedAt checkoutAt
      boughtAt orderExternalId isReturning stayedToEnd isCompleted } }
    pageInfo { hasNextPage endCursor } } } }"""
TRAFFIC = """query ($by: LiveSessionBy!, $basis: SalesBasis!) { liveSession(by: $by) {
  traffic(basis: $basis) { source subSource isPaid impressions views viewers watchTime convertedViewers orders
    liveSales { amount } } kpis(basis: $basis) { impressions views viewers watchTime orders } } }"""
AUDIENCE = """query ($by: LiveSessionBy!, $who: AudienceOf!) { liveSession(by: $by) { audience(of: $who) {
  people isRounded breakdowns { dimension cells { group people isSuppressed } } } } }"""
SCOPES = ("read", "read:audience")


def at(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


@pytest.mark.parametrize("seed", [301, 302, 303])
def test_each_viewer_is_shown_from_the_first_join_to_an_order(partner: Partner, seed: int) -> None:
    events = scene(random.Random(seed))
    deliver(partner, events)
    fill(partner)
    truth = world(events, partner)
    for source, subject in truth.sessions:
        session = truth.session(source=source, subject=subject)
        found = paths(truth, session)
        rows, after = [], None
        while True:
            answer = ask(
                VIEWERS, of=partner, scopes=SCOPES, by={"externalId": subject}, first=2, after=after
            )["liveSession"]["viewers"]
            rows += [edge["node"] for edge in answer["edges"]]
            after = answer["pageInfo"]["endCursor"]
            if not answer["pageInfo"]["hasNextPage"]:
                break
        joined = sorted(path.viewer.first_joined_at for path in found.values())
        assert [at(row["joinedAt"]) for row in rows] == joined
        assert len(rows) == len(found)
        for row in rows:
            path = found[row["externalId"]]
            order = path.order
            assert row["joins"] == str(path.viewer.joins)
            assert float(row["watchedSeconds"]) == float(path.viewer.watch_seconds)
            assert (row["source"] or "", row["isReturning"]) == (path.source[0], path.is_returning)
            assert [at(row[key]) for key in ("clickedAt", "cartedAt", "checkoutAt")] == [
                path.first_clicked_at, path.first_carted_at, path.first_checkout_at,
            ]  # fmt: skip
            assert at(row["boughtAt"]) == (order.placed_at if order else None)
            assert row["orderExternalId"] == (order.transaction_id if order else None)
            assert (row["stayedToEnd"], row["isCompleted"]) == (
                stayed_to_end(session, path), path.viewer.completed,
            )  # fmt: skip
        wanted = {"stayedToEnd": True, "bought": False}
        answer = ask(VIEWERS, of=partner, scopes=SCOPES, by={"externalId": subject}, first=50, filter=wanted)
        stayed = {edge["node"]["externalId"] for edge in answer["liveSession"]["viewers"]["edges"]}
        assert stayed == {n for n, p in found.items() if stayed_to_end(session, p) and p.order is None}


def test_viewers_need_their_own_scope(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0))])
    code, _ = refusal(VIEWERS, of=partner, by={"externalId": "live-1"}, first=1)
    assert code == "FORBIDDEN"


@pytest.mark.parametrize("basis", ["PLACED", "PAID", "NET"])
def test_traffic_is_the_truths_and_adds_up_to_the_session(partner: Partner, basis: str) -> None:
    events = scene(random.Random(311))
    deliver(partner, events)
    fill(partner)
    truth = world(events, partner)
    for source, subject in truth.sessions:
        session = truth.session(source=source, subject=subject)
        answer = ask(TRAFFIC, of=partner, by={"externalId": subject}, basis=basis)["liveSession"]
        got = {
            (row["source"] or "", row["subSource"] or "", row["isPaid"]): (
                int(row["impressions"]), int(row["views"]), int(row["viewers"]), float(row["watchTime"]),
                int(row["convertedViewers"]), int(row["orders"]), float(row["liveSales"]["amount"]),
            )
            for row in answer["traffic"]
        }  # fmt: skip
        wanted = traffic(session, paths(truth, session), basis=basis, currency=session.currency)
        assert {key: row for key, row in got.items() if any(row)} == {
            key: tuple(float(value) if place in (3, 6) else value for place, value in enumerate(row.values()))
            for key, row in wanted.items()
        }
        kpis = answer["kpis"]
        for key in ("impressions", "views", "viewers", "watchTime", "orders"):
            assert sum(float(row[key]) for row in answer["traffic"]) == float(kpis[key])


def test_a_page_of_sessions_takes_one_statement_a_question(partner: Partner) -> None:
    starts = [event("live_session_started", minute(n), subject=f"s{n}") for n in range(6)]
    deliver(partner, starts)
    fill(partner)
    query = "query ($first: Int!) { liveSessions(first: $first) { edges { node { FIELD } } } }"
    for field in ("traffic { viewers }", "audience { people }"):
        asked = query.replace("FIELD", field)
        assert [statements(asked, of=partner, first=first) for first in (1, 4)] == [2, 2]


def test_viewers_are_taken_out_on_record_and_a_formula_stays_text(partner: Partner) -> None:
    who = {"viewer_id": "=1+1"}
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("live_view_started", minute(1), traffic_source="@feed", **who),
            event("live_session_ended", minute(9)),
        ],
    )
    fill(partner)
    session = ask('{ liveSession(by: {externalId: "live-1"}) { id } }', of=partner)["liveSession"]["id"]
    export = """mutation ($id: ID!) { exportViewers(input: {session: $id, filter: {bought: false}}) {
      csv rows userErrors { code } } }"""
    answer = ask(export, of=partner, scopes=SCOPES, id=session)["exportViewers"]
    (row,) = csv.DictReader(io.StringIO(answer["csv"]))
    assert (answer["rows"], row["external_id"], row["source"]) == ("1", "'=1+1", "'@feed")
    (entry,) = RecordEntry.objects.using("worker").filter(partner=partner)
    assert (entry.action, entry.details) == ("export_viewers", {"filter": {"bought": "False"}, "rows": 1})
    assert refusal(export, of=partner, id=session)[0] == "FORBIDDEN"


# -- small groups ------------------------------------------------------------------------------


def test_nothing_about_fewer_than_ten_is_told_by_what_is_shown_or_one_subtraction() -> None:
    rng = random.Random(15)
    for _ in range(2000):
        counts = {f"g{n}": rng.choice((0, 0, 1, 3, 9, 10, 11, 40, 500)) for n in range(rng.randrange(2, 8))}
        told = shown(counts)
        total = sum(counts.values())
        hidden = [group for group, people in told.items() if people is None]
        assert all(people is None or people >= FEWEST for people in told.values())
        if hidden and len(hidden) < len(counts):
            assert len(hidden) > 1
            assert total - sum(people for people in told.values() if people is not None) >= FEWEST


def crowd(rng: random.Random, subject: str, start: int) -> list[dict[str, Any]]:
    """A session with a few dozen people, some of whom buy."""
    on = {"subject": subject}
    told = [event("live_session_started", minute(start), **on)]
    for number in range(rng.randrange(5, 60)):
        who = {"viewer_id": f"v{rng.randrange(80)}", **on}
        traits: dict[str, Any] = {"gender": rng.choice(["f", "f", "f", "m", None])}
        traits["country"] = rng.choice(["SG"] * 9 + ["MY"])
        traits |= {"age_band": rng.choice(["18-24", "25-34", "25-34", "55+"]), "follower": rng.random() < 0.7}
        told.append(event("live_view_started", minute(start + 1), **who, **traits))
        if rng.random() < 0.4:
            buyer = {"customer_id": f"c{who['viewer_id']}", "transaction_id": f"{subject}-{number}", **who}
            items = [{"item_id": "x", "price": "1.00"}]
            told.append(event("purchase", minute(start + 2), items=items, **buyer))
            told.append(event("identify", minute(start + 3), customer_id=buyer["customer_id"], gender="f"))
    return [*told, event("live_session_ended", minute(start + 10), **on)]


def test_two_hundred_sessions_reveal_nobody(partner: Partner) -> None:
    rng = random.Random(200)
    deliver(partner, [one for n in range(200) for one in crowd(rng, f"s{n}", n * 15)])
    fill(partner)
    raw = {
        (row["session__external_id"], row["gender"])
        for row in ViewerPath.objects.using("worker").filter(partner=partner).values(
            "session__external_id", "gender"
        )
    }
    assert len(raw) > 200
    seen = 0
    for row in SessionAudience.objects.using("worker").filter(partner=partner).values():
        for cells in row["cells"].values():
            known = [people for people in cells.values() if people is not None]
            seen += len(known)
            assert all(people >= FEWEST for people in known)
            if row["people"] is None:
                assert known == []
                continue
            # One subtraction: the total less what is shown, and less any part of it.
            for size in range(1, len(known) + 1):
                for some in combinations(known, size):
                    left = row["people"] - sum(some)
                    assert left >= FEWEST or (left == 0 and size == len(cells))
    assert seen > 200
    assert check(partner_id=partner.id, now=NOW).differences == 0


def test_while_live_counts_are_rounded_and_refreshed_once_a_minute(partner: Partner) -> None:
    def come(first: int, last: int) -> None:
        deliver(
            partner,
            [
                event("live_view_started", minute(1), viewer_id=f"v{n}", gender="f")
                for n in range(first, last)
            ],
        )

    def people(now: datetime) -> int:
        fill(partner, now=now)
        answer = ask(AUDIENCE, of=partner, by={"externalId": "live-1"}, who="VIEWERS")
        told = answer["liveSession"]["audience"]
        assert told["isRounded"] is True
        return int(told["people"])

    deliver(partner, [event("live_session_started", minute(0))])
    come(0, 23)
    assert people(NOW) == 25
    come(23, 40)
    assert people(NOW + timedelta(seconds=30)) == 25
    assert check(partner_id=partner.id, now=NOW + timedelta(seconds=31)).differences == 0
    come(40, 41)
    assert people(NOW + timedelta(seconds=60)) == 40


def test_who_watched_an_earlier_session_is_told_also_when_that_is_known_late(partner: Partner) -> None:
    later = [event("live_session_started", minute(60), subject="b")]
    later += [event("live_view_started", minute(61), subject="b", viewer_id="ann")]
    earlier = [event("live_session_started", minute(0), subject="a")]
    earlier += [event("live_view_started", minute(1), subject="a", viewer_id="ann")]
    told: list[Any] = []
    for some in (later, earlier, [event("live_session_started", minute(-9), subject="b")]):
        told += some
        deliver(partner, some)
        fill(partner)
        assert differences(world(told, partner), partner) == []
    flags = ViewerPath.objects.using("worker").filter(partner=partner).order_by("watched_from")
    assert list(flags.values_list("session__external_id", "is_returning")) == [("b", False), ("a", True)]


def test_an_earlier_order_known_late_makes_the_buyer_new_in_another_session(partner: Partner) -> None:
    items = [{"item_id": "x", "price": "1.00"}]
    told: list[Any] = [event("live_session_started", minute(n * 60), subject=s) for n, s in enumerate("ab")]
    for subject, start in (("b", 61), ("a", 1)):
        bought: dict[str, Any] = {"transaction_id": f"o-{subject}", "customer_id": "ann", "items": items}
        told.append(event("purchase", minute(start), subject=subject, **bought))
        deliver(partner, told)
        fill(partner)
        assert differences(world(told, partner), partner) == []
