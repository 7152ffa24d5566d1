"""Whom to follow up after a session: how viewers are scored, who is listed, and what came of it."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from analytics.followups import make_due
from analytics.followups.ladder import Rung, Viewers, climb, top_share
from analytics.models import FollowUp
from commerce.models import Partner, RecordEntry
from tests.analytics.graphql_client import ask, refusal
from tests.factories import NOW, deliver, event, fill

DAY = 86_400.0
LIST = """query ($session: ID!) { followUpList(by: {session: $session}) { id rung learntFrom viewers
    currency provenance trials { rung isUsed }
    entries(first: 50) { edges { node { place score { amount } reasons isHoldout customerId } } }
    effect { approached { people buyers { numerator } sales { amount } } holdout { people }
    difference { amount } isComplete } } }"""
TRIALS = """query ($session: ID!) { followUpList(by: {session: $session}) { rung
    trials { rung topTenthShare calibration isUsed } } }"""
EXPORT = """mutation ($id: ID!) { exportFollowUpList(input: {id: $id}) { csv rows userErrors { code } } }"""
SESSION = '{ liveSession(by: {externalId: "now"}) { id } }'


def _viewers(size: int, **told: Any) -> Viewers:
    columns = {
        name: np.zeros(size)
        for name in (
            "kol", "has_bought", "is_returning", "watch_share", "join_share", "clicks", "comments", "carts",
            "recency", "age", "worth", "spent",
        )
    }  # fmt: skip
    columns["repeats"] = np.full(size, -1.0)
    # A session a day, of one viewer.
    columns["ended"] = np.arange(size, dtype=float) * DAY
    return Viewers(**{**columns, **{name: np.asarray(value, dtype=float) for name, value in told.items()}})


def _by_hand(expected: list[float], spent: list[float]) -> float:
    """The top tenth's share, viewer by viewer; those of one score in equal parts."""
    room, told = len(spent) / 10, 0.0
    for score in sorted(set(expected), reverse=True):
        alike = [amount for one, amount in zip(expected, spent, strict=True) if one == score]
        part = min(room, len(alike)) / len(alike)
        told += part * sum(alike)
        room -= part * len(alike)
    return told / sum(spent)


def test_the_top_tenth_shares_among_equals() -> None:
    generator = np.random.default_rng(3)
    for _ in range(50):
        expected = generator.integers(0, 4, size=37).astype(float)
        spent = generator.integers(0, 9, size=37).astype(float) + 0.5
        told = top_share(expected, spent)
        assert told == pytest.approx(_by_hand(expected.tolist(), spent.tolist()), abs=1e-12)


def test_where_nothing_tells_more_the_mean_is_used() -> None:
    generator = np.random.default_rng(11)
    size = 4000
    known = _viewers(
        size, watch_share=generator.random(size), spent=np.where(generator.random(size) < 0.2, 10.0, 0.0)
    )
    ladder = climb(known)
    assert ladder.used is Rung.MEAN
    assert [one.rung for one in ladder.tried] == list(Rung)
    assert ladder.tried[0].top_share == pytest.approx(0.1)
    assert ladder.score(_viewers(2)).tolist() == pytest.approx([known.spent.mean()] * 2)


def test_a_rung_that_tells_more_is_climbed_and_one_that_does_not_is_left_out() -> None:
    generator = np.random.default_rng(12)
    size = 6000
    bought = (generator.random(size) < 0.2).astype(float)
    spends = generator.random(size) < np.where(bought == 1, 0.6, 0.05)
    ladder = climb(_viewers(size, has_bought=bought, spent=np.where(spends, 20.0, 0.0)))
    assert ladder.used is Rung.CELLS
    assert [one.rung for one in ladder.tried if one.is_used] == [Rung.CELLS]
    told = ladder.score(_viewers(2, has_bought=[1, 0]))
    assert told.tolist() == pytest.approx([12.0, 1.0], abs=0.6)


def test_what_viewers_do_in_detail_is_used_where_it_tells() -> None:
    generator = np.random.default_rng(13)
    size = 6000
    watched = generator.random(size)
    spends = generator.random(size) < watched**3 * 0.8
    amounts = np.exp(2 + 2 * watched + generator.normal(0, 0.3, size=size))
    ladder = climb(_viewers(size, watch_share=watched, spent=np.where(spends, amounts, 0.0)))
    assert ladder.used is Rung.RIDGE
    low, high = ladder.score(_viewers(2, watch_share=[0.2, 0.9]))
    assert high > 10 * low


