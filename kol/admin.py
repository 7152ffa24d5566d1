"""Campaigns and influencers, for data operations."""
