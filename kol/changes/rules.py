"""The rules of what people type: each check answers the clean value, or says which field breaks what."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from babel.core import get_global
from django.db import models

from kol.refusals import Refused

LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 500
LONGEST_REASON: Final = 2000
LONGEST_CODE: Final = 100
LONGEST_LOGIN: Final = 150
SHORTEST_WINDOW: Final = 3600
LONGEST_WINDOW: Final = 90 * 86400
LONGEST_ON_SCREEN: Final = 7 * 86400
MOST_MONEY: Final = Decimal(10) ** 15
MOST_UNITS: Final = 1_000_000
MOST_TIERS: Final = 20
SHARE_DECIMALS: Final = 6
MONEY_DECIMALS: Final = 4
# A year beyond these is a slip of the pen.
FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
TERRITORIES: Final = frozenset(code for code in get_global("territory_currencies") if len(code) == 2)


def text(field: str, value: str, *, longest: int, least: int = 0) -> str:
    """A text without blanks around it, of at least and at most so many characters."""
    told = value.strip()
    if "\0" in told:
        raise Refused(field, message="Text must not contain the NUL character.")
    if len(told) < least:
        raise Refused(field, message="It must not be empty.")
    if len(told) > longest:
        raise Refused(field, message=f"At most {longest} characters.")
    return told


def name(field: str, value: str) -> str:
    """What something is called: never empty."""
    return text(field, value, longest=LONGEST_NAME, least=1)


def reason(value: str) -> str:
    """Why something is done; may be left out."""
    return text("reason", value, longest=LONGEST_REASON)


def one_of(field: str, value: str, choices: type[models.TextChoices]) -> str:
    """One of an enumeration's values."""
    if value not in choices.values:
        raise Refused(field, message=f"It is one of {', '.join(choices.values)}.")
    return value


def currency(field: str, value: str) -> str:
    """An ISO 4217 code in capitals."""
    if value not in get_global("all_currencies"):
        raise Refused(field, message="A currency is an ISO 4217 code in capitals, such as SGD.")
    return value


def country(field: str, value: str) -> str:
    """An ISO 3166 code of two capitals; empty: not told."""
    told = value.strip().upper()
    if told and told not in TERRITORIES:
        raise Refused(field, message="A country is an ISO 3166 code of two letters, such as SG.")
    return told


def decimal(
    field: str, value: Decimal, *, decimals: int, least: Decimal | None = None, most: Decimal = MOST_MONEY
) -> Decimal:
    """A finite number with at most so many decimals, within its bounds; `least` None: down to -most."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise Refused(field, message="It must be a finite number.")
    if exponent < -decimals and value != round(value, decimals):
        raise Refused(field, message=f"At most {decimals} decimals.")
    low = -most if least is None else least
    if not low <= value <= most:
        raise Refused(field, message=f"It must be between {low:f} and {most:f}.")
    return round(value, decimals)


def money(field: str, value: Decimal, *, may_be_negative: bool = False) -> Decimal:
    """An amount with at most four decimals."""
    least = None if may_be_negative else Decimal(0)
    return decimal(field, value, decimals=MONEY_DECIMALS, least=least)


def share(field: str, value: Decimal) -> Decimal:
    """A share from 0 to 1, with at most six decimals."""
    return decimal(field, value, decimals=SHARE_DECIMALS, least=Decimal(0), most=Decimal(1))


def count(field: str, value: int, *, least: int = 0, most: int = MOST_UNITS) -> int:
    """A whole number within its bounds."""
    if not least <= value <= most:
        raise Refused(field, message=f"It must be between {least} and {most}.")
    return value


def window(field: str, value: int) -> int:
    """Seconds of a window: from 1 hour to 90 days."""
    if not SHORTEST_WINDOW <= value <= LONGEST_WINDOW:
        raise Refused(field, message="A window is from 1 hour to 90 days.")
    return value


def day(field: str, value: date) -> date:
    """A day of our times."""
    if not FIRST_DAY <= value <= LAST_DAY:
        raise Refused(field, message="A day is from 1970 to 2100.")
    return value


def days(first: tuple[str, date], end: tuple[str, date | None]) -> None:
    """Days are half-open: the end is the day after the last one, so it lies behind the first."""
    day(*first)
    if end[1] is None:
        return
    day(end[0], end[1])
    if end[1] <= first[1]:
        raise Refused(end[0], message="It is the day after the last one: later than the first day.")


def moments(first: tuple[str, datetime | None], end: tuple[str, datetime | None]) -> None:
    """Times are half-open too; either may be left open."""
    if first[1] is not None and end[1] is not None and end[1] <= first[1]:
        raise Refused(end[0], message="It must be later than the beginning.")


def promo_code(field: str, value: str) -> str:
    """A code of 1 to 100 characters without blanks, in capitals."""
    told = text(field, value, longest=LONGEST_CODE, least=1).upper()
    # Some letters become two in capitals.
    if len(told) > LONGEST_CODE:
        raise Refused(field, message=f"At most {LONGEST_CODE} characters.")
    if not told.isprintable() or any(letter.isspace() for letter in told):
        raise Refused(field, message="A code has no blanks in it.")
    return told


def handle(field: str, value: str) -> str:
    """A handle without the @, in lower case."""
    told = text(field, value, longest=LONGEST_NAME).removeprefix("@").lower()
    if not told:
        raise Refused(field, message="It must not be empty.")
    if not told.isprintable() or any(letter.isspace() for letter in told):
        raise Refused(field, message="A handle has no blanks in it.")
    if len(told) > LONGEST_NAME:
        raise Refused(field, message=f"At most {LONGEST_NAME} characters.")
    return told
