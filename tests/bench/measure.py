"""Measuring in turn, A B A B, and printing medians with the ratio to the limit."""

import statistics
import time
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

Step = Callable[[], object]


def in_turn(
    steps: Mapping[str, Step], *, rounds: int, before: Callable[[str], None] = lambda _: None
) -> dict[str, list[float]]:
    """Seconds of every step in each round, the steps one after the other so that drift meets all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            before(name)
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def show(
    title: str, seconds: Mapping[str, list[float]], *, limit: str, goal: Mapping[str, str] | None = None
) -> None:
    """Print the medians in milliseconds, and each as a multiple of the limit, round by round."""
    table = Table("step", "median ms", "min ms", "max ms", f"x {limit}", "to reach", title=title)
    for name, taken in seconds.items():
        ratio = statistics.median(mine / base for mine, base in zip(taken, seconds[limit], strict=True))
        table.add_row(
            name,
            f"{statistics.median(taken) * 1000:.1f}",
            f"{min(taken) * 1000:.1f}",
            f"{max(taken) * 1000:.1f}",
            f"{ratio:.2f}",
            (goal or {}).get(name, ""),
        )
    Console(width=120).print(table)
