"""What a log says of an error: what happened and where, and nothing that people said."""

import os
import subprocess
import sys

import psycopg
import pytest

from commerce.connection import reason_of, worker_connection
from commerce.models import Partner

LOGGED = """
import structlog
from config import logs
logs.configure(logs.LOGGING)
log = structlog.get_logger("liveledger.ingest")
try:
    try:
        raise ValueError("null value in a column\\nDETAIL:  Failing row contains (call Anna,\\nor Eve).")
    except ValueError as error:
        raise KeyError("not stored") from error
except KeyError as error:
    log.error("event refused", exc_info=error)
"""


def test_the_reason_of_a_failure_is_told_without_what_failed(partner: Partner) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation) as caught:
        worker_connection().execute("SELECT %s::text::jsonb", ['["call Anna", now]'])
    assert "Anna" in str(caught.value)
    assert reason_of(caught.value) == "InvalidTextRepresentation: invalid input syntax for type json"
    assert reason_of(ValueError("7 days")) == "ValueError: 7 days"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_trace_is_logged_without_the_row_that_failed(form: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", LOGGED],
        env={**os.environ, "LIVELEDGER_LOG_FORMAT": form},
        capture_output=True,
        check=True,
        text=True,
    ).stderr
    told = ("event refused", "null value in a column", "The above exception", "KeyError: 'not stored'")
    assert [one for one in told if one not in said] == []
    assert [one for one in ("Anna", "Eve", "DETAIL") if one in said] == []
