"""Debriefs: what was found when a session had ended, and again a day later, in words and numbers."""

from analytics.debriefs.writing import partners_with_ended_sessions, write_due

__all__ = ["partners_with_ended_sessions", "write_due"]
