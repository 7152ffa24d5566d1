"""Small groups stay hidden: which counts of people may be shown, directly or by subtraction."""

from collections.abc import Mapping
from typing import Final

FEWEST: Final = 10
ROUNDED_TO: Final = 5


def shown(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The counts that may be shown; None for those that may not.

    `counts` divide all people of one dimension, whose number is known. Hidden is every group of fewer than
    ten, none included; and then the next smallest, while one alone is hidden, or all that are hidden are
    together fewer than ten: what the total less the shown ones tells is then never about so few.
    """
    hidden = {group for group, people in counts.items() if people < FEWEST}
    others = sorted((people, group) for group, people in counts.items() if group not in hidden)
    while hidden and others and (len(hidden) == 1 or sum(counts[group] for group in hidden) < FEWEST):
        hidden.add(others.pop(0)[1])
    return {group: None if group in hidden else people for group, people in counts.items()}


def rounded(people: int | None) -> int | None:
    """While live: to the next five."""
    return None if people is None else ROUNDED_TO * ((2 * people + ROUNDED_TO) // (2 * ROUNDED_TO))
