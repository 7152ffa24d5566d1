"""Derived facts of influencers: who was touched when, and what of an order each touch is credited with."""

from typing import Any, ClassVar, Final

from django.db import models

from commerce.models import MONEY, Order, PartnerModel
from kol.models import Collaboration, PayableModel

WEIGHT: Final[dict[str, Any]] = {"max_digits": 19, "decimal_places": 18}
MODELS: Final = tuple(model.value.lower() for model in PayableModel)
"""The models, as columns name them."""


class Touch(PartnerModel):
    """A person met a collaboration; the same again within 30 minutes is one touch.

    CODE and AFFILIATE are of an order and at its time; all others are of a viewer.
    """

    class Kind(models.TextChoices):
        LIVE_VIEW = "LIVE_VIEW", "Watched a session the KOL appears in"
        PRODUCT_CLICK = "PRODUCT_CLICK", "Clicked a product in such a session"
        LINK_CLICK = "LINK_CLICK", "Followed a tracking link"
        CODE = "CODE", "A promo code on the order"
        AFFILIATE = "AFFILIATE", "The platform names the KOL or his live"

    collaboration = models.ForeignKey(
        Collaboration, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=13, choices=Kind)
    touched_at = models.DateTimeField()
    viewer_id = models.UUIDField(null=True)
    order_id = models.UUIDField(null=True)
    session_id = models.UUIDField(null=True, help_text="The session it happened in, if any.")
    link_id = models.UUIDField(null=True)

    class Meta:
        verbose_name_plural = "touches"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "collaboration", "kind", "viewer_id", "order_id", "touched_at"],
                name="touch_partner_key",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "viewer_id", "touched_at"],
                name="touch_partner_viewer",
                condition=models.Q(viewer_id__isnull=False),
            ),
            models.Index(
                fields=["partner", "order_id"],
                name="touch_partner_order",
                condition=models.Q(order_id__isnull=False),
            ),
            models.Index(fields=["partner", "touched_at"], name="touch_partner_touched"),
        ]


def _by_model(suffix: str, **options: Any) -> dict[str, "models.Field[Any, Any]"]:
    """One column a model."""
    return {f"{model}_{suffix}": models.DecimalField(default=0, **options) for model in MODELS}


class OrderShare(PartnerModel):
    """A collaboration of an order: how it was met before, and its weight in each model, 0 to 1.

    Of a model the weights of an order sum to 1, cut at the last decimal. A row without a collaboration holds
    what models leave to nobody. Without touches, `is_direct` alone: the order is of a session of the KOL, and
    nobody of it was seen there.
    """

    class Basis(models.TextChoices):
        ORDER = "ORDER", "The order's own viewer, code or platform"
        LOGIN = "LOGIN", "A viewer who is the order's customer by login"
        HASH = "HASH", "A viewer whose customer has the same keyed e-mail or phone"

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    collaboration = models.ForeignKey(
        Collaboration,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    placed_at = models.DateTimeField()
    touches = models.IntegerField(help_text="Its touches inside their windows.")
    first_touched_at = models.DateTimeField(null=True)
    last_touched_at = models.DateTimeField(null=True)
    is_last = models.BooleanField(help_text="Its touch is the last of the path.")
    is_direct = models.BooleanField(
        help_text="Placed before the end + tail of a session the KOL appears in, and that session's order."
    )
    basis = models.CharField(
        max_length=5, choices=Basis, blank=True, help_text="The best there is for it; empty without touches."
    )
    is_payable = models.BooleanField(help_text="The one collaboration of the order that a claim is for.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "order", "collaboration"],
                name="ordershare_partner_order_collaboration",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["partner", "collaboration", "placed_at"], name="ordershare_partner_collab"),
            models.Index(fields=["partner", "placed_at"], name="ordershare_partner_placed"),
        ]


class Credit(PartnerModel):
    """What of an order's line each model credits a collaboration with; refunds are negative.

    For every model the credits of a line's sale, refund or cancellation sum exactly to its `amount`; refunds
    follow the weights of their order.
    """

    class Kind(models.TextChoices):
        SALE = "SALE", "Sale"
        REFUND = "REFUND", "Refund"
        CANCELLATION = "CANCELLATION", "Cancellation"

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    line_id = models.UUIDField(help_text="The order line.")
    collaboration = models.ForeignKey(
        Collaboration,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(max_length=12, choices=Kind)
    refund_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(help_text="Of the order.")
    occurred_at = models.DateTimeField(help_text="Of the sale, refund or cancellation itself.")
    is_paid = models.BooleanField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(**MONEY, help_text="Of the line as a whole, all collaborations together.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "order", "line_id", "kind", "refund_id", "collaboration"],
                name="credit_partner_key",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["partner", "collaboration", "placed_at"], name="credit_partner_collaboration"
            ),
        ]


for _model, _columns in (
    (OrderShare, _by_model("weight", **WEIGHT)),
    (Credit, _by_model("amount", **MONEY)),
):
    for _name, _column in _columns.items():
        _model.add_to_class(_name, _column)