def test_a_model_at_the_end_of_what_is_allowed_scores_nobody() -> None:
    generator = np.random.default_rng(14)
    size = 1500
    age = generator.uniform(20, 50, size=size)
    # Nobody ever stops to buy: no chance of it can be found.
    repeats = generator.poisson(generator.gamma(1, 0.1, size=size) * age)
    ladder = climb(
        _viewers(
            size, has_bought=np.ones(size), repeats=repeats, age=age, recency=age * repeats / (repeats + 1),
            worth=generator.gamma(5, 10, size=size), spent=np.where(repeats > 1, 30.0, 0.0),
        )
    )  # fmt: skip
    mean, cells, purchases, ridge = ladder.tried
    assert (purchases.calibration, purchases.top_share) == (cells.calibration, cells.top_share)
    told = [mean.calibration, ridge.calibration]
    assert [one for one in told if one is None or not np.isfinite(one)] == []


def test_no_session_is_both_learnt_from_and_tried_on() -> None:
    # Seven of ten viewings end within the second session, whose viewers spend twice as much.
    spent = np.where(np.arange(10_000) % 10 == 0, np.where(np.arange(10_000) < 6000, 10.0, 20.0), 0.0)
    ladder = climb(_viewers(10_000, ended=(np.arange(10_000) >= 6000) * 90 * DAY, spent=spent))
    assert ladder.tried[0].calibration == pytest.approx(0.5)
    assert climb(_viewers(10_000, ended=np.zeros(10_000), spent=spent)).tried == []


def test_what_was_not_known_when_later_sessions_were_over_is_not_learnt_from() -> None:
    # Three sessions: what followed on the second one was seen only after the third, which is tried on.
    place, days = np.arange(9_000) // 3000, np.array([0, 30, 119])
    spent = np.where(np.arange(9_000) % 10 == 0, np.array([10.0, 70.0, 10.0])[place], 0.0)
    tried = climb(_viewers(9_000, ended=days[place] * DAY, spent=spent)).tried
    assert tried[0].calibration == pytest.approx(1.0)
    days[2] = 120
    tried = climb(_viewers(9_000, ended=days[place] * DAY, spent=spent)).tried
    assert tried[0].calibration == pytest.approx(4.0)


def test_too_few_viewings_teach_nothing() -> None:
    ladder = climb(_viewers(300, has_bought=np.ones(300), spent=np.ones(300)))
    assert (ladder.used, ladder.tried) == (Rung.MEAN, [])
    assert ladder.score(_viewers(1)).tolist() == [1.0]
    assert climb(_viewers(0)).score(_viewers(2)).tolist() == [0.0, 0.0]


# -- lists -------------------------------------------------------------------------------------


def _at(days: float) -> datetime:
    return NOW - timedelta(days=days)


