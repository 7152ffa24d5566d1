"""Influencers of the demo brand, put on stage among the sessions, viewers and orders it has already."""

from kol.demo.settling import carry_on, refund_late, settle, tell_costs
from kol.demo.stage import Staged, follow, stage

__all__ = ["Staged", "carry_on", "follow", "refund_late", "settle", "stage", "tell_costs"]
