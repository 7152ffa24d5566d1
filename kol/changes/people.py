"""KOLs on a partner's roster, with their accounts and how many follow them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from commerce.access import Actor, scoped
from commerce.models import Channel
from kol.changes import rules
from kol.changes.acts import put_down, today_of
from kol.changes.found import AgencyKey, partner_of, some_agency
from kol.models import Kol, KolAccount, KolFollowers, RosterEntry
from kol.refusals import Refused, conflict, not_found, within

WORKER: Final = "worker"
MOST_ACCOUNTS: Final = 20
MOST_FOLLOWERS: Final = 10**12
LONGEST_ROSTER_NOTE: Final = 10_000
AccountKey = tuple[str, str]
"""Platform and handle: what tells an account from all others."""


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
    wish = checked_kol(wish, today=today_of(partner, now))
    agency = None if wish.agency is None else some_agency(wish.agency)
    # As the worker: an account may be known of KOLs that nobody of this partner sees yet.
    with transaction.atomic(using=WORKER):
        kol, is_new = _known_or_new(wish)
        write_followers(wish.accounts)
        entry = enlist(partner.pk, kol, agency_id=None if agency is None else agency.pk, note=wish.note)
        details = {
            "kol": kol.pk,
            "name": wish.name,
            "is_new": is_new,
            "accounts": [f"{one.platform} {one.handle}" for one in wish.accounts],
            "agency": agency and agency.slug,
        }
        put_down(entry, "create_kol", actor=actor, reason=reason, now=now, details=details, using=WORKER)
    return entry


def update_entry(
    entry_id: UUID, *, agency: AgencyKey | None, note: str, actor: Actor, reason: str, now: datetime
) -> RosterEntry:
    """Say who represents a KOL to the partner (None: nobody), and what there is to note; raises `Refused`."""
    text = rules.text("note", note, longest=LONGEST_ROSTER_NOTE)
    by = None if agency is None else some_agency(agency)
    with transaction.atomic():
        rows = scoped(RosterEntry.objects.select_for_update(), actor=actor)
        entry = rows.filter(id=entry_id).first()
        if entry is None:
            raise not_found("id", what="entry of the roster")
        agency_id = None if by is None else by.pk
        if (entry.agency_id, entry.note) == (agency_id, text):
            return entry
        details = {
            "agency": {"from": entry.agency_id, "to": agency_id},
            "note": {"from": entry.note, "to": text},
        }
        entry.agency_id, entry.note = agency_id, text
        entry.save(update_fields=["agency", "note"])
        put_down(entry, "update_entry", actor=actor, reason=reason, now=now, details=details)
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


def _known_or_new(wish: KolWish) -> tuple[Kol, bool]:
    """The KOL whose accounts these are, with all of them; made if none of them is known."""
    try:
        with transaction.atomic(using=WORKER):
            return _claim_accounts(wish)
    except IntegrityError:
        # Somebody made one of the accounts meanwhile: now it is known.
        with transaction.atomic(using=WORKER):
            return _claim_accounts(wish)


def _claim_accounts(wish: KolWish) -> tuple[Kol, bool]:
    wanted = {(account.platform, account.handle) for account in wish.accounts}
    held = known_accounts(wanted)
    owners = {row.kol_id: row.kol for row in held.values()}
    if len(owners) > 1:
        raise conflict("accounts", message="These accounts are known as those of different KOLs.")
    is_new = not owners
    kol = add_kol(wish.name, wish.country) if is_new else next(iter(owners.values()))
    add_accounts(dict.fromkeys(wanted - held.keys(), kol.pk))
    return kol, is_new


# -- what the import of a roster does too ----------------------------------------------------------


def known_accounts(wanted: Collection[AccountKey]) -> dict[AccountKey, KolAccount]:
    """Those of these accounts that there are, with their KOLs."""
    rows = KolAccount.objects.using(WORKER).select_related("kol")
    found = rows.filter(handle__in={handle for _, handle in wanted})
    return {(row.platform, row.handle): row for row in found if (row.platform, row.handle) in wanted}


def add_kol(name: str, country: str) -> Kol:
    """A KOL nobody knew."""
    return Kol.objects.using(WORKER).create(name=name, country=country)


def add_accounts(owners: Mapping[AccountKey, UUID]) -> None:
    """Accounts nobody knew, of KOLs by id; IntegrityError where one is known by now."""
    KolAccount.objects.using(WORKER).bulk_create(
        KolAccount(kol_id=owner, platform=platform, handle=handle)
        for (platform, handle), owner in sorted(owners.items())
    )


def write_followers(counted: Sequence[AccountWish]) -> None:
    """Write down how many followed accounts that there are; another count of the same day replaces it."""
    told = {
        (one.platform, one.handle, one.followers_on): one.followers
        for one in counted
        if one.followers is not None and one.followers_on is not None
    }
    held = known_accounts({(platform, handle) for platform, handle, _ in told})
    KolFollowers.objects.using(WORKER).bulk_create(
        (
            KolFollowers(account_id=held[platform, handle].pk, on_date=on, followers=followers)
            for (platform, handle, on), followers in sorted(told.items())
        ),
        update_conflicts=True,
        unique_fields=["account", "on_date"],
        update_fields=["followers"],
    )


def enlist(partner_id: UUID, kol: Kol, *, agency_id: UUID | None, note: str | None) -> RosterEntry:
    """The partner's entry of a KOL, made or brought up to what is told of it; None tells nothing."""
    entry, _ = RosterEntry.objects.using(WORKER).get_or_create(partner_id=partner_id, kol=kol)
    if agency_id is not None:
        entry.agency_id = agency_id
    if note is not None:
        entry.note = note
    entry.save(using=WORKER)
    return entry
