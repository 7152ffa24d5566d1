"""Campaigns and influencers, for data operations."""

from kol.admin import agencies, campaigns, clicks, collaborations, payments, people

__all__ = ["agencies", "campaigns", "clicks", "collaborations", "payments", "people"]
