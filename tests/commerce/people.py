"""Seeded people who leave their names wherever a shop can keep one, and a look into every place there is."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import redis
from django.conf import settings
from psycopg import sql

from analytics.models import (
    CustomerLife,
    SessionComment,
    ShopCart,
    ShopVisitor,
    Touch,
    ViewerPath,
    Viewing,
)
from analytics.recompute import DERIVED
from commerce.connection import worker_connection
from commerce.models import LiveSession, Partner
from tests.analytics.attribution_scenes import appear, campaign, click, code, collaboration, link
from tests.factories import NOW, SOURCE, deliver, event, fill, minute

Raw = dict[str, Any]
SESSIONS = ("live-0", "live-1", "live-2")
OF_PEOPLE = (Viewing, ViewerPath, Touch, SessionComment, CustomerLife, ShopVisitor, ShopCart)
WHO = ("id", "viewer_id", "customer_id", "cart_id", "text", "language", "computed_at", "first_settled_at")


@dataclass(kw_only=True)
class Somebody:
    """A person, by all names; `events` are accepted, `refused` are not."""

    number: int
    viewer: str
    tablet: str
    customer: str
    email: str
    phone: str
    events: list[Raw] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """What must be nowhere when the person is erased, as it was written."""
        return (self.viewer, self.tablet, self.customer, self.email, self.phone)


def somebody(number: int, rng: random.Random) -> Somebody:
    """One of the people, with what is told of them in the sessions."""
    token = f"{rng.getrandbits(48):012x}"
    one = Somebody(
        number=number,
        viewer=f"{rng.getrandbits(128):032x}",
        tablet=f"tablet-{token}",
        customer=f"customer-{token}",
        email=f"anna.{token}@mail.example",
        phone=f"+65{rng.randrange(10**9, 10**10)}",
    )
    one.events = [*_watching(one, rng), *_buying(one, rng)]
    one.refused = _refused(one)
    return one


def _watching(one: Somebody, rng: random.Random) -> Iterator[Raw]:
    subject = SESSIONS[one.number % len(SESSIONS)]
    at = rng.randrange(0, 40) / 2
    told: Raw = {
        "traffic_source": rng.choice(["feed", "search"]),
        "utm": {"source": "news", "medium": "cpc", "gclid": f"click-of-{one.customer}"},
        "gender": rng.choice(["f", "male", "?"]),
        "age_band": rng.choice(["18-24", "55+", "old"]),
        "country": rng.choice(["SG", "my"]),
        "follower": rng.choice([True, False]),
        "greeting": f"hello {one.email}",
    }
    who = {"subject": subject, "viewer_id": one.viewer}
    yield event("live_view_started", minute(at), view_id="t1", **who, **told)
    yield event("live_view_heartbeat", minute(at + 0.5), **who)
    yield event("live_comment", minute(at + 1), **who, text=f"can you write to {one.email}?")
    yield event("live_comment", minute(at + 2), **who, text=f"love it, call {one.phone[:6]} {one.phone[6:]}")
    items = [{"item_id": rng.choice(["lip", "hat"]), "engraving": one.customer}]
    yield event("select_item", minute(at + 2), **who, items=items)
    yield event("add_to_cart", minute(at + 3), **who, items=items, cart_id=one.viewer, visit_id="visit")
    yield event("live_view_ended", minute(at + rng.randrange(4, 12)), view_id="t1", **who)
    yield event("live_view_started", minute(at + 1), subject="live-0", viewer_id=one.tablet)
    yield event("live_view_ended", minute(at + 3), subject="live-0", viewer_id=one.tablet)
    lead = {"email": one.email, "phone": one.phone}
    yield event("generate_lead", minute(at + 3), **who, **lead)
    url = f"https://shop.example/?customer={one.customer}"
    yield event("page_view", minute(at - 5), subject=None, viewer_id=one.viewer, visit_id=one.viewer, url=url)


def _buying(one: Somebody, rng: random.Random) -> Iterator[Raw]:
    known = {"viewer_id": one.viewer, "customer_id": one.customer}
    reached = {"email": f" {one.email.upper()}", "phone": one.phone}
    portrait: Raw = {"gender": "f", "age_band": "25-34", "country": "SG", "consent": {"marketing": True}}
    yield event("identify", minute(0), subject=None, **known, **reached, **portrait)
    yield event("identify", minute(1), subject=None, viewer_id=one.tablet, customer_id=one.customer)
    for order in range(rng.choice([1, 1, 2])):
        transaction = f"o{one.number}-{order}"
        placed = minute(rng.randrange(10, 5000))
        bought: Raw = {
            "transaction_id": transaction,
            "items": [{"item_id": rng.choice(["lip", "hat"]), "price": f"{rng.randrange(5, 90)}.50"}],
            "visit_id": one.viewer,
            "customer": {"email": one.email, "name": f"Anna {one.customer}"},
        }
        if rng.random() < 0.3:
            bought["coupon"] = "KOL10"
        who = known if rng.random() < 0.7 else {"customer_id": one.customer}
        yield event("purchase", placed, subject=None, **who, **bought)
        reason = f"{one.email} changed her mind"
        if rng.random() < 0.3:
            later = placed + timedelta(hours=3)
            yield event(
                "refund", later, subject=None, transaction_id=transaction, reason=reason, value="1.50"
            )
        elif rng.random() < 0.2:
            yield event("order_cancelled", placed, subject=None, transaction_id=transaction, reason=reason)


def _refused(one: Somebody) -> list[bytes]:
    unknown = event(
        "loyalty_joined", minute(1), id=f"u{one.number}", subject=None, member={"mail": one.email}
    )
    wrong = event(
        "purchase", minute(1), id=f"w-{one.customer}", subject=None, customer_id=one.customer,
        transaction_id="x", items=[{"item_id": "lip", "price": "1.00001"}],
    )  # fmt: skip
    torn = f'{{"source": "{SOURCE}", "id": "t{one.number}", "data": {{"phone": "{one.phone}", "viewer'
    return [json.dumps(unknown).encode(), json.dumps(wrong).encode(), torn.encode()]


def crowd(partner: Partner, *, size: int, seed: int) -> list[Somebody]:
    """People in three sessions with an influencer, links and a code; every number is filled."""
    rng = random.Random(seed)
    people = [somebody(number, rng) for number in range(size)]
    for one, other in zip(people[5::10], people[6::10], strict=False):
        # A household: two customers with one phone number.
        _share_phone(one, other)
    started = [event("live_session_started", minute(0), subject=subject) for subject in SESSIONS]
    deliver(partner, started)
    made = campaign(partner)
    for subject in SESSIONS:
        appear(collaboration(made), subject)
    code(made_by := collaboration(made), "KOL10")
    followed = link(made_by)
    told = [one_event for one in people for one_event in one.events]
    for start in range(0, len(told), 2000):
        deliver(partner, told[start : start + 2000])
    deliver(partner, [event("live_session_ended", minute(60), subject=subject) for subject in SESSIONS])
    for one in people[::3]:
        click(followed, minute(-30 + one.number / 100), one.viewer)
    refuse(partner, people)
    fill(partner)
    return people


def _share_phone(one: Somebody, other: Somebody) -> None:
    for told in other.events:
        if told["data"].get("phone") == other.phone:
            told["data"]["phone"] = one.phone
    other.phone = one.phone
    other.refused = _refused(other)


def refuse(partner: Partner, people: Iterable[Somebody]) -> None:
    """Send what is refused."""
    from commerce import ingest

    bodies = [body for one in people for body in one.refused]
    outcome = ingest.accept(bodies, partner_id=partner.id, now=NOW)
    assert outcome.rejected == len(bodies)


# -- looking into every place --------------------------------------------------------------------------


def dump(partner: Partner) -> str:
    """Every row of every table as text, and whatever Redis holds; but for rows of partners before this one.

    They were there before its people: what has been written since is of it, of nobody or of a later one.
    """
    return "\n".join([*_tables(partner), *_redis()])


# With a table its partitions are read.
TABLES = """
SELECT c.oid::regclass::text, a.attname IS NOT NULL FROM pg_class c
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'partner_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def _tables(partner: Partner) -> Iterator[str]:
    connection = worker_connection()
    with psycopg.connect(settings.LOCAL_SERVERS.database_url(role="owner"), autocommit=True) as owner:
        for name, is_of_partners in connection.execute(TABLES).fetchall():
            may = connection.execute("SELECT has_table_privilege(%s, 'SELECT')", [name]).fetchone()
            reader = connection if may and may[0] else owner
            # Ids are in the order they were given.
            picked = "WHERE partner_id >= {} OR partner_id IS NULL" if is_of_partners else ""
            statement = sql.SQL("COPY (SELECT * FROM {} " + picked + ") TO STDOUT").format(
                sql.Identifier(name), *([sql.Literal(partner.id)] if is_of_partners else [])
            )
            with reader.cursor() as cursor, cursor.copy(statement) as copy:
                for chunk in copy:
                    text = bytes(chunk).decode()
                    yield text
                    # Bytes are written in hex there.
                    yield from _unpacked(text)


