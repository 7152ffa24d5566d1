"""Claims: one payable commission an order, booked line by line, never rewritten."""

from datetime import date, timedelta
from decimal import Decimal

from commerce.models import RecordEntry
from kol.marks import campaigns_changed
from kol.models import Claim, ClaimLine, PromoCode, Terms
from tests.factories import deliver, event, fill
from tests.kol.ledger import NOW, at, books, terms


def test_a_paid_order_books_one_pending_claim_with_one_line() -> None:
    world = books()
    order = world.order("120.55", placed_at=at(20))
    assert world.book() == 1
    (claim,) = world.claims()
    assert (claim.order_id, claim.collaboration_id, claim.model, claim.status, claim.currency) == (
        order, world.collaborations[0].pk, "CODE_FIRST", Claim.Status.PENDING, "SGD",
    )  # fmt: skip
    assert (claim.placed_at, claim.approves_at) == (at(20), at(20) + timedelta(days=14))
    assert world.lines() == [(0, "SALE", Decimal("120.55"), Decimal("12.06"))]


def test_booked_twice_is_booked_once() -> None:
    world = books()
    world.order("120", placed_at=at(20))
    assert [world.book(), world.book(), world.book(now=NOW + timedelta(days=1))] == [1, 0, 0]


def test_a_half_goes_to_the_even_unit_of_the_currency() -> None:
    world = books()
    due = [("0.05", "SGD"), ("0.15", "SGD"), ("0.25", "SGD"), ("0.35", "SGD"), ("5", "JPY"), ("15", "JPY"),
        ("25", "JPY"), ("0.0050", "KWD"), ("0.0150", "KWD")]  # fmt: skip
    orders = [world.order(base, placed_at=at(20), currency=currency) for base, currency in due]
    world.book()
    booked = [[amount for *_, amount in world.lines(order)] for order in orders]
    assert booked == [
        [], [Decimal("0.02")], [Decimal("0.02")], [Decimal("0.04")], [], [2], [2], [], [Decimal("0.002")],
    ]  # fmt: skip
    assert len(world.claims()) == 6


def test_a_refund_books_what_is_given_back_and_leaves_the_approval() -> None:
    world = books()
    order = world.order("100", placed_at=at(1))
    world.book()
    Claim.objects.using("worker").filter(order_id=order).update(status="APPROVED")
    world.due[order].base, world.due[order].returned_at = Decimal("40"), at(28)
    assert world.book() == 1
    assert world.lines() == [(0, "SALE", 100, 10), (0, "REFUND", -60, -6)]
    assert world.claim(order).status == "APPROVED"


def test_an_order_that_goes_to_another_is_reversed_and_booked_anew() -> None:
    world = books()
    order = world.order("100", placed_at=at(1))
    world.book()
    world.due[order].to = world.collaborations[1].pk
    assert world.book(now=NOW + timedelta(hours=1)) == 2
    assert sorted(world.lines()) == [(0, "REVERSAL", -100, -10), (0, "SALE", 100, 10), (1, "SALE", 100, 20)]
    assert world.claim(order).collaboration_id == world.collaborations[1].pk
    (entry,) = RecordEntry.objects.using("worker").filter(partner=world.partner)
    assert (entry.who, entry.action, entry.subject_id) == ("attribution", "move_claim", order)
    assert entry.details == {
        "before": {"collaboration": str(world.collaborations[0].pk), "status": "PENDING"},
        "after": {"collaboration": str(world.collaborations[1].pk), "status": "PENDING"},
    }


def test_an_order_that_nobody_is_credited_with_any_more_is_reversed() -> None:
    world = books()
    order = world.order("100", placed_at=at(1))
    world.book()
    del world.due[order]
    assert world.book(since=at(2)) == 0
    assert world.book(since=at(1)) == 1
    assert world.lines() == [(0, "SALE", 100, 10), (0, "REVERSAL", -100, -10)]


