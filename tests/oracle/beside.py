"""Numbers beside others: medians of sessions before one, differences of two rates, people over several."""

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from math import sqrt

from tests.oracle.session import SessionTruth

NORMAL = 1.959963984540054
FEWEST = 3


def middle(values: Iterable[Fraction | int | None]) -> Fraction | None:
    """The median of what is known, of at least three."""
    known = sorted(Fraction(value) for value in values if value is not None)
    if len(known) < FEWEST:
        return None
    half = len(known) // 2
    return known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2


def score_interval(numerator: int, denominator: int) -> tuple[float, float]:
    """Both rates at which the observed one is as far off as 95 % of chance goes (Wilson)."""
    p, n, z = numerator / denominator, denominator, NORMAL
    root = z * sqrt(z * z + 4 * n * p * (1 - p))
    return (2 * n * p + z * z - root) / (2 * (n + z * z)), (2 * n * p + z * z + root) / (2 * (n + z * z))


def newcombe(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """The interval of the difference of two rates, from the score interval of each."""
    p, q = first[0] / first[1], second[0] / second[1]
    (l1, u1), (l2, u2) = score_interval(*first), score_interval(*second)
    return p - q - sqrt((p - l1) ** 2 + (u2 - q) ** 2), p - q + sqrt((u1 - p) ** 2 + (q - l2) ** 2)


def usual_steps(before: Sequence[SessionTruth], unit: str) -> list[Fraction | None]:
    """The median rate of each step of the funnels of some sessions."""
    funnels = [[count for _, count in session.funnel(unit)] for session in before]
    found: list[Fraction | None] = [None]
    for step in range(1, 6):
        pairs = [(funnel[step], funnel[step - 1]) for funnel in funnels]
        found.append(
            middle(Fraction(count, before) for count, before in pairs if before and count is not None)
        )
    return found


def people(sessions: Collection[SessionTruth]) -> set[tuple[str, str]]:
    """Everybody who watched any of the sessions, once."""
    return {(session.source, viewer) for session in sessions for viewer in session.viewers}
