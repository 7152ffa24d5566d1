"""What looks odd of collaborations: each sort with its evidence, at its threshold and just below."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from analytics.models import CollaborationFlag
from analytics.recompute import check
from commerce.models import LiveSession, Order, Partner, new_id
from kol import models
from kol.marks import campaigns_changed
from tests.analytics.graphql_client import ask
from tests.factories import NOW, deliver, event, fill, minute
from tests.kol.campaign_scene import campaign, join, kol, make

ITEMS = [{"item_id": "x", "quantity": 1, "price": "10.00"}]
SECOND = timedelta(seconds=1)

QUERY = """{ kols(search: "Mei") { edges { node { collaborations { edges { node { flags { kind severity
  evidence { counted among value threshold deviation orderIds since } } } } } } } } }"""


class Scene:
    """A KOL in a campaign with a session, a link and a code."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.campaign = campaign(partner, "Summer")
        self.kol = kol(partner, "Mei")
        self.collaboration = join(self.campaign, self.kol)
        owned = {"partner": partner, "collaboration": self.collaboration}
        make(models.Terms, valid_from=date(2026, 5, 1), currency="SGD", **owned)
        self.link = make(models.TrackingLink, code=new_id().hex, destination="https://shop.test/", **owned)
        make(models.PromoCode, code="MEI", **owned)
        self.account = make(
            models.KolAccount, kol=self.kol, platform="TIKTOK", handle=f"mei{new_id().hex[-12:]}"
        )

    def follow(self, visitor: str, at: datetime, *, device: str = "") -> None:
        """Somebody follows the link."""
        make(
            models.LinkClick, partner=self.partner, link=self.link, clicked_at=at, by="PERSON",
            visitor=visitor, device=device,
        )  # fmt: skip

    def order(self, name: str, at: datetime, **data: Any) -> None:
        """A paid order of no session."""
        told = event("purchase", at, subject=None, transaction_id=name, items=ITEMS, **data)
        assert deliver(self.partner, [told]).rejected == 0

    def follow_and_order(self, visitor: str, at: datetime, *, after: timedelta, device: str = "") -> None:
        """Follows the link, and orders so much later."""
        self.follow(visitor, at, device=device)
        self.order(f"o-{visitor}", at + after, viewer_id=visitor)

    def counted(self, *followers: tuple[date, int]) -> None:
        """The account's followers on some days."""
        for day, number in followers:
            make(models.KolFollowers, account=self.account, on_date=day, followers=number)

    def flags(self) -> dict[str, Any]:
        """By kind, after a fill: the API's own words, but orders by their names."""
        campaigns_changed([self.campaign.id], partner_id=self.partner.id, now=NOW, using="worker")
        fill(self.partner)
        recomputed = check(partner_id=self.partner.id, now=NOW)
        assert recomputed.by_table["collaboration flags"][1] == 0
        [edge] = ask(QUERY, of=self.partner)["kols"]["edges"]
        [one] = edge["node"]["collaborations"]["edges"]
        return {flag["kind"]: self._told(flag) for flag in one["node"]["flags"]}

    def _told(self, flag: Any) -> Any:
        evidence = flag["evidence"]
        orders = CollaborationFlag.objects.using("worker").get(partner=self.partner, kind=flag["kind"])
        own = Order.objects.using("worker").filter(partner=self.partner)
        names = dict(own.values_list("id", "external_id"))
        assert len(evidence["orderIds"]) == len(orders.order_ids)
        return {
            "severity": flag["severity"],
            **{name: evidence[name] for name in ("counted", "among", "value", "threshold", "deviation")},
            "orders": [names[one] for one in orders.order_ids],
            "since": datetime.fromisoformat(evidence["since"]),
        }


@pytest.fixture
def scene(partner: Partner) -> Scene:
    return Scene(partner)


def test_nothing_is_odd_about_people_who_take_their_time(scene: Scene) -> None:
    for number in range(4):
        scene.follow_and_order(f"v{number}", minute(number), after=5 * SECOND, device="d")
    scene.counted((date(2026, 5, 20), 10_000), (date(2026, 5, 21), 12_000))
    assert scene.flags() == {}


def test_orders_within_five_seconds_of_a_click_are_counted(scene: Scene) -> None:
    scene.follow_and_order("slow", minute(0), after=6 * SECOND)
    scene.follow_and_order("quick", minute(1), after=1.5 * SECOND)
    # The touch of this one is twenty minutes old: the same again is one touch, but the click is what counts.
    scene.follow("again", minute(2))
    scene.follow_and_order("again", minute(22), after=4 * SECOND)
    assert scene.flags() == {
        "FAST_ORDERS": {
            "severity": "LOW", "counted": "2", "among": "3", "value": "1.5", "threshold": "5",
            "deviation": None, "orders": ["o-quick", "o-again"], "since": minute(1) + 1.5 * SECOND,
        }
    }  # fmt: skip


