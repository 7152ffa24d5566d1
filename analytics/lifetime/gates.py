"""What a run must pass to be used; what fails one is said in words."""

from dataclasses import dataclass
from typing import Final

from analytics.lifetime.estimation import Fit

FEWEST_CUSTOMERS: Final = 500
FEWEST_REPEATERS: Final = 100
LEAST_RATIO: Final = 0.7
MOST_RATIO: Final = 1.3

NAMES: Final = ("CUSTOMERS", "REPEATERS", "CONVERGED", "WITHIN_BOUNDS", "FINITE_MEAN", "HOLDOUT_RATIO")


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One condition; a reason where it does not hold."""

    name: str
    reason: str

    @property
    def is_passed(self) -> bool:
        """Whether the condition holds."""
        return not self.reason


def judge(
    *, customers: int, repeaters: int, purchases: Fit | None, amounts: Fit | None, ratio: float | None
) -> list[Gate]:
    """Every gate, passed or not; None for what could not be fitted."""
    fits = [one for one in (purchases, amounts) if one is not None]
    at_bounds = [name for fit in fits for name in fit.at_bounds]
    lost = [
        name
        for name, fit in (("purchases", purchases), ("amounts", amounts))
        if fit is None or not fit.is_converged
    ]
    reasons = {
        "CUSTOMERS": customers < FEWEST_CUSTOMERS
        and f"{customers} customers, {FEWEST_CUSTOMERS} are needed.",
        "REPEATERS": repeaters < FEWEST_REPEATERS
        and f"{repeaters} customers bought again, {FEWEST_REPEATERS} are needed.",
        "CONVERGED": bool(lost) and f"No best parameters were found of: {', '.join(lost)}.",
        "WITHIN_BOUNDS": bool(at_bounds) and f"At the end of what is allowed: {', '.join(at_bounds)}.",
        "FINITE_MEAN": amounts is not None
        and amounts.parameters["q"] <= 1
        and "The model of amounts has no finite mean.",
        "HOLDOUT_RATIO": _of_ratio(ratio),
    }
    return [Gate(name=name, reason=reasons[name] or "") for name in NAMES]


def _of_ratio(ratio: float | None) -> str:
    if ratio is None:
        return "It could not be tested: nothing could be foretold, or nothing was bought in that time."
    if LEAST_RATIO <= ratio <= MOST_RATIO:
        return ""
    return (
        f"It predicts {ratio:.2f} purchases for each one that came; {LEAST_RATIO} to {MOST_RATIO} is close."
    )
