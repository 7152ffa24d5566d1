"""The eight attribution models over paths: who was met before orders, and what share each has of them."""

from kol.attribution.markov import (
    Fit,
    Transition,
    channel_report,
    count_transitions,
    fit_markov,
    removal_effects,
)
from kol.attribution.weights import create_paths, weigh

__all__ = (
    "Fit",
    "Transition",
    "channel_report",
    "count_transitions",
    "create_paths",
    "fit_markov",
    "removal_effects",
    "weigh",
)