def test_three_quick_orders_of_few_are_grave(scene: Scene) -> None:
    for number in range(3):
        scene.follow_and_order(f"v{number}", minute(number), after=0 * SECOND)
    assert scene.flags()["FAST_ORDERS"]["severity"] == "HIGH"


def test_five_orders_of_several_viewers_from_one_device(scene: Scene) -> None:
    for number in range(5):
        scene.follow_and_order(f"v{number}", minute(number), after=60 * SECOND, device="phone")
    scene.follow_and_order("other", minute(9), after=60 * SECOND, device="laptop")
    assert scene.flags() == {
        "ONE_DEVICE": {
            "severity": "MEDIUM", "counted": "5", "among": "6", "value": "5", "threshold": "5",
            "deviation": None, "orders": [f"o-v{number}" for number in range(5)], "since": minute(1),
        }
    }  # fmt: skip


def test_five_orders_of_one_customer_on_a_day(scene: Scene) -> None:
    scene.follow("v", minute(0), device="phone")
    for number in range(5):
        scene.order(f"o{number}", minute(10 + number), viewer_id="v", customer_id="c")
    assert scene.flags() == {
        "ONE_BUYER": {
            "severity": "MEDIUM", "counted": "5", "among": "5", "value": "5", "threshold": "5",
            "deviation": None, "orders": [f"o{number}" for number in range(5)], "since": minute(10),
        }
    }  # fmt: skip


def test_a_day_ends_by_the_partners_clock(scene: Scene) -> None:
    # Midnight in Singapore is 16:00 UTC.
    midnight = datetime(2026, 5, 28, 16, tzinfo=UTC)
    scene.follow("v", midnight - timedelta(hours=1))
    for number in range(6):
        at = midnight + timedelta(minutes=10 * (number - 3))
        scene.order(f"o{number}", at, viewer_id="v", customer_id="c")
    assert scene.flags() == {}


def test_what_the_kol_buys_is_seen_by_the_handle(scene: Scene) -> None:
    handle = scene.account.handle
    scene.follow_and_order("fan", minute(0), after=60 * SECOND)
    scene.order("own", minute(5), viewer_id=f"@{handle.upper()}", coupon="mei")
    scene.follow("someone", minute(3))
    scene.order("hers", minute(6), viewer_id="someone", customer_id=handle)
    flags = scene.flags()
    assert flags["SELF_PURCHASE"] == {
        "severity": "MEDIUM", "counted": "2", "among": "3", "value": "2", "threshold": "1",
        "deviation": None, "orders": ["own", "hers"], "since": minute(5),
    }  # fmt: skip
    assert list(flags) == ["SELF_PURCHASE"]


@pytest.mark.parametrize(("met", "severity"), [(0, "HIGH"), (2, "HIGH"), (3, "MEDIUM"), (5, None)])
def test_a_code_that_strangers_use_has_leaked(scene: Scene, met: int, severity: str | None) -> None:
    for number in range(10):
        if number < met:
            scene.follow(f"v{number}", minute(number))
        scene.order(f"o{number}", minute(20 + number), viewer_id=f"v{number}", coupon=" Mei ")
    flags = scene.flags()
    if severity is None:
        assert flags == {}
        return
    strangers = 10 - met
    assert flags == {
        "CODE_LEAK": {
            "severity": severity, "counted": str(strangers), "among": "10", "value": f"0.{strangers}"
            if strangers < 10 else "1", "threshold": "0.5", "deviation": None,
            "orders": [f"o{met + number}" for number in range(5)], "since": minute(20 + met),
        }
    }  # fmt: skip


def test_few_orders_with_a_code_say_nothing_of_a_leak(scene: Scene) -> None:
    for number in range(9):
        scene.order(f"o{number}", minute(number), viewer_id=f"v{number}", coupon="MEI")
    assert scene.flags() == {}


def days(first: date, *followers: int) -> Iterator[tuple[date, int]]:
    return ((first + timedelta(days=number), told) for number, told in enumerate(followers))


@pytest.mark.parametrize(
    ("followers", "told"),
    [
        ((10_000, 12_001), ("2001", "10000", "0.2001", "21")),
        ((10_000, 12_000), None),
        ((4_000, 5_000), None),
        ((4_000, 5_001, 9_001), ("4000", "5001", "0.79984", "21")),
    ],
)
def test_followers_that_jump_are_odd(scene: Scene, followers: tuple[int, ...], told: Any) -> None:
    scene.counted(*days(date(2026, 5, 20), *followers))
    flags = scene.flags()
    if told is None:
        assert flags == {}
        return
    gained, before, value, day = told
    assert flags == {
        "FOLLOWER_JUMP": {
            "severity": "MEDIUM", "counted": gained, "among": before, "value": value, "threshold": "0.2",
            "deviation": None, "orders": [],
            "since": datetime(2026, 5, int(day), tzinfo=UTC) - timedelta(hours=8),
        }
    }  # fmt: skip


