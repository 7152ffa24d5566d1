"""Logs of every process: one line a fact on standard error, as text to read or as JSON to collect."""

import io
import logging.config
import re
from typing import Any, Final, TextIO

import structlog
from environs import Env
from structlog.typing import EventDict, ExcInfo, Processor

env = Env()

LEVEL = env.str("LIVELEDGER_LOG_LEVEL", "INFO").upper()
IS_JSON = env.str("LIVELEDGER_LOG_FORMAT", "text") == "json"

# What our own lines and those of the libraries go through alike.
_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso" if IS_JSON else "%H:%M:%S", utc=True),
]


# What a database adds to its message: the row that failed, with whatever people said in it.
_ROWS: Final = re.compile(
    r"^(?:DETAIL|CONTEXT):  .*?(?=^\n(?:The above exception|During handling)|\Z)", re.MULTILINE | re.DOTALL
)


def _without_rows(logger: Any, name: str, told: EventDict) -> EventDict:
    if isinstance(trace := told.get("exception"), str):
        told["exception"] = _ROWS.sub("", trace)
    return told


def _plain(out: TextIO, error: ExcInfo) -> None:
    # Plain, since the default one prints the values of local variables: keys and people's data among them.
    trace = io.StringIO()
    structlog.dev.plain_traceback(trace, error)
    out.write(_ROWS.sub("", trace.getvalue()))


def _last() -> list[Processor]:
    if IS_JSON:
        return [structlog.processors.format_exc_info, _without_rows, structlog.processors.JSONRenderer()]
    # Colours belong to terminals; what runs under `up` gets its colour from its name.
    return [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=_plain)]


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _SHARED,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last()],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.error": {"handlers": [], "propagate": True},
        "uvicorn.access": {"level": "WARNING"},
        # A hint a second and a sweep every five: that they came and went is no news.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
LOGGING_CONFIG = "config.logs.configure"


def configure(given: dict[str, Any]) -> None:
    """Set up the standard library's logging as given, and structlog to write through it."""
    logging.config.dictConfig(given)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
