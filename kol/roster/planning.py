"""What rows of a roster mean: whose accounts they are, what is wrong with them, what they would change."""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from commerce.models import Channel
from kol.changes import rules
from kol.changes.people import (
    LONGEST_ROSTER_NOTE,
    MOST_FOLLOWERS,
    WORKER,
    AccountKey,
    AccountWish,
    known_accounts,
)
from kol.models import Agency, Kol, KolFollowers, RosterEntry
from kol.refusals import Refused
from kol.roster.reading import RosterRow

_WHOLE: Final = re.compile(r"[0-9]{1,13}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLATFORMS: Final = {
    **{channel.label.casefold(): channel.value for channel in Channel},
    **{channel.value.casefold(): channel.value for channel in Channel},
}


class Status(enum.Enum):
    """What becomes of a row."""

    NEW = "NEW"
    """A KOL nobody knew."""
    CHANGED = "CHANGED"
    """A known KOL: something is added or changed."""
    SAME = "SAME"
    """Nothing changes."""
    REFUSED = "REFUSED"
    """Something is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a row changes: of which column, from what, to what."""

    column: str
    before: str
    after: str


@dataclass(kw_only=True)
class RowOutcome:
    """A row and what becomes of it; `known_as` is the KOL's name where he is known by another."""

    row: RosterRow
    status: Status = Status.SAME
    known_as: str = ""
    changes: list[Change] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(column, message) of what is wrong."""


@dataclass(kw_only=True)
class Outcome:
    """What an import does or did; nothing is done where a row is refused."""

    rows: list[RowOutcome]
    is_done: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether a row is refused."""
        return any(one.errors for one in self.rows)

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return sum(one.status is status for one in self.rows)


@dataclass(kw_only=True)
class Person:
    """Who the rows of one KOL are about: known, or to be made; what is told of the roster's entry."""

    name: str
    kol: Kol | None
    entry: RosterEntry | None
    """Of the roster; None: to be made."""
    country: str = ""
    agency: Agency | None = None
    note: str = ""
    accounts: set[AccountKey] = field(default_factory=set)
    """Accounts to be added."""
    said: dict[tuple[Any, ...], tuple[object, int]] = field(default_factory=dict)
    """What rows say of him, and the line that said it first."""


@dataclass(kw_only=True)
class Plan:
    """The whole import: the outcome of each row, and what is to be written."""

    outcome: Outcome
    people: list[Person]
    counted: list[AccountWish]


@dataclass(frozen=True, kw_only=True)
class Clean:
    """A row with clean values."""

    of: RowOutcome
    key: AccountKey
    name: str
    country: str
    note: str
    agency: Agency | None
    followers: int | None
    on: date | None


@dataclass(frozen=True, kw_only=True)
class World:
    """What is there already, as far as the rows are about it."""

    entries: Mapping[UUID, RosterEntry]
    owners: Mapping[AccountKey, Kol]
    counts: Mapping[tuple[str, str, date], int]
    named: Mapping[str, list[Kol]]
    """KOLs on the roster by their names, in any case."""


def plan_import(rows: Sequence[RosterRow], *, partner_id: UUID) -> Plan:
    """Check every row and find out what it would change; five statements, whatever the number of rows."""
    outcome = Outcome(rows=[RowOutcome(row=row) for row in rows])
    agencies = {
        row.slug: row
        for row in Agency.objects.using(WORKER).filter(slug__in={one.agency for one in rows if one.agency})
    }
    cleaned = [found for one in outcome.rows if (found := _clean(one, agencies)) is not None]
    world = _world({one.key for one in cleaned}, partner_id)
    people = _people(cleaned, world)
    for one in outcome.rows:
        if one.errors:
            one.status, one.changes = Status.REFUSED, []
    counted = [
        AccountWish(platform=one.key[0], handle=one.key[1], followers=one.followers, followers_on=one.on)
        for one in cleaned
    ]
    return Plan(outcome=outcome, people=people, counted=counted)


# -- one row by itself ---------------------------------------------------------------------------


def _clean(one: RowOutcome, agencies: Mapping[str, Agency]) -> Clean | None:
    row = one.row
    told: dict[str, str] = {}
    checks: dict[str, Callable[[], str]] = {
        "name": lambda: rules.name("name", row.name),
        "platform": lambda: _platform(row.platform),
        "handle": lambda: rules.handle("handle", row.handle),
        "country": lambda: rules.country("country", row.country),
        "note": lambda: rules.text("note", row.note, longest=LONGEST_ROSTER_NOTE),
    }
    for column, check in checks.items():
        try:
            told[column] = check()
        except Refused as refused:
            one.errors.append((column, refused.message))
    followers, on = _count(one)
    if row.agency and row.agency not in agencies:
        one.errors.append(("agency", "There is no such agency."))
    if one.errors:
        return None
    return Clean(
        of=one,
        key=(told["platform"], told["handle"]),
        name=told["name"],
        country=told["country"],
        note=told["note"],
        agency=agencies.get(row.agency),
        followers=followers,
        on=on,
    )


