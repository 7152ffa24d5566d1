"""The one door to the numbers: each question is one statement, narrowed to the actor's partners."""

from analytics.queries.sessions import Numbers, session_numbers

__all__ = ["Numbers", "session_numbers"]