def test_tiers_are_marginal_over_the_orders_of_the_terms() -> None:
    world = books(rates=("0.02",))
    Terms.objects.using("worker").filter(partner=world.partner).update(
        commission_tiers=[{"from": "100", "rate": "0.1"}, {"from": "150", "rate": "0.2"}]
    )
    orders = [world.order("80", placed_at=at(day)) for day in (1, 2, 3)]
    world.book()
    # 80 at 2 %; 20 at 2 % and 50 at 10 % and 10 at 20 %; 80 at 20 %.
    assert [world.lines(order)[0][3] for order in orders] == [
        Decimal("1.6"),
        Decimal("7.4"),
        Decimal(16),
    ]
    world.due[orders[0]].base = Decimal("30")
    assert world.book() == 3
    assert [line[1:] for line in world.lines(orders[1])] == [
        ("SALE", 80, Decimal("7.4")),
        ("CORRECTION", 0, Decimal(-5)),
    ]


def test_the_terms_of_the_orders_own_day_are_those_that_count() -> None:
    world = books(rates=("0.1",))
    terms(world.collaborations[0], valid_from=date(2026, 5, 2), commission_rate=Decimal("0.5"),
        valid_until=date(2026, 5, 3))  # fmt: skip
    # 15:59 UTC is a minute before midnight in Singapore.
    moments = (at(1, hour=15), at(1, hour=16), at(2, hour=15), at(2, hour=16))
    orders = [world.order("100", placed_at=moment) for moment in moments]
    world.book()
    assert [world.lines(order) for order in orders] == [
        [(0, "SALE", 100, 10)],
        [(0, "SALE", 100, 50)],
        [(0, "SALE", 100, 50)],
        [],
    ]
    Terms.objects.using("worker").filter(partner=world.partner, valid_from=date(2026, 5, 2)).update(
        commission_rate=Decimal("0.4")
    )
    assert world.book() == 2
    assert world.lines(orders[1]) == [(0, "SALE", 100, 50), (0, "CORRECTION", 0, -10)]


# -- from events to claims -----------------------------------------------------------------------


def test_an_order_with_an_exclusive_code_is_claimed_refunded_and_cancelled_as_it_is_told() -> None:
    world = books()
    for number, one in enumerate(world.collaborations):
        PromoCode.objects.using("worker").create(
            partner=world.partner, collaboration=one, code=f"HAT{number}", is_exclusive=True
        )
    campaign = world.collaborations[0].campaign_id
    items = [{"item_id": "hat", "quantity": 1, "price": "80.50"}]
    told = {"transaction_id": "o1", "coupon": "hat0", "subject": None}
    deliver(world.partner, [event("purchase", at(20), items=items, **told)])
    campaigns_changed([campaign], partner_id=world.partner.pk, now=NOW, using="worker")
    fill(world.partner)
    (claim,) = world.claims()
    assert (claim.order_number, claim.collaboration_id, claim.status) == (
        "o1", world.collaborations[0].pk, "PENDING",
    )  # fmt: skip
    assert world.lines() == [(0, "SALE", Decimal("80.5"), Decimal("8.05"))]
    deliver(
        world.partner,
        [event("refund", at(22), refund_id="r1", transaction_id="o1", value="30.50", subject=None)],
    )
    fill(world.partner)
    Terms.objects.using("worker").filter(collaboration=world.collaborations[0]).update(commission_rate="0.5")
    campaigns_changed([campaign], partner_id=world.partner.pk, now=NOW, using="worker")
    fill(world.partner, now=NOW + timedelta(minutes=1))
    PromoCode.objects.using("worker").filter(collaboration=world.collaborations[0]).delete()
    PromoCode.objects.using("worker").filter(collaboration=world.collaborations[1]).update(code="HAT0")
    campaigns_changed([campaign], partner_id=world.partner.pk, now=NOW, using="worker")
    fill(world.partner, now=NOW + timedelta(minutes=2))
    fill(world.partner, now=NOW + timedelta(minutes=3))
    assert sorted(world.lines()) == [
        (0, "CORRECTION", 0, Decimal("20")),
        (0, "REFUND", Decimal("-30.5"), Decimal("-3.05")),
        (0, "REVERSAL", -50, -25),
        (0, "SALE", Decimal("80.5"), Decimal("8.05")),
        (1, "SALE", 50, 10),
    ]
    refund = ClaimLine.objects.using("worker").get(partner=world.partner, kind="REFUND")
    assert (refund.occurred_at, refund.booked_at, refund.order_number) == (at(22), NOW, "o1")
