"""What commands that issue keys share: what a key is for, and until when."""

from argparse import ArgumentParser
from datetime import datetime

from django.core.management import CommandError


def add_terms(parser: ArgumentParser) -> None:
    """Declare `--name TEXT` and `--expires TIME`."""
    parser.add_argument("--name", default="", help="What the key is for, as the admin shows it.")
    parser.add_argument("--expires", help="When it ends, such as 2027-01-31T00:00:00Z.")


def read_end(text: str | None, *, now: datetime) -> datetime | None:
    """The moment a key ends, None for never; CommandError for what is no such moment, or has passed."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--expires: {text!r} is not an ISO 8601 time.") from None
    if moment.tzinfo is None:
        raise CommandError(f"--expires: {text!r} has no offset; write {text}Z for UTC.")
    if moment <= now:
        raise CommandError(f"--expires: {text!r} has passed.")
    return moment


def until(end: datetime | None) -> str:
    """How long a key lives, in words."""
    return "without an end" if end is None else f"until {end.isoformat()}"
