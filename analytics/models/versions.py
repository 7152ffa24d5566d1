"""What was known when: every state the rows behind a session's numbers were in, and what made them change."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from django.db import models

from analytics.models.facts import OrderFact, RefundFact
from analytics.models.rollups import SessionRollup, SessionSales
from analytics.models.showings import SessionShowing
from commerce.models import LiveSession, PartnerModel

VersionT = TypeVar("VersionT", bound="Version")

KEPT: "Final[dict[type[models.Model], type[Version]]]" = {}
"""Each model whose rows keep their history, and the model that holds it."""


OWN: Final = frozenset({"id", "partner", "session", "computed_at"})
# What of an order or refund is in the numbers of its session, or says who bought and when that was known.
OF_AN_ORDER: Final = (
    "viewer_id", "customer_id", "first_settled_at", "placed_at", "paid_at", "cancelled_at", "currency",
    "units", "merchandise", "shipping", "tax", "refunded", "refunded_units",
)  # fmt: skip
OF_A_REFUND: Final = ("customer_id", "occurred_at", "currency", "amount", "units")


class Version(PartnerModel):
    """A state of a row of a session, known from one moment until another.

    The state that is known now has no end; of a row that is no more the last state has one. Moments are
    those of fills, and never go back for a session, so that its states follow one another without a gap.
    """

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    row_id = models.UUIDField(help_text="The row this is a state of.")
    known_from = models.DateTimeField()
    known_until = models.DateTimeField(null=True, help_text="Null: it is what is known now.")

    class Meta:
        abstract = True


def _copied(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """A column like another; of what it points at there may be nothing any more."""
    return models.UUIDField(null=field.null) if field.is_relation else field.clone()


def keeps(
    model: type[models.Model], *, only: tuple[str, ...] = ()
) -> Callable[[type[VersionT]], type[VersionT]]:
    """Make a model hold the states of another's rows: all of the columns it is known for, or some."""

    def add(version: type[VersionT]) -> type[VersionT]:
        for field in model._meta.local_concrete_fields:
            is_wanted = field.attname in only if only else field.name not in OWN
            if is_wanted:
                version.add_to_class(field.attname, _copied(field))
        KEPT[model] = version
        return version

    return add


def _constraints(name: str) -> "list[models.BaseConstraint]":
    fields = ["partner", "session", "known_from", "row_id"]
    return [models.UniqueConstraint(fields=fields, name=f"{name}_partner_known")]


def _indexes(name: str) -> list[models.Index]:
    fields, now = ["partner", "session"], models.Q(known_until__isnull=True)
    return [models.Index(fields=fields, name=f"{name}_partner_now", condition=now)]


@keeps(SessionRollup)
class SessionRollupVersion(Version):
    """The numbers of a session that have no currency, as they were known."""

    class Meta:
        constraints: ClassVar = _constraints("rollupversion")
        indexes: ClassVar = _indexes("rollupversion")


@keeps(SessionSales)
class SessionSalesVersion(Version):
    """The numbers of a session in one currency, as they were known."""

    class Meta:
        constraints: ClassVar = _constraints("salesversion")
        indexes: ClassVar = _indexes("salesversion")


@keeps(SessionShowing)
class SessionShowingVersion(Version):
    """A product moment of a session, as it was known."""

    class Meta:
        constraints: ClassVar = _constraints("showingversion")
        indexes: ClassVar = _indexes("showingversion")


@keeps(OrderFact, only=OF_AN_ORDER)
class SessionOrderVersion(Version):
    """An order of a session, as the session's sales took it: from when it came until it left."""

    class Meta:
        constraints: ClassVar = _constraints("orderversion")
        indexes: ClassVar = [
            *_indexes("orderversion"),
            # Where it was before, or went to.
            models.Index(fields=["partner", "row_id"], name="orderversion_partner_row"),
        ]


@keeps(RefundFact, only=OF_A_REFUND)
class SessionRefundVersion(Version):
    """A refund of no order that names a session, as the session's sales took it."""

    class Meta:
        constraints: ClassVar = _constraints("refundversion")
        indexes: ClassVar = _indexes("refundversion")


class SessionRevision(PartnerModel):
    """A moment at which something of a session became known, and what the fill then knew about why."""

    session = models.ForeignKey(
        LiveSession, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    known_from = models.DateTimeField()
    waiting_since = models.DateTimeField(
        null=True, help_text="When the first fact came that this fill took in; null: nobody knows."
    )
    is_live = models.BooleanField(help_text="Whether the session had no end yet.")
    is_first_kept = models.BooleanField(
        default=False, help_text="There were numbers before this one, which nobody kept."
    )
    is_thinned = models.BooleanField(
        default=False, help_text="What came within its minute was let go: it is old, and made while live."
    )
    definition_version = models.PositiveIntegerField(help_text="Of the session's metrics together.")
    late_events = models.BigIntegerField(default=0, help_text="Events that came after the session's end.")
    parts = models.TextField(blank=True, help_text="The broadcasts it was made of, where they are several.")
    rules = models.CharField(max_length=200, help_text="The partner's settings that its numbers depend on.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "session", "known_from"], name="sessionrevision_partner_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "known_from"],
                name="sessionrevision_to_thin",
                condition=models.Q(is_live=True, is_thinned=False),
            ),
        ]
