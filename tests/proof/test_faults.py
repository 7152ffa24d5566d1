"""Nothing acknowledged is lost, and numbers heal: SIGKILL for each process in turn while events come in."""

import os
import random
import time
from itertools import cycle

import pytest

from tests.proof.house import House, Name, commit, house, until
from tests.proof.senders import Books, Senders, events

SEED = int(os.environ.get("LIVELEDGER_SEED", "20261121"))
VICTIMS: tuple[Name, ...] = ("worker", "valkey", "postgres", "web")


def test_after_three_kills_nothing_acknowledged_is_lost_and_numbers_are_those_of_the_facts() -> None:
    ordeal(number=5_000, kills=("worker", "postgres", "web"), batch=40, pause=0.2)


@pytest.mark.proof
def test_after_45_kills_nothing_acknowledged_is_lost_and_numbers_are_those_of_the_facts() -> None:
    turn = cycle(VICTIMS)
    ordeal(number=100_000, kills=tuple(next(turn) for _ in range(45)), batch=250, pause=1.0)


def ordeal(*, number: int, kills: tuple[Name, ...], batch: int, pause: float) -> None:
    """Ingest over HTTP while worker and schedule run, killing in turn; then one sweep, then the check."""
    began = time.perf_counter()
    with house() as home:
        settings = ("--name", "Shop", "--currency", "SGD", "--timezone", "Asia/Singapore")
        home.command("create_partner", "shop", *settings)
        key = home.command("issue_key", "--partner", "shop", "--scopes", "ingest").split()[-1]
        senders = Senders(events(number=number, seed=SEED), port=home.port, key=key, batch=batch, threads=4)
        ready = time.perf_counter()
        senders.start()
        kill_in_turn(home, senders, kills, pause=pause)
        until(lambda: senders.is_done, seconds=600, otherwise=lambda: senders.books)
        sent = time.perf_counter()
        heal(home)
        healed = time.perf_counter()
        said = home.command("check_rollups").splitlines()[-1]
        stored = home.value("SELECT count(*) FROM commerce_event WHERE item = 0")
    report(senders.books, number=number, stored=stored, kills=kills, said=said)
    print(f"start {ready - began:.1f} s, send {sent - ready:.1f} s, heal {healed - sent:.1f} s")
    assert senders.books.wrong == []
    assert senders.books.failures > 0, "the senders noticed nothing: what was killed was not in use"
    assert len(senders.books.acknowledged) == number
    assert stored == number, "acknowledged and lost, or stored twice"
    assert said.endswith("differences 0")
    assert int(said.split()[1].rstrip(",")) > 1_000


def kill_in_turn(home: House, senders: Senders, kills: tuple[Name, ...], *, pause: float) -> None:
    """Kill each when its share of the events has been acknowledged, and start it again a moment later."""
    rng = random.Random(SEED)
    for turn, victim in enumerate(kills, 1):
        senders.wait_for(senders.total * turn // (len(kills) + 1), seconds=120)
        # At no particular moment of what is being taken in.
        time.sleep(rng.uniform(0, pause / 2))
        home.kill(victim)
        time.sleep(pause)
        home.restart(victim)


def heal(home: House) -> None:
    """Until the worker, told by nobody but the schedule's sweep, has left nothing to do."""
    waiting = "SELECT count(*) FROM commerce_stale"
    until(lambda: home.value(waiting) == 0, seconds=180, otherwise=lambda: home.last_words("worker"))


def report(books: Books, *, number: int, stored: int, kills: tuple[Name, ...], said: str) -> None:
    """The figures of a run."""
    killed = ", ".join(f"{victim} {kills.count(victim)}" for victim in VICTIMS)
    print(f"\nseed {SEED}, commit {commit()}, kills {len(kills)} ({killed})")
    print(f"events {number}, answers {books.answers}, requests sent again {books.failures}, ", end="")
    print(f"accepted {books.accepted}, duplicate {books.duplicate}, ", end="")
    print(f"acknowledged {len(books.acknowledged)}, lost {len(books.acknowledged) - stored}; {said}")
