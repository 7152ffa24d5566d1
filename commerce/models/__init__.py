"""Facts: what happened, to whom, and what is known of it."""

from commerce.models.base import MONEY, PartnerModel, SourcedModel, new_id
from commerce.models.broadcasts import KeptApart
from commerce.models.entities import Channel, Customer, Lead, LiveSession, Objective, Product, Viewer
from commerce.models.log import Event, Rejection, Stale
from commerce.models.orders import Order, OrderLine, Refund
from commerce.models.partners import ApiKey, Membership, Partner, Weekday
from commerce.models.record import RecordEntry
from commerce.models.spend import Purpose, Spend
from commerce.models.suppression import Suppression
from commerce.models.violations import Violation, ViolationAppeal

__all__ = [
    "MONEY",
    "ApiKey",
    "Channel",
    "Customer",
    "Event",
    "KeptApart",
    "Lead",
    "LiveSession",
    "Membership",
    "Objective",
    "Order",
    "OrderLine",
    "Partner",
    "PartnerModel",
    "Product",
    "Purpose",
    "RecordEntry",
    "Refund",
    "Rejection",
    "SourcedModel",
    "Spend",
    "Stale",
    "Suppression",
    "Viewer",
    "Violation",
    "ViolationAppeal",
    "Weekday",
    "new_id",
]
