"""KOLs on a partner's roster, with their accounts and how many follow them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from commerce.access import Actor
from commerce.models import Channel, Partner
from kol.changes import rules
from kol.changes.acts import put_down
from kol.changes.found import AgencyKey, partner_of, some_agency
from kol.changes.rules import Refused, conflict, within
from kol.models import Agency, Kol, KolAccount, KolFollowers, RosterEntry

MOST_ACCOUNTS: Final = 20
MOST_FOLLOWERS: Final = 10**12
LONGEST_ROSTER_NOTE: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class AccountWish:
    """An account on a platform, and how many followed it on a day."""

    platform: str
    handle: str
    followers: int | None = None
    followers_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class KolWish:
    """A KOL for the roster; None leaves what the roster says already."""

    name: str
    country: str = ""
    accounts: Sequence[AccountWish] = ()
    agency: AgencyKey | None = None
    note: str | None = None


def create_kol(
    wish: KolWish, *, actor: Actor, reason: str, now: datetime, partner_id: UUID | None = None
) -> RosterEntry:
    """Take a KOL onto the partner's roster; raises `Refused`.

    One of whom an account is known already is that KOL: his name and country stay as they are.
    """
    partner = partner_of(partner_id, actor=actor)
    wish = checked_kol(wish, today=now.date())
    agency = None if wish.agency is None else some_agency(wish.agency)
    with transaction.atomic():
        kol, is_new = known_or_new(wish)
        write_followers(wish.accounts)
        entry = enlist(partner, kol, agency=agency, note=wish.note)
        details = {
            "kol": kol.pk,
            "name": wish.name,
            "is_new": is_new,
            "accounts": [f"{one.platform} {one.handle}" for one in wish.accounts],
            "agency": None if agency is None else agency.slug,
        }
        put_down(entry, "create_kol", actor=actor, reason=reason, now=now, details=details)
    return entry


def checked_kol(wish: KolWish, *, today: date) -> KolWish:
    """The wish with clean values; raises `Refused`."""
    if len(wish.accounts) > MOST_ACCOUNTS:
        raise Refused("accounts", message=f"At most {MOST_ACCOUNTS} accounts.")
    accounts = []
    for place, account in enumerate(wish.accounts):
        with within("accounts", str(place)):
            accounts.append(checked_account(account, today=today))
    note = wish.note
    return KolWish(
        name=rules.name("name", wish.name),
        country=rules.country("country", wish.country),
        accounts=accounts,
        agency=wish.agency,
        note=None if note is None else rules.text("note", note, longest=LONGEST_ROSTER_NOTE),
    )


def checked_account(account: AccountWish, *, today: date) -> AccountWish:
    """An account with clean values; followers without a day are today's."""
    platform = rules.one_of("platform", account.platform, Channel)
    handle = rules.handle("handle", account.handle)
    if account.followers is None:
        if account.followers_on is not None:
            raise Refused("followers", message="A day needs how many followed on it.")
        return AccountWish(platform=platform, handle=handle)
    followers = rules.count("followers", account.followers, most=MOST_FOLLOWERS)
    on = rules.day("followers_on", account.followers_on or today)
    return AccountWish(platform=platform, handle=handle, followers=followers, followers_on=on)


def known_or_new(wish: KolWish) -> tuple[Kol, bool]:
    """The KOL whose accounts these are, with all of them; made if none of them is known."""
    try:
        with transaction.atomic():
            return _known_or_new(wish)
    except IntegrityError:
        # Somebody made one of the accounts meanwhile: now it is known.
        with transaction.atomic():
            return _known_or_new(wish)


def _known_or_new(wish: KolWish) -> tuple[Kol, bool]:
    held: dict[tuple[str, str], KolAccount] = {}
    for account in wish.accounts:
        key = (account.platform, account.handle)
        row = KolAccount.objects.select_related("kol").filter(platform=key[0], handle=key[1]).first()
        if row is not None:
            held[key] = row
    owners = {row.kol_id: row.kol for row in held.values()}
    if len(owners) > 1:
        raise conflict("accounts", message="These accounts are known as those of different KOLs.")
    is_new = not owners
    kol = Kol.objects.create(name=wish.name, country=wish.country) if is_new else next(iter(owners.values()))
    wanted = {(account.platform, account.handle) for account in wish.accounts} - held.keys()
    KolAccount.objects.bulk_create(
        KolAccount(kol=kol, platform=platform, handle=handle) for platform, handle in sorted(wanted)
    )
    return kol, is_new


def write_followers(accounts: Sequence[AccountWish]) -> None:
    """Write down how many followed accounts that there are; another count of the same day replaces it."""
    for account in accounts:
        if account.followers is None or account.followers_on is None:
            continue
        row = KolAccount.objects.get(platform=account.platform, handle=account.handle)
        KolFollowers.objects.update_or_create(
            account=row, on_date=account.followers_on, defaults={"followers": account.followers}
        )


def enlist(partner: Partner, kol: Kol, *, agency: Agency | None, note: str | None) -> RosterEntry:
    """The partner's entry of a KOL, made or brought up to what is told of it."""
    entry, _ = RosterEntry.objects.get_or_create(partner=partner, kol=kol)
    if agency is not None:
        entry.agency = agency
    if note is not None:
        entry.note = note
    entry.save()
    return entry