def _platform(told: str) -> str:
    if (found := PLATFORMS.get(told.casefold())) is None:
        raise Refused("platform", message=f"It is one of {', '.join(Channel.values)}.")
    return found


def _count(one: RowOutcome) -> tuple[int | None, date | None]:
    """How many followed, and when: both or neither, so that the same file always says the same."""
    row = one.row
    if not row.followers and not row.followers_on:
        return None, None
    if not row.followers:
        one.errors.append(("followers", "A day needs how many followed on it."))
    elif not _WHOLE.fullmatch(row.followers) or int(row.followers) > MOST_FOLLOWERS:
        one.errors.append(("followers", f"It is a whole number of at most {MOST_FOLLOWERS}."))
    if not row.followers_on:
        one.errors.append(("followers_on", "Followers need the day they were counted on."))
    elif (on := _day(row.followers_on)) is None:
        one.errors.append(("followers_on", "A day is written YYYY-MM-DD, from 1970 to 2100."))
    if one.errors:
        return None, None
    return int(row.followers), on


def _day(told: str) -> date | None:
    if not _DAY.fullmatch(told):
        return None
    try:
        return rules.day("followers_on", date.fromisoformat(told))
    except (ValueError, Refused):
        return None


# -- rows beside each other ----------------------------------------------------------------------


def _world(wanted: set[AccountKey], partner_id: UUID) -> World:
    held = known_accounts(wanted)
    counts = KolFollowers.objects.using(WORKER).filter(account__in=[row.pk for row in held.values()])
    by_id = {row.pk: key for key, row in held.items()}
    entries = RosterEntry.objects.using(WORKER).filter(partner_id=partner_id)
    known = {entry.kol_id: entry for entry in entries.select_related("kol", "agency")}
    named: dict[str, list[Kol]] = {}
    for entry in known.values():
        named.setdefault(entry.kol.name.casefold(), []).append(entry.kol)
    return World(
        entries=known,
        owners={key: row.kol for key, row in held.items()},
        counts={(*by_id[row.account_id], row.on_date): row.followers for row in counts},
        named=named,
    )


def _people(rows: Sequence[Clean], world: World) -> list[Person]:
    """Who the rows are about; a name that the file or the roster gives two KOLs tells neither."""
    in_file: dict[str, dict[UUID, Kol]] = {}
    for one in rows:
        if (owner := world.owners.get(one.key)) is not None:
            in_file.setdefault(one.name.casefold(), {})[owner.pk] = owner
    people: dict[UUID | str, Person] = {}
    of_account: dict[AccountKey, tuple[UUID | str, int]] = {}
    for one in rows:
        name, line = one.name.casefold(), one.of.row.line
        kol = world.owners.get(one.key)
        if kol is None:
            called_so = in_file.get(name) or {row.pk: row for row in world.named.get(name, [])}
            if len(called_so) > 1:
                one.of.errors.append(("name", "Several KOLs are called so: the name alone means none."))
                continue
            kol = next(iter(called_so.values()), None)
        key = name if kol is None else kol.pk
        entry = None if kol is None else world.entries.get(kol.pk)
        whose, first = of_account.setdefault(one.key, (key, line))
        if whose != key:
            one.of.errors.append(("name", f"Line {first} says otherwise of this account."))
            continue
        person = people.setdefault(key, Person(name=one.name, kol=kol, entry=entry))
        _note(one, person, world)
    return list(people.values())


def _note(one: Clean, person: Person, world: World) -> None:
    """Add a row to what is told of its KOL; note what it changes, and what another row said otherwise."""
    of, kol, entry = one.of, person.kol, person.entry
    of.known_as = "" if kol is None or kol.name == one.name else kol.name

    def is_new(column: str, *about: object, value: object, before: object) -> bool:
        """Whether the row is the first to say this, and it is not so yet."""
        told, line = person.said.setdefault((column, *about), (value, of.row.line))
        if told != value:
            of.errors.append((column, f"Line {line} says otherwise."))
        is_change = told == value and line == of.row.line and value != before
        if is_change:
            of.changes.append(
                Change(column=column, before="" if before is None else str(before), after=str(value))
            )
        return is_change

    listed = "" if entry is None or kol is None else kol.name
    is_new("name", value=person.name if kol is None else kol.name, before=listed)
    if one.key not in world.owners and is_new("handle", one.key, value=" ".join(one.key), before=""):
        person.accounts.add(one.key)
    if kol is None and one.country and is_new("country", value=one.country, before=""):
        person.country = one.country
    if one.agency is not None:
        before = "" if entry is None or entry.agency is None else entry.agency.slug
        if is_new("agency", value=one.agency.slug, before=before):
            person.agency = one.agency
    if one.note and is_new("note", value=one.note, before="" if entry is None else entry.note):
        person.note = one.note
    if one.on is not None:
        held = world.counts.get((*one.key, one.on))
        is_new("followers", one.key, one.on, value=one.followers, before=held)
    if of.changes:
        of.status = Status.NEW if kol is None else Status.CHANGED
