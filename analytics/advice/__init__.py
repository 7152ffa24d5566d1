"""What to do next: learnt from past sessions, never more certain than they allow."""

from analytics.advice.learning import learn_from_past, partners_to_learn_from
from analytics.advice.live import advise, partners_on_air

__all__ = ["advise", "learn_from_past", "partners_on_air", "partners_to_learn_from"]