def _unpacked(text: str) -> Iterator[str]:
    for part in text.split("\t"):
        if part.startswith("\\\\x"):
            yield bytes.fromhex(part[3:].strip()).decode(errors="replace")


def _redis() -> Iterator[str]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter():
        yield key.decode(errors="replace")
        yield (client.dump(key) or b"").decode("latin-1")


def places_of(names: Iterable[str], text: str) -> list[str]:
    """Those of some names that a text holds."""
    return [name for name in names if name in text]


def numbers(partner: Partner) -> dict[str, list[str]]:
    """Every derived row of a partner but for who it is of, by table."""
    connection = worker_connection()
    return {
        model._meta.db_table: sorted(
            text
            for (text,) in connection.execute(
                sql.SQL("SELECT (to_jsonb(t) - %s::text[])::text FROM {} t WHERE partner_id = %s").format(
                    sql.Identifier(model._meta.db_table)
                ),
                [
                    list(WHO) if model in OF_PEOPLE else ["computed_at", "viewer_id", "customer_id"],
                    partner.id,
                ],
            )
        )
        for model in DERIVED
    }


def sessions_of(partner: Partner) -> list[LiveSession]:
    """The partner's sessions."""
    return list(LiveSession.objects.using("worker").filter(partner_id=partner.id))
