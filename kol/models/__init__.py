"""Influencers, who represents them, what was agreed with them, and what that made due."""

from kol.models.campaigns import (
    Appearance,
    Campaign,
    Collaboration,
    CostLine,
    PayableModel,
    PromoCode,
    Terms,
)
from kol.models.links import LinkClick, LinkHost, TrackingLink
from kol.models.people import (
    Agency,
    AgencyGrant,
    AgencyKey,
    AgencyMembership,
    GuestAccess,
    Kol,
    KolAccount,
    KolFollowers,
    RosterEntry,
)
from kol.models.statements import Claim, ClaimLine, Statement

__all__ = [
    "Agency",
    "AgencyGrant",
    "AgencyKey",
    "AgencyMembership",
    "Appearance",
    "Campaign",
    "Claim",
    "ClaimLine",
    "Collaboration",
    "CostLine",
    "GuestAccess",
    "Kol",
    "KolAccount",
    "KolFollowers",
    "LinkClick",
    "LinkHost",
    "PayableModel",
    "PromoCode",
    "RosterEntry",
    "Statement",
    "Terms",
    "TrackingLink",
]