def _session(
    name: str, start: datetime, viewers: list[str], **by: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    told = [event("live_session_started", start, subject=name, heartbeats=False)]
    for viewer in viewers:
        person = {"viewer_id": viewer, "customer_id": f"c-{viewer}"}
        told.append(event("live_view_started", start, subject=name, **person))
        told += [
            event(one["type"], start + timedelta(minutes=5), subject=name, **person, **one["told"])
            for one in by.get(viewer, [])
        ]
    return [*told, event("live_session_ended", start + timedelta(hours=1), subject=name)]


def _agreed(viewer: str, marketing: bool | None, profiling: bool | None = None) -> dict[str, Any]:
    consent = {"marketing": marketing, "profiling": profiling}
    told = {name: value for name, value in consent.items() if value is not None}
    return event("identify", _at(3), subject=None, customer_id=f"c-{viewer}", consent=told)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A session that has just ended, with twelve viewers: one objects to be profiled, one was never asked."""
    viewers = [f"v{n:02}" for n in range(12)]
    item: dict[str, Any] = {"items": [{"item_id": "p", "price": "30"}]}
    acts = {
        "v01": [{"type": "add_to_cart", "told": item}, {"type": "select_item", "told": item}],
        "v02": [{"type": "purchase", "told": {**item, "transaction_id": "t2"}}],
    }
    deliver(
        partner,
        [
            *_session("past", _at(120), ["v00", "v02"]),
            event("purchase", _at(110), subject=None, transaction_id="t0", customer_id="c-v00", **item),
            *_session("now", NOW - timedelta(hours=6), viewers, **acts),
            *(_agreed(viewer, True) for viewer in viewers if viewer not in ("v10", "v11")),
            _agreed("v10", True, False),
        ],
    )
    fill(partner)
    return partner


@pytest.fixture
def listed(shop: Partner) -> Callable[..., Any]:
    """Asks for the list of the session."""
    session = ask(SESSION, of=shop)["liveSession"]["id"]

    def read(query: str = LIST) -> Any:
        return ask(query, of=shop, scopes=("read", "read:audience"), session=session)["followUpList"]

    return read


def test_a_list_is_made_once_the_tail_is_over(shop: Partner, listed: Callable[..., Any]) -> None:
    ended = NOW - timedelta(hours=5)
    assert make_due(partner_id=shop.id, now=ended + timedelta(hours=1, minutes=59)) == 0
    assert make_due(partner_id=shop.id, now=NOW) == 1
    assert make_due(partner_id=shop.id, now=NOW) == 0
    told = listed()
    assert (told["rung"], told["trials"], told["learntFrom"], told["viewers"]) == ("MEAN", [], "2", "12")
    assert (told["currency"], told["provenance"]) == ("SGD", "PREDICTED")


def test_only_who_agreed_is_listed_with_reasons_and_one_in_ten_left_alone(
    shop: Partner, listed: Callable[..., Any]
) -> None:
    make_due(partner_id=shop.id, now=NOW)
    entries = [edge["node"] for edge in listed()["entries"]["edges"]]
    names = {
        one["customerId"]: ask(
            "query ($id: ID!) { customer(by: {id: $id}) { externalId } }",
            of=shop, scopes=("read:audience",), id=one["customerId"],
        )["customer"]["externalId"]
        for one in entries
    }  # fmt: skip
    assert sorted(names.values()) == [f"c-v{n:02}" for n in range(10)]
    assert [one["place"] for one in entries] == [str(place) for place in range(1, 11)]
    # Two viewers of the past session spent 30 in the 90 days after it.
    assert {one["score"]["amount"] for one in entries} == {"15.00"}
    assert sum(one["isHoldout"] for one in entries) == 1
    reasons = {names[one["customerId"]]: one["reasons"] for one in entries}
    assert reasons["c-v00"] == ["STAYED_LONG", "CAME_AGAIN", "BOUGHT_BEFORE"]
    assert reasons["c-v01"] == ["LEFT_A_CART", "CLICKED_PRODUCTS", "STAYED_LONG"]
    assert reasons["c-v02"] == ["BOUGHT", "STAYED_LONG", "CAME_AGAIN"]
    assert reasons["c-v03"] == ["STAYED_LONG"]


def test_an_order_in_the_tail_is_known_when_it_is_scored_and_nothing_to_be_foretold(
    shop: Partner, listed: Callable[..., Any]
) -> None:
    bought = {"transaction_id": "tail", "customer_id": "c-v02", "viewer_id": "v02"}
    items = [{"item_id": "p", "price": "500"}]
    deliver(shop, [event("purchase", _at(120) + timedelta(hours=2), subject=None, items=items, **bought)])
    fill(shop)
    make_due(partner_id=shop.id, now=NOW)
    entries = [edge["node"] for edge in listed()["entries"]["edges"]]
    assert {one["score"]["amount"] for one in entries} == {"15.00"}


def test_a_session_is_scored_whole_however_little_is_learnt_from(
    shop: Partner, listed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.followups.viewers.MOST", 1)
    make_due(partner_id=shop.id, now=NOW)
    told = listed()
    assert (told["learntFrom"], told["viewers"], len(told["entries"]["edges"])) == ("1", "12", 10)


def test_who_withdraws_his_consent_is_told_no_more(shop: Partner, listed: Callable[..., Any]) -> None:
    make_due(partner_id=shop.id, now=NOW)
    deliver(shop, [event("identify", NOW, subject=None, customer_id="c-v03", consent={"marketing": False})])
    assert len(listed()["entries"]["edges"]) == 9


def test_an_export_needs_its_scope_leaves_out_the_holdout_and_is_on_record(
    shop: Partner, listed: Callable[..., Any]
) -> None:
    make_due(partner_id=shop.id, now=NOW)
    identity = listed()["id"]
    assert refusal(EXPORT, of=shop, scopes=("read", "read:audience", "manage"), id=identity)[0] == "FORBIDDEN"
    told = ask(EXPORT, of=shop, scopes=("read:pii",), id=identity)["exportFollowUpList"]
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    alone = FollowUp.objects.using("worker").get(partner=shop, is_holdout=True)
    assert (told["rows"], len(rows), told["userErrors"]) == ("9", 9, [])
    assert str(alone.place) not in {row["place"] for row in rows}
    assert {(row["source"], row["score"], row["currency"]) for row in rows} == {
        ("/site/shop", "15.0000", "SGD")
    }
    entry = RecordEntry.objects.using("worker").get(partner=shop, action="export_follow_up_list")
    assert (entry.who, entry.details) == ("test", {"rows": 9})
    missing = ask(EXPORT, of=shop, scopes=("read:pii",), id="nothing")["exportFollowUpList"]
    assert missing == {"csv": None, "rows": "0", "userErrors": [{"code": "NOT_FOUND"}]}


def test_the_effect_is_the_difference_to_those_left_alone(shop: Partner, listed: Callable[..., Any]) -> None:
    made = NOW - timedelta(hours=1)
    make_due(partner_id=shop.id, now=made)
    entries = FollowUp.objects.using("worker").filter(partner=shop)
    names = {f"c-v{n:02}": None for n in range(10)}
    item: dict[str, Any] = {"items": [{"item_id": "p", "price": "9"}]}
    deliver(
        shop,
        [
            event(
                "purchase", made + timedelta(minutes=5), subject=None, transaction_id=f"e{name}",
                customer_id=name, **item,
            )
            for name in names
        ],
    )  # fmt: skip
    fill(shop)
    effect = listed()["effect"]
    assert entries.count() == 10
    assert effect == {
        "approached": {"people": "9", "buyers": {"numerator": "9"}, "sales": {"amount": "81.00"}},
        "holdout": {"people": "1"},
        "difference": {"amount": "0.00"},
        "isComplete": False,
    }


def test_what_was_tried_is_told(partner: Partner, shop: Partner, listed: Callable[..., Any]) -> None:
    """Three earlier sessions of 250 viewers: those who bought go on to buy, the others hardly do."""
    told = []
    for number, days in enumerate((300, 260, 130)):
        name, start = f"s{number}", _at(days)
        told.append(event("live_session_started", start, subject=name))
        items = [{"item_id": "p", "price": "20"}]
        for n in range(250):
            person = {"viewer_id": f"{name}-{n}", "customer_id": f"{name}-c{n}"}
            told.append(event("live_view_started", start, subject=name, **person))
            during, after = start + timedelta(minutes=9), start + timedelta(days=30)
            if n % 5 == 0:
                bought: dict[str, Any] = {"transaction_id": f"{name}-{n}", "items": items, **person}
                told.append(event("purchase", during, subject=name, **bought))
            if n % 5 == 0 or n % 25 == 1:
                later: dict[str, Any] = {"transaction_id": f"{name}-{n}-later", "items": items}
                told.append(
                    event("purchase", after, subject=None, customer_id=person["customer_id"], **later)
                )
        told.append(event("live_session_ended", start + timedelta(hours=1), subject=name))
    deliver(partner, told)
    fill(partner)
    make_due(partner_id=partner.id, now=NOW)
    found = listed(TRIALS)
    trials = {one["rung"]: one for one in found["trials"]}
    assert found["rung"] == "CELLS"
    assert [name for name, one in trials.items() if one["isUsed"]] == ["CELLS"]
    assert trials["MEAN"]["topTenthShare"] == pytest.approx(0.1)
    # The tenth of highest score is half of the fifth that bought; 50 of 60 spenders in 250 are of it.
    assert trials["CELLS"]["topTenthShare"] == pytest.approx(0.1 / 0.2 * 50 / 60, abs=0.02)
