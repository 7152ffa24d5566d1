"""Walking the admin: people who sign in, the pages there are, and a partner with rows on each of them."""

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import models
from django.test import Client
from django.urls import reverse

from analytics.models import CadenceReport, Credit, ModelRun, OrderShare, RateCard, Review, Target, Touch
from commerce.access import issue_key
from commerce.models import Event, LiveSession, Membership, Order, Partner, Stale, new_id
from kol.models import (
    Campaign,
    Claim,
    Collaboration,
    Kol,
    LinkClick,
    LinkHost,
    RosterEntry,
    Statement,
    TrackingLink,
)
from tests.factories import NOW, deliver, event, fill, minute

WORKER: Final = "worker"
_numbers = itertools.count(1)


def pages() -> list[type[models.Model]]:
    """Every model with rows of its own in the admin; the event log has one page and no rows."""
    return [model for model in admin.site._registry if model is not Event]


def address(model: type[models.Model], page: str, *arguments: Any) -> str:
    """Where a page of a model is: changelist, add, change, delete or history."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def signed_in(user: User) -> Client:
    """A browser of theirs."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def superuser() -> User:
    """Somebody who sees everything."""
    return User.objects.create_superuser(f"root-{next(_numbers)}-{new_id().hex[-8:]}")


def staff(*partners: Partner, codenames: str = "") -> User:
    """Somebody of staff for these partners, with every permission whose name matches."""
    user = User.objects.create_user(f"staff-{next(_numbers)}-{new_id().hex[-8:]}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__regex=codenames))
    for partner in partners:
        Membership.objects.using(WORKER).create(partner=partner, username=user.username)
    return user


def populate(partner: Partner, *, rows: int, mark: str = "row") -> None:
    """Give a partner so many rows of everything; every id of a source starts with the mark."""
    told: list[dict[str, Any]] = []
    for number in range(rows):
        name, at = f"{mark}-{number}", minute(0) - timedelta(days=number)
        facts = {"subject": f"{name}-live", "viewer_id": f"{name}-viewer"}
        item = {"item_id": f"{name}-sku", "price": "10.00"}
        told += [
            event("live_session_started", at, subject=f"{name}-live", title=f"{name} title"),
            event("live_view_started", at, **facts),
            event("select_item", at, items=[item], **facts),
            event("generate_lead", at, email=f"{name}@example.com", **facts),
            event(
                "purchase",
                at + timedelta(minutes=5),
                transaction_id=f"{name}-order",
                customer_id=f"{name}-customer",
                currency="SGD",
                value="20.00",
                items=[{**item, "quantity": 2}],
                **facts,
            ),
            event(
                "refund",
                at + timedelta(minutes=9),
                refund_id=f"{name}-refund",
                transaction_id=f"{name}-order",
                subject=None,
            ),
            event(
                "live_violation",
                at,
                violation_id=f"{name}-complaint",
                code=f"{name} code",
                subject=f"{name}-live",
            ),
            event("live_session_ended", at + timedelta(minutes=30), subject=f"{name}-live"),
            event(
                "marketing_spend",
                at,
                id=f"{mark}-spend-{number}",
                subject=None,
                amount="10.00",
                currency="SGD",
                channel=f"{mark} channel",
                purpose="BRAND",
                **{"from": "2026-05-01", "to": "2026-06-01"},
            ),
            event(f"{mark}-unheard-of", at, id=f"{name}-refused"),
        ]
    outcome = deliver(partner, told)
    assert (outcome.accepted, outcome.rejected) == (9 * rows, rows)
    fill(partner)
    for number in range(rows):
        issue_key(partner_id=partner.pk, scopes=["read"], name=f"{mark}-{number} key", now=NOW)
    Membership.objects.using(WORKER).bulk_create(
        Membership(partner=partner, username=f"{mark}-{number}") for number in range(rows)
    )
    plan(partner, rows=rows, mark=mark)
    enlist(partner, rows=rows, mark=mark)
    sessions = LiveSession.objects.using(WORKER).filter(partner=partner)
    Stale.objects.using(WORKER).bulk_create(
        Stale(
            partner_id=partner.pk,
            kind=Stale.Kind.SESSION,
            subject=str(session.pk),
            is_whole=True,
            marked_at=NOW,
            attempts=5,
            last_error=f"{mark} failed",
        )
        for session in sessions
    )


def plan(partner: Partner, *, rows: int, mark: str) -> None:
    """Give a partner so many targets and reports."""
    sessions = LiveSession.objects.using(WORKER).filter(partner=partner)
    Target.objects.using(WORKER).bulk_create(
        Target(
            partner=partner, metric="viewers", about="SESSION", session=session, kind="ABSOLUTE", value=5,
            direction="UP", owner=f"{mark} owner", set_at=NOW,
        )
        for session in sessions
    )  # fmt: skip
    Review.objects.using(WORKER).bulk_create(
        Review(
            partner=partner, cadence="WEEKLY", starts_on=(NOW - timedelta(weeks=number)).date(),
            ends_on=(NOW - timedelta(weeks=number - 1)).date(), due_at=NOW, note=f"{mark} note",
        )
        for number in range(rows)
    )  # fmt: skip
    ModelRun.objects.using(WORKER).bulk_create(
        ModelRun(
            partner=partner, currency="SGD", unit="WEEK", worth="NET", calibrated_to=NOW.date(),
            observed_to=(NOW + timedelta(days=number)).date(), customers=2, repeaters=1, parameters={},
            fingerprint="", holdout={}, baseline={}, gates=[], method="COHORT_MEAN", made_at=NOW,
        )
        for number in range(rows)
    )  # fmt: skip
    empty = {"sessions": 0, "targets": [], "changes": [], "basis": "PAID", "currency": "SGD"}
    RateCard.objects.using(WORKER).bulk_create(
        RateCard(
            partner=partner, version=number, currency="SGD", rates={"views": "0.01"},
            valid_from=(NOW - timedelta(days=number)).date(),
        )
        for number in range(rows)
    )  # fmt: skip
    CadenceReport.objects.using(WORKER).bulk_create(
        CadenceReport(
            partner=partner, cadence="WEEKLY", starts_on=(NOW - timedelta(weeks=number)).date(),
            ends_on=(NOW - timedelta(weeks=number - 1)).date(), version=1, made_at=NOW, checked_at=NOW,
            content=empty,
        )
        for number in range(rows)
    )  # fmt: skip


def enlist(partner: Partner, *, rows: int, mark: str) -> None:
    """Give a partner so many campaigns, each with a KOL, a link followed, and what an order made due."""
    orders = (
        Order.objects.using(WORKER).filter(partner=partner, placed_at__isnull=False).order_by("placed_at")
    )
    for number, order in enumerate(orders[:rows]):
        name, day = f"{mark}-{number}", (NOW - timedelta(days=number)).date()
        kol = Kol.objects.using(WORKER).create(name=f"{name} kol")
        own: dict[str, Any] = {"partner": partner}
        campaign = Campaign.objects.using(WORKER).create(
            **own, name=f"{name} campaign", starts_on=day, ends_on=day + timedelta(days=30), currency="SGD"
        )
        RosterEntry.objects.using(WORKER).create(**own, kol=kol, note=f"{name} note")
        LinkHost.objects.using(WORKER).create(**own, host=f"{name}.example")
        made = Collaboration.objects.using(WORKER).create(**own, campaign=campaign, kol=kol)
        own["collaboration"] = made
        link = TrackingLink.objects.using(WORKER).create(
            **own, code=new_id().hex, destination=f"https://{name}"
        )
        LinkClick.objects.using(WORKER).create(
            partner=partner, link=link, clicked_at=NOW, by="PERSON", visitor=f"{name}-visitor"
        )
        Statement.objects.using(WORKER).create(
            **own, currency="SGD", starts_on=day, ends_on=day + timedelta(1)
        )
        at: dict[str, Any] = {"order": order, "placed_at": order.placed_at}
        Claim.objects.using(WORKER).create(
            **own, **at, order_number=order.external_id, model="LAST", currency="SGD", approves_at=NOW
        )
        Touch.objects.using(WORKER).create(**own, kind="LINK_CLICK", touched_at=NOW, viewer_id=new_id())
        OrderShare.objects.using(WORKER).create(
            **own, **at, touches=1, is_last=True, is_direct=False, is_payable=True
        )
        Credit.objects.using(WORKER).create(
            **own, **at, line_id=new_id(), kind="SALE", occurred_at=NOW, is_paid=True, currency="SGD",
            amount=Decimal(1),
        )  # fmt: skip


def rows_of(model: type[models.Model], partner: Partner) -> models.QuerySet[Any]:
    """A partner's rows of a model, read as the worker."""
    field = "pk" if model is Partner else "partner_id"
    return model._default_manager.using(WORKER).filter(**{field: partner.pk})


def row_of(model: type[models.Model], partner: Partner) -> Any:
    """The first of them."""
    return rows_of(model, partner).order_by("pk")[0]


def shown_rows(content: str) -> int:
    """How many rows a list shows."""
    return content.count('<tr class="data-row')
