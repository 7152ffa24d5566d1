"""What the sources of two partners tell: everything a text can be in carries its partner's mark."""

from datetime import datetime, timedelta
from typing import Any, Final

from tests.factories import NOW, event, minute

CROWD: Final = 12  # Fewer people than ten are not told of.
SUMS: Final = {"amber": ("7.77", "23.31"), "bravo": ("44.44", "133.32")}
LONG_AGO: Final = NOW - timedelta(days=142)
"""In a month that ended 90 days ago: then customers are known for as long."""


def told_of(mark: str, *, price: str) -> list[dict[str, Any]]:
    """What a partner's sources tell: everything a text can be in carries its mark, and so do its sums."""
    source = f"/site/{mark}"
    items = [{"item_id": f"{mark}-sku", "quantity": 3, "price": price}]
    on = {"subject": f"{mark}-live", "source": source}
    me = {**on, "viewer_id": f"{mark}-viewer"}
    return [
        event("live_session_started", minute(0), title=f"{mark} title", host=f"{mark} host", **on),
        event("live_view_started", minute(1), **me),
        *_crowd(mark, minute(1), **on),
        event("live_product_featured", minute(1), items=[{"item_id": f"{mark}-sku"}], **on),
        event("view_item_list", minute(2), items=items, **me),
        event("select_item", minute(3), items=items, **me),
        event("live_comment", minute(4), text=f"{mark}?", **me),
        event("live_violation", minute(4), violation_id=f"{mark}-complaint", reason=f"{mark} reason", **on),
        event("live_giveaway_started", minute(4), label=f"{mark} draw", **on),
        event("live_giveaway_ended", minute(9), label=f"{mark} draw", **on),
        event("live_promotion_started", minute(4), label=f"{mark} offer", **on),
        event("live_host_note", minute(4), text=f"{mark} note", **on),
        event("live_metrics_reported", minute(4), interval="total", metrics={mark: 1}, **on),
        event("purchase", minute(5), transaction_id=f"{mark}-order", customer_id=f"{mark}-customer",
            items=items, **me),
        event("live_product_unfeatured", minute(6), items=[{"item_id": f"{mark}-sku"}], **on),
        event("product_updated", minute(6), subject=None, source=source, item_id=f"{mark}-sku", stock=2,
            name=f"{mark} product", price=price, currency="SGD", image_url=f"https://example.com/{mark}.png"),
        event("live_session_ended", minute(40), **on),
        event("live_like", NOW + timedelta(days=9), id=f"{mark}-late", **me),
        *_past(mark, source, price), *_long_ago(mark, source, price), *_shop(mark, source),
        *_short(mark, "east", source=source, at=900), *_short(mark, "west", source=f"/tik/{mark}", at=900),
        *_short(mark, "one", source=source, at=2000), *_short(mark, "two", source=source, at=2035),
    ]  # fmt: skip


def late_of(mark: str, *, price: str) -> list[dict[str, Any]]:
    """What comes two hours later: more of a session that is over, and another one that is on air."""
    on = {"subject": f"{mark}-live", "source": f"/site/{mark}"}
    return [
        event("refund", minute(90), refund_id=f"{mark}-refund", transaction_id=f"{mark}-order", value="0.07",
            **on),
        event("refund", minute(91), refund_id=f"{mark}-stray", value="0.03", **on),
        event("generate_lead", minute(30), viewer_id=f"{mark}-viewer", email=f"{mark}@example.com", **on),
        *_on_air(mark, on["source"], price),
    ]  # fmt: skip


def _crowd(mark: str, at: datetime, **on: Any) -> list[dict[str, Any]]:
    """People who tell who they are and where they come from."""
    told = {"traffic_source": f"{mark}-feed", "gender": "f", **on}
    return [event("live_view_started", at, viewer_id=f"{mark}-{one}", **told) for one in range(CROWD)]


def _on_air(mark: str, source: str, price: str) -> list[dict[str, Any]]:
    """A session that is on air now: another product is on screen, and a giveaway goes on."""
    start, on = NOW - timedelta(minutes=20), {"subject": f"{mark}-now", "source": source}
    hat = {"item_id": f"{mark}-hat", "item_name": f"{mark} hat"}
    return [
        event("product_updated", start, subject=None, source=source, price=price, currency="SGD", stock=1,
            **hat),
        event("live_session_started", start, title=f"{mark} now", heartbeats=False, **on),
        *_crowd(mark, start, **on),
        event("live_product_featured", start + timedelta(minutes=9), items=[hat], **on),
        event("live_giveaway_started", start + timedelta(minutes=9), label=f"{mark} draw now", **on),
        event("live_like", NOW, viewer_id=f"{mark}-0", **on),
    ]  # fmt: skip


