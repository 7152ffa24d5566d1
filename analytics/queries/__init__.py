"""The one door to the numbers: each question is one statement, narrowed to the actor's partners."""

from analytics.queries.causes import Cause, CauseKind
from analytics.queries.funnels import STAGES, session_funnels
from analytics.queries.history import Past, past_session_numbers, past_session_showings
from analytics.queries.orders import Settled, settled_orders
from analytics.queries.products import SoldProduct, session_products
from analytics.queries.readings import Reading, is_complete, is_identified, reading
from analytics.queries.revisions import Change, Revised, session_revisions
from analytics.queries.sessions import Numbers, session_numbers
from analytics.queries.shop import ShopRow, shop_numbers, shop_rows
from analytics.queries.showings import Shown, session_showings
from analytics.queries.trends import IN_TREND, LONGEST, Trend, session_trends

__all__ = [
    "IN_TREND",
    "LONGEST",
    "STAGES",
    "Cause",
    "CauseKind",
    "Change",
    "Numbers",
    "Past",
    "Reading",
    "Revised",
    "Settled",
    "ShopRow",
    "Shown",
    "SoldProduct",
    "Trend",
    "is_complete",
    "is_identified",
    "past_session_numbers",
    "past_session_showings",
    "reading",
    "session_funnels",
    "session_numbers",
    "session_products",
    "session_revisions",
    "session_showings",
    "session_trends",
    "settled_orders",
    "shop_numbers",
    "shop_rows",
]
