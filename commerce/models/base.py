"""What every table of ours shares: a time-ordered id, its partner and its place in a scaled-out house."""

import uuid
from typing import Any, ClassVar

import uuid_utils.compat
from django.db import models

MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 4}


def new_id() -> uuid.UUID:
    """A UUIDv7: time-ordered, so that new rows land at the right edge of every index."""
    return uuid_utils.compat.uuid7()


class PartnerModel(models.Model):
    """A row of one partner; `distribution` tells the catalogue lint where the table lives when sharded."""

    distribution: ClassVar[str] = "PARTNER"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(
        "commerce.Partner", on_delete=models.CASCADE, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class SourcedModel(PartnerModel):
    """An entity known by the text id its source gave it, unique for (partner, source)."""

    source = models.CharField(max_length=200)
    external_id = models.CharField(max_length=200)
    # For each group of attributes the claim that won: {group: [time in microseconds, event id]}.
    # Kept because an older claim that arrives later must change nothing.
    versions = models.JSONField(db_default=models.Value({}, models.JSONField()), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.external_id