def test_days_nobody_counted_share_a_jump(scene: Scene) -> None:
    scene.counted((date(2026, 5, 20), 10_000), (date(2026, 5, 23), 16_000))
    assert scene.flags() == {}


def test_a_jump_is_measured_by_the_days_before_it(scene: Scene) -> None:
    # Gains of 100 and 300 in turn, fourteen of them: mean 200, spread sqrt(14 x 100^2 / 13) = 103.7749.
    counts = [100_000]
    for number in range(14):
        counts.append(counts[-1] + (100 if number % 2 == 0 else 300))
    counts.append(counts[-1] + 40_000)
    scene.counted(*days(date(2026, 5, 10), *counts))
    flag = scene.flags()["FOLLOWER_JUMP"]
    assert (flag["severity"], flag["counted"], flag["among"]) == ("HIGH", "40000", "102800")
    assert flag["deviation"] == "383.5224"


def test_a_jump_long_before_the_campaign_or_after_it_is_none_of_its(scene: Scene) -> None:
    scene.counted(
        (date(2026, 2, 18), 1_000), (date(2026, 2, 19), 9_000), (date(2026, 6, 9), 9_000),
        (date(2026, 6, 10), 90_000),
    )  # fmt: skip
    # 2026-02-19 is 90 days before the twentieth of May.
    assert scene.flags()["FOLLOWER_JUMP"]["counted"] == "8000"


def engaged(scene: Scene, *, rates: list[tuple[int, int]], followers: list[int]) -> None:
    """Collaborations with so many engaged of so many reached; the last is the scene's own."""
    rest = campaign(scene.partner, "Other")
    for number, ((some, reach), size) in enumerate(zip(rates, followers, strict=True)):
        is_own = number == len(rates) - 1
        who = scene.kol if is_own else make(models.Kol, name=f"k{number}")
        row = scene.collaboration if is_own else join(rest, who)
        account = (
            scene.account
            if is_own
            else make(models.KolAccount, kol=who, platform="TIKTOK", handle=new_id().hex)
        )
        make(models.KolFollowers, account=account, on_date=date(2026, 1, 1), followers=size)
        watch(scene.partner, row, some=some, reach=reach)


def watch(partner: Partner, row: models.Collaboration, *, some: int, reach: int) -> None:
    """A session with the KOL of so many viewers, of whom some write."""
    subject = f"live-{row.id}"
    events = [event("live_session_started", minute(0), subject=subject)]
    for number in range(reach):
        me = {"subject": subject, "viewer_id": f"{row.id.hex[-8:]}-{number}"}
        events.append(event("live_view_started", minute(1), **me))
        if number < some:
            events.append(event("live_comment", minute(2), text="!", **me))
    events.append(event("live_session_ended", minute(9), subject=subject))
    assert deliver(partner, events).rejected == 0
    session = LiveSession.objects.using("worker").get(partner=partner, external_id=subject)
    make(models.Appearance, partner=partner, collaboration=row, session=session)
    campaigns_changed([row.campaign_id], partner_id=partner.id, now=NOW, using="worker")


def test_engagement_above_nearly_all_of_the_tier_is_odd(scene: Scene) -> None:
    # Nineteen of 3 in 30, the own 27 of 30: the 99th percentile of twenty is 0.1 + 0.81 x (0.9 - 0.1).
    engaged(scene, rates=[(3, 30)] * 19 + [(27, 30)], followers=[9_999] * 20)
    flag = scene.flags()["HIGH_ENGAGEMENT"]
    assert flag == {
        "severity": "LOW", "counted": "27", "among": "30", "value": "0.9", "threshold": "0.748",
        "deviation": None, "orders": [], "since": datetime(2026, 5, 19, 16, tzinfo=UTC),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rates", "followers"),
    [
        ([(3, 30)] * 18 + [(27, 30)], [9_999] * 19),
        ([(3, 30)] * 19 + [(27, 30)], [9_999] * 18 + [10_000, 9_999]),
        ([(3, 30)] * 18 + [(3, 29), (27, 30)], [9_999] * 20),
        ([(3, 30)] * 20, [9_999] * 20),
    ],
    ids=["too few", "one of another tier", "one of few viewers", "all alike"],
)
def test_engagement_is_compared_with_twenty_of_the_tier(
    scene: Scene, rates: list[tuple[int, int]], followers: list[int]
) -> None:
    engaged(scene, rates=rates, followers=followers)
    assert "HIGH_ENGAGEMENT" not in scene.flags()


def test_what_is_no_longer_odd_is_no_longer_told(scene: Scene) -> None:
    scene.counted(*days(date(2026, 5, 20), 10_000, 30_000))
    assert list(scene.flags()) == ["FOLLOWER_JUMP"]
    models.KolFollowers.objects.using("worker").filter(account=scene.account).delete()
    assert scene.flags() == {}
