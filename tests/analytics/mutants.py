"""Faults a fill could have, planted one at a time, to see that they do not stay hidden."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import _lru_cache_wrapper
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from analytics import fills
from analytics.fills import composing, orders, sessions, sources, statements
from analytics.fills.orders import Rules, rules_of

Plant = Callable[[pytest.MonkeyPatch], None]


def _statement(name: str, *changes: tuple[str, str]) -> Plant:
    """A statement in which each text is replaced wherever it stands; it must stand there."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        changed = Path(composing.HERE) / name
        text = changed.read_text()
        for old, new in changes:
            assert old in text, f"{name} has no {old!r} any more: plant this fault another way"
            text = text.replace(old, new)
        changed.write_text(text)

    return plant


def _rules(change: Callable[[Rules], Rules]) -> Plant:
    """Fills that read other settings than the partner's."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        def changed(*given: Any, **named: Any) -> Rules:
            return change(rules_of(*given, **named))

        patch.setattr(fills, "rules_of", changed)

    return plant


class _TouchedAfter(orders._Touched):
    """Where an order was before it was settled is forgotten."""

    is_settled = False

    def add(self, rows: Any) -> None:
        if self.is_settled:
            super().add(rows)
        self.is_settled = True


def _forget_old_places(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(orders, "_Touched", _TouchedAfter)


def _forget_orders_of_movers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sessions, "_mark_orders", lambda *given, **named: None)


MUTANTS: Final[dict[str, Plant]] = {
    "joins are taken before leaves": _statement("minutes.sql", ("p.step ROWS", "p.step DESC ROWS")),
    "refunds are not capped": _statement(
        "settle_refunds.sql",
        ("LEAST(amount_so_far, merchandise)", "amount_so_far"),
        ("LEAST(amount_so_far - GREATEST(amount, 0), merchandise)", "amount_so_far - GREATEST(amount, 0)"),
    ),
    "the session and day an order leaves are not stale": _forget_old_places,
    "days are those of UTC": _rules(lambda rules: replace(rules, timezone="UTC")),
    "orders do not follow a first join that moved": _forget_orders_of_movers,
    "silence closes nothing": _rules(lambda rules: replace(rules, silence=timedelta(days=1))),
    "an order after the end belongs to nobody": _rules(lambda rules: replace(rules, tail=timedelta())),
    "a refund of an unpaid order counts": _statement("settle_refunds.sql", ("AND o.paid_at IS NOT NULL", "")),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Fills with one fault, while the block runs."""
    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        copy = copytree(composing.HERE, Path(directory) / "fills")
        patch.setattr(composing, "HERE", copy)
        try:
            MUTANTS[name](patch)
            _forget_composed()
            yield
        finally:
            _forget_composed()


def _forget_composed() -> None:
    for made in (*vars(statements).values(), *vars(sources).values()):
        if isinstance(made, _lru_cache_wrapper):
            made.cache_clear()
