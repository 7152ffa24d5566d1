"""Filling rollups of campaigns, collaborations and influencers: what they reached, sold and cost."""

from analytics.fills.campaigns.subjects import fill_campaigns

__all__ = ["fill_campaigns"]
