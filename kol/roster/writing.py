"""Taking a roster in: everything in one transaction of the worker, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from commerce.access import Actor
from commerce.models import Partner
from commerce.record import put_on_record
from kol.changes import rules
from kol.changes.found import partner_of
from kol.changes.people import WORKER, AccountKey, add_accounts, write_followers
from kol.models import Kol, RosterEntry
from kol.roster.planning import Outcome, Plan, Status, plan_import
from kol.roster.reading import RosterRow


def import_roster(
    rows: Sequence[RosterRow],
    *,
    actor: Actor,
    preview: bool,
    reason: str,
    now: datetime,
    partner_id: UUID | None = None,
) -> Outcome:
    """Take rows into the roster of the actor's partner; with `preview` only say what that would change.

    A known account is the KOL whose it is, and his name and country stay; an unknown one is of the KOL whom
    the file or the roster calls so, else of a new one. Nothing is done where a row is refused; what is the
    same already stays as it is, so that the same file again changes nothing. Raises `Refused`.
    """
    partner = partner_of(partner_id, actor=actor)
    why = rules.reason(reason)
    if preview:
        return plan_import(rows, partner_id=partner.pk).outcome
    try:
        return _import(rows, partner=partner, actor=actor, reason=why, now=now)
    except IntegrityError:
        # Somebody made one of the accounts meanwhile: now it is known.
        return _import(rows, partner=partner, actor=actor, reason=why, now=now)


def _import(
    rows: Sequence[RosterRow], *, partner: Partner, actor: Actor, reason: str, now: datetime
) -> Outcome:
    with transaction.atomic(using=WORKER):
        # Two imports of one roster go one after the other: the second finds what the first made.
        Partner.objects.using(WORKER).select_for_update(no_key=True).get(pk=partner.pk)
        plan = plan_import(rows, partner_id=partner.pk)
        if plan.outcome.has_errors:
            return plan.outcome
        if any(one.changes for one in plan.outcome.rows):
            _write(plan, partner)
            details = {status.value.lower(): plan.outcome.count(status) for status in Status}
            put_on_record(
                actor=actor,
                partner_id=partner.pk,
                action="import_roster",
                subject_kind="RosterEntry",
                subject_id=None,
                reason=reason,
                now=now,
                details=details,
                using=WORKER,
            )
        plan.outcome.is_done = True
    return plan.outcome


def _write(plan: Plan, partner: Partner) -> None:
    made = {id(one): Kol(name=one.name, country=one.country) for one in plan.people if one.kol is None}
    Kol.objects.using(WORKER).bulk_create(made.values())
    owners: dict[AccountKey, UUID] = {}
    listed: list[RosterEntry] = []
    changed: list[RosterEntry] = []
    for person in plan.people:
        kol = person.kol or made[id(person)]
        owners.update(dict.fromkeys(person.accounts, kol.pk))
        entry = person.entry or RosterEntry(partner_id=partner.pk, kol_id=kol.pk)
        if person.agency is not None:
            entry.agency_id = person.agency.pk
        entry.note = person.note or entry.note
        (listed if person.entry is None else changed).append(entry)
    entries = RosterEntry.objects.using(WORKER)
    entries.bulk_create(listed)
    entries.bulk_update(changed, ["agency", "note"])
    add_accounts(owners)
    write_followers(plan.counted)