def _past(mark: str, source: str, price: str) -> list[dict[str, Any]]:
    """A session of the week before, with its own sale: a report compares weeks."""
    on, ago = {"subject": f"{mark}-past", "source": source}, -7 * 24 * 60
    items = [{"item_id": f"{mark}-hat", "quantity": 1, "price": price}]
    return [
        event("live_session_started", minute(ago), title=f"{mark} past", **on),
        *_crowd(mark, minute(ago), **on),
        event("live_product_featured", minute(ago + 1), items=items, **on),
        event("purchase", minute(ago + 2), transaction_id=f"{mark}-past-order", items=items,
            viewer_id=f"{mark}-0", customer_id=f"{mark}-customer", **on),
        event("live_session_ended", minute(ago + 40), **on),
    ]  # fmt: skip


def _short(mark: str, name: str, *, source: str, at: float) -> list[dict[str, Any]]:
    on = {"subject": f"{mark}-{name}", "source": source}
    return [
        event("live_session_started", minute(at), title=f"{mark} {name}", account=f"{mark}-account", **on),
        event("live_view_started", minute(at + 1), viewer_id=f"{mark}-viewer", **on),
        event("live_session_ended", minute(at + 20), **on),
    ]


def _long_ago(mark: str, source: str, price: str) -> list[dict[str, Any]]:
    """Customers won live and others in one month, of whom some come back; viewers who bought, or did not."""
    on, items = {"subject": f"{mark}-old", "source": source}, [{"item_id": f"{mark}-hat", "price": price}]
    told = [event("live_session_started", LONG_AGO, title=f"{mark} old", **on)]
    for one in range(CROWD + 2):
        viewer = {"viewer_id": f"{mark}-early-{one}", **on}
        told.append(event("live_view_started", LONG_AGO, **viewer))
        if one < CROWD:
            told.append(_order(mark, f"{mark}-early-{one}", LONG_AGO + timedelta(minutes=5), items, **viewer))
    told.append(event("live_session_ended", LONG_AGO + timedelta(minutes=40), **on))
    beside = {"subject": None, "source": source}
    for one in range(CROWD):
        at = LONG_AGO + timedelta(days=1, minutes=one)
        told.append(_order(mark, f"{mark}-aside-{one}", at, items, **beside))
    # Some come again and again, some for a while, most never: three kinds are what models tell apart.
    for one, turns in enumerate((12, 12, 12, 2, 2, 2)):
        for turn in range(turns):
            at, more = LONG_AGO + timedelta(days=4 + 5 * turn), [{**items[0], "quantity": 1 + turn % 3}]
            told.append(_order(mark, f"{mark}-early-{one}", at, more, **beside))
    return told


def _order(mark: str, customer: str, at: datetime, items: Any, **on: Any) -> dict[str, Any]:
    number = f"{customer}-{at:%m%d}"
    return event("purchase", at, transaction_id=number, customer_id=customer, items=items, **on)


def _shop(mark: str, source: str) -> list[dict[str, Any]]:
    """A visit with a cart, marketing money, who somebody is, and somebody who wants to be forgotten."""
    visit = {"subject": None, "source": source, "visit_id": f"{mark}-visit", "viewer_id": f"{mark}-viewer"}
    items = [{"item_id": f"{mark}-sku", "quantity": 1}]
    person: dict[str, Any] = {
        "subject": None,
        "source": source,
        "consent": {"marketing": True, "profiling": True},
    }
    return [
        event("page_view", minute(-30), **visit),
        event("add_to_cart", minute(-29), cart_id=f"{mark}-cart", items=items, **visit),
        event("marketing_spend", minute(-20), subject=None, source=source, amount="55.50", currency="SGD",
            channel=f"{mark} channel", campaign=f"{mark} ads", purpose="ACQUISITION",
            **{"from": "2026-05-01", "to": "2026-06-01"}),
        event("identify", minute(-10), customer_id=f"{mark}-customer", viewer_id=f"{mark}-viewer", **person),
        event("identify", minute(-10), customer_id=f"{mark}-gone", viewer_id=f"{mark}-gone", **person),
    ]  # fmt: skip
