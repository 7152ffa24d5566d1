"""Whom to follow up after a session: viewers scored by what they did, tested on what later viewers spent."""

from datetime import timedelta
from typing import Final

from analytics.followups.ladder import Rung
from analytics.followups.listing import FollowUpReason, make_due, partners_with_ended_sessions

HORIZON: Final = timedelta(days=90)
"""What a score foresees, and an effect is measured over."""

__all__ = ["HORIZON", "FollowUpReason", "Rung", "make_due", "partners_with_ended_sessions"]
