"""The hint that wakes the fills, when nobody hears it."""

import itertools
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery
from structlog.testing import capture_logs

from commerce import tasks
from commerce.models import new_id
from config.celery import app


def _wake_twice(broker: str) -> None:
    """With another broker, in a thread of its own: the current app is the thread's."""
    lost = Celery("lost", broker=broker, set_as_current=False)
    lost.conf.broker_transport_options = app.conf.broker_transport_options
    lost.set_current()
    tasks.wake(new_id())
    tasks.wake(new_id())


def test_a_broker_that_never_answers_loses_hints_and_they_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "_lost", itertools.count(1))
    with socket.create_server(("127.0.0.1", 0)) as mute, ThreadPoolExecutor(1) as thread:
        began = time.monotonic()
        with capture_logs() as said:
            thread.submit(_wake_twice, f"redis://127.0.0.1:{mute.getsockname()[1]}/0").result(timeout=60)
        assert time.monotonic() - began < 20
    assert [(line["event"], line["lost"]) for line in said] == [
        ("wake-up lost; the sweep will find it", 1),
        ("wake-up lost; the sweep will find it", 2),
    ]
