"""The slow truth: every number recomputed from raw events in plain Python, sharing no code with the project.

The rules live where they are applied: `events` (identity), `presence` (signs of life and the sweep), `orders`
(orders and refunds), `assignment` (which session an order belongs to), `session`, `series`, `products` (the
numbers of one session) and `world` (everything of one partner, and its shop days).

Assumes what the door guarantees: every event is valid and carries its canonical type name. Ties of time are
broken by the sender's event id as text, by code point.
"""

from tests.oracle.events import Partner
from tests.oracle.orders import OrderTruth, RefundTruth
from tests.oracle.session import SessionTruth, ViewerTruth
from tests.oracle.world import World

__all__ = ["OrderTruth", "Partner", "RefundTruth", "SessionTruth", "ViewerTruth", "World"]
