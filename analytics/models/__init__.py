"""Derived facts, and the rollups above them."""

from analytics.models.advice import Debrief, Learning, LiveAlert, PinRecommendation
from analytics.models.audiences import (
    SessionAudience,
    SessionSource,
    SessionSourceSales,
    SourceMinute,
    ViewerPath,
)
from analytics.models.campaigns import (
    CampaignCredit,
    CampaignMoney,
    CampaignOverlap,
    CampaignRollup,
    RateCard,
    SubjectKind,
)
from analytics.models.cohorts import (
    HORIZONS,
    CohortActivity,
    CohortDay,
    CohortDimension,
    CohortGrain,
    Won,
)
from analytics.models.credits import Credit, OrderShare, Touch
from analytics.models.customers import CustomerLife
from analytics.models.facts import OrderFact, RefundFact, Viewing
from analytics.models.flags import CollaborationFlag
from analytics.models.follow_ups import FollowUp, FollowUpList
from analytics.models.markers import OfferUplift, ReportedNumbers, SessionComment, SessionMarker
from analytics.models.plans import CadenceReport, Review, Target, TargetRevision
from analytics.models.predictions import CustomerPrediction, ModelRun
from analytics.models.rollups import (
    SessionMinute,
    SessionProduct,
    SessionProductSales,
    SessionRollup,
    SessionSales,
    ShopPeriod,
)
from analytics.models.scorecards import MetricSelection
from analytics.models.shops import ShopCart, ShopProduct, ShopTraffic, ShopVisitor
from analytics.models.showings import SessionShowing
from analytics.models.splits import ShopPart
from analytics.models.versions import (
    KEPT,
    SessionOrderVersion,
    SessionRefundVersion,
    SessionRevision,
    SessionRollupVersion,
    SessionSalesVersion,
    SessionShowingVersion,
    Version,
)
from analytics.models.worth import LiveLtvIndex, ViewerWorth

__all__ = [
    "HORIZONS",
    "KEPT",
    "CadenceReport",
    "CampaignCredit",
    "CampaignMoney",
    "CampaignOverlap",
    "CampaignRollup",
    "CohortActivity",
    "CohortDay",
    "CohortDimension",
    "CohortGrain",
    "CollaborationFlag",
    "Credit",
    "CustomerLife",
    "CustomerPrediction",
    "Debrief",
    "FollowUp",
    "FollowUpList",
    "Learning",
    "LiveAlert",
    "LiveLtvIndex",
    "MetricSelection",
    "ModelRun",
    "OfferUplift",
    "OrderFact",
    "OrderShare",
    "PinRecommendation",
    "RateCard",
    "RefundFact",
    "ReportedNumbers",
    "Review",
    "SessionAudience",
    "SessionComment",
    "SessionMarker",
    "SessionMinute",
    "SessionOrderVersion",
    "SessionProduct",
    "SessionProductSales",
    "SessionRefundVersion",
    "SessionRevision",
    "SessionRollup",
    "SessionRollupVersion",
    "SessionSales",
    "SessionSalesVersion",
    "SessionShowing",
    "SessionShowingVersion",
    "SessionSource",
    "SessionSourceSales",
    "ShopCart",
    "ShopPart",
    "ShopPeriod",
    "ShopProduct",
    "ShopTraffic",
    "ShopVisitor",
    "SourceMinute",
    "SubjectKind",
    "Target",
    "TargetRevision",
    "Touch",
    "Version",
    "ViewerPath",
    "ViewerWorth",
    "Viewing",
    "Won",
]
