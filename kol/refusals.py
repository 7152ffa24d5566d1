"""What is refused of what people ask for: the field at fault, and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Kind = Literal["invalid", "not_found", "conflict"]


class Refused(Exception):  # noqa: N818 - a verdict on what is asked for, not a fault of the program
    """What cannot be done: the path to the field at fault, the rule where it has a name, and why."""

    def __init__(self, *path: str, message: str, kind: Kind = "invalid", rule: str = "") -> None:
        super().__init__(message)
        self.path, self.message, self.kind, self.rule = path, message, kind, rule


def not_found(*path: str, what: str) -> Refused:
    """There is no such thing, or none of the actor's."""
    return Refused(*path, message=f"There is no such {what}.", kind="not_found")


def conflict(*path: str, message: str) -> Refused:
    """Right by itself, but not in the state things are in."""
    return Refused(*path, message=message, kind="conflict")


@contextmanager
def within(*path: str) -> Iterator[None]:
    """What is refused inside is at fault below this field."""
    try:
        yield
    except Refused as refused:
        raise Refused(
            *path, *refused.path, message=refused.message, kind=refused.kind, rule=refused.rule
        ) from None
