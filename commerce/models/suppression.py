"""Persons who were erased, as far as it takes not to know them again."""

from typing import ClassVar

from django.db import models

from commerce.models.base import PartnerModel


class Suppression(PartnerModel):
    """Something an erased person was called by or reached at: a keyed hash, from which nobody is found."""

    digest = models.UUIDField(
        help_text="Keyed hash of an id and its source, or of an e-mail's or phone's hash."
    )
    at = models.DateTimeField(help_text="When the person was erased.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "digest"], name="suppression_partner_digest"),
        ]
