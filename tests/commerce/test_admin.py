"""The admin: every page renders, lists cost the same for any number of rows, partners stay apart."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

import analytics.admin.dashboard
import analytics.admin.orders
import analytics.admin.stale
import commerce.access
import commerce.admin.rejections
import commerce.admin.scope
import commerce.admin.table_files
import kol.admin.acting
import kol.admin.people
from analytics.models import (
    CadenceReport,
    Credit,
    ModelRun,
    OrderShare,
    RateCard,
    Review,
    ShopPeriod,
    Target,
    Touch,
    Viewing,
)
from commerce.access import Actor
from commerce.models import (
    ApiKey,
    Customer,
    Event,
    Lead,
    LiveSession,
    Membership,
    Order,
    Partner,
    Product,
    Refund,
    Rejection,
    Spend,
    Stale,
    Viewer,
    Violation,
    new_id,
)
from kol.access import issue_agency_key
from kol.models import (
    Agency,
    AgencyKey,
    Campaign,
    Claim,
    Collaboration,
    Kol,
    LinkClick,
    LinkHost,
    RosterEntry,
    Statement,
)
from tests.commerce.admin_pages import (
    WORKER,
    address,
    pages,
    populate,
    row_of,
    rows_of,
    shown_rows,
    signed_in,
    staff,
    superuser,
)
from tests.conftest import PartnerFactory
from tests.factories import NOW

# Session, person, begin, their permissions (2), partners of the filter, count, rows, commit; then what a
# page reads on top: numbers or assignments of its rows, values to filter by.
STATEMENTS: dict[type[models.Model], int] = {
    ApiKey: 9,
    CadenceReport: 9,
    Campaign: 9,
    Claim: 9,
    Collaboration: 9,
    Credit: 9,
    Customer: 10,
    Lead: 9,
    LinkClick: 9,
    LinkHost: 9,
    LiveSession: 10,
    Membership: 9,
    ModelRun: 10,
    Order: 10,
    OrderShare: 9,
    Partner: 8,
    Product: 9,
    RateCard: 9,
    Review: 9,
    Refund: 9,
    Rejection: 11,
    RosterEntry: 9,
    ShopPeriod: 9,
    Spend: 11,
    Stale: 9,
    Statement: 9,
    Target: 9,
    Touch: 9,
    Viewer: 9,
    Viewing: 9,
    Violation: 10,
}
HOUSE: dict[type[models.Model], int] = {User: 8, Group: 7, LogEntry: 7}
# Nobody's rows: KOLs are of those who work with them, agencies of who runs the house.
PEOPLE: dict[type[models.Model], int] = {Kol: 6, Agency: 6, AgencyKey: 6}
ADDED_BY_HAND = {
    Partner, Membership, ApiKey, User, Group, Campaign, Collaboration, RosterEntry, LinkHost, RateCard,
}  # fmt: skip
TAKEN_BACK = {Membership, LinkHost}
DONE_BY_HAND = {Review}


def test_every_model_of_the_admin_has_its_statements_counted() -> None:
    assert set(pages()) == {*STATEMENTS, *HOUSE, *PEOPLE}


def test_lists_cost_the_same_statements_for_one_row_and_for_twenty_five(make_partner: PartnerFactory) -> None:
    counted: dict[int, dict[str, tuple[int, int]]] = {}
    for rows in (1, 25):
        partner = make_partner()
        populate(partner, rows=rows)
        client = signed_in(staff(partner, *(make_partner() for _ in range(rows - 1))))
        counted[rows] = {}
        for model in STATEMENTS:
            asked = {} if model is Partner else {"partner": partner.slug}
            if model is ShopPeriod:
                asked["grain__exact"] = "DAY"
            if model is Membership:
                asked["q"] = "row-"  # Who looks has one too.
            with CaptureQueriesContext(connection) as statements:
                answer = client.get(address(model, "changelist"), asked)
            counted[rows][model.__name__] = (shown_rows(answer.content.decode()), len(statements))
    for rows, of_model in counted.items():
        assert of_model == {model.__name__: (rows, expected) for model, expected in STATEMENTS.items()}


@pytest.mark.parametrize("model", HOUSE)
def test_lists_of_the_house_cost_the_same_for_one_row_and_for_twenty_five(model: type[models.Model]) -> None:
    client, somebody = signed_in(superuser()), superuser()
    for rows in (1, 25):
        mark = f"m{new_id().hex[-10:]}"
        if model is User:
            User.objects.bulk_create(User(username=f"{mark}-{number}") for number in range(rows))
        elif model is Group:
            Group.objects.bulk_create(Group(name=f"{mark}-{number}") for number in range(rows))
        else:
            LogEntry.objects.bulk_create(
                LogEntry(user=somebody, object_repr=f"{mark}-{number}", action_flag=2)
                for number in range(rows)
            )
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(address(model, "changelist"), {"q": mark})
        assert (shown_rows(answer.content.decode()), len(statements)) == (rows, HOUSE[model])


@pytest.mark.parametrize("model", PEOPLE)
def test_lists_of_people_cost_the_same_for_one_row_and_for_twenty_five(model: type[models.Model]) -> None:
    client = signed_in(superuser())
    for rows in (1, 25):
        mark = f"m{new_id().hex[-10:]}"
        for number in range(rows):
            name = f"{mark}-{number}"
            if model is Kol:
                Kol.objects.using(WORKER).create(name=name)
                continue
            agency = Agency.objects.using(WORKER).create(slug=name, name=name)
            if model is AgencyKey:
                issue_agency_key(agency_id=agency.pk, name=name, now=NOW)
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(address(model, "changelist"), {"q": mark})
        assert (shown_rows(answer.content.decode()), len(statements)) == (rows, PEOPLE[model])


def test_every_page_of_every_model_renders(partner: Partner) -> None:
    populate(partner, rows=1)
    client = signed_in(superuser())
    for model in STATEMENTS:
        row = row_of(model, partner)
        for page, arguments in (("changelist", ()), ("change", (row.pk,)), ("history", (row.pk,))):
            assert client.get(address(model, page, *arguments)).status_code == 200, (model, page)
        assert client.get(address(model, "add")).status_code == (200 if model in ADDED_BY_HAND else 403), (
            model
        )
        can_go = model in TAKEN_BACK
        assert client.get(address(model, "delete", row.pk)).status_code == (200 if can_go else 403), model


def test_every_page_of_the_house_renders() -> None:
    person = superuser()
    client = signed_in(person)
    group = Group.objects.create(name=f"readers of {person}")
    entry = LogEntry.objects.create(user=person, object_repr="x", action_flag=2)
    rows: list[models.Model] = [person, group, entry]
    for row in rows:
        model = type(row)
        assert client.get(address(model, "changelist")).status_code == 200
        assert client.get(address(model, "change", row.pk)).status_code == 200
        assert client.get(address(model, "add")).status_code == (200 if model in ADDED_BY_HAND else 403)
    assert client.get(address(Event, "changelist")).status_code == 200
    assert client.get("/admin/").status_code == 200


def test_a_fact_cannot_be_changed_even_by_a_superuser(partner: Partner) -> None:
    populate(partner, rows=1)
    client = signed_in(superuser())
    for model in set(STATEMENTS) - ADDED_BY_HAND - DONE_BY_HAND:
        row = row_of(model, partner)
        assert client.post(address(model, "change", row.pk), {}).status_code == 403, model
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model


def test_a_stranger_is_sent_to_the_login() -> None:
    client = Client(SERVER_NAME="localhost")
    house: list[type[models.Model]] = [*pages(), Event]
    for model in house:
        answer = client.get(address(model, "changelist"))
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
    assert client.get("/admin/login/").status_code == 200


def test_the_house_is_for_superusers_whatever_permissions_a_member_of_staff_has(partner: Partner) -> None:
    client = signed_in(staff(partner))
    house: list[type[models.Model]] = [*HOUSE, Event]
    for model in house:
        assert client.get(address(model, "changelist")).status_code == 403
    assert client.get(address(Partner, "add")).status_code == 403


Unwalled = Callable[[pytest.MonkeyPatch], None]


def _both(_: pytest.MonkeyPatch) -> None:
    """Nothing is taken away."""


def _without_the_code(patch: pytest.MonkeyPatch) -> None:
    """The first wall forgotten: the database must hold alone."""

    def everything(rows: models.QuerySet[Any], *, actor: Actor) -> models.QuerySet[Any]:
        return rows

    for module in (
        commerce.admin.scope,
        commerce.admin.rejections,
        analytics.admin.stale,
        analytics.admin.orders,
        analytics.admin.dashboard,
        kol.admin.acting,
        kol.admin.people,
        commerce.admin.table_files,
    ):
        patch.setattr(module, "scoped", everything)


def _without_the_database(patch: pytest.MonkeyPatch) -> None:
    """The second wall forgotten: the code must hold alone."""
    walled = commerce.access.row_security

    @contextmanager
    def open_to_all(actor: Actor, **options: Any) -> Iterator[None]:
        everybody = tuple(Partner.objects.using(WORKER).values_list("pk", flat=True))
        wide: AbstractContextManager[None] = walled(
            Actor(name=actor.name, partner_ids=everybody, scopes=actor.scopes), **options
        )
        with wide:
            yield

    patch.setattr(commerce.access, "row_security", open_to_all)


@pytest.mark.parametrize("taken", [_both, _without_the_code, _without_the_database])
def test_staff_of_one_partner_sees_nothing_of_another_on_any_page(
    make_partner: PartnerFactory, monkeypatch: pytest.MonkeyPatch, taken: Unwalled
) -> None:
    mine, other = make_partner(name="Mine"), make_partner(name="Foreign & Sons")
    populate(mine, rows=1, mark="mine")
    populate(other, rows=1, mark="foreign")
    client = signed_in(staff(mine))
    taken(monkeypatch)
    for model in STATEMENTS:
        foreign = row_of(model, other)
        listed = client.get(address(model, "changelist")).content.decode()
        assert "foreign" not in listed.casefold(), model
        assert str(foreign.pk) not in listed or model is Stale, model
        assert other.slug not in listed, model
        own = row_of(model, mine)
        shown = client.get(address(model, "change", own.pk)).content.decode()
        assert "foreign" not in shown.casefold(), model
        assert (str(other.pk) in shown, other.slug in shown) == (False, False), model
        for page in ("change", "history"):
            answer = client.get(address(model, page, foreign.pk))
            assert (answer.status_code, answer.headers.get("Location")) == (302, "/admin/"), (model, page)
        assert client.get(address(model, "delete", foreign.pk)).status_code in (302, 403), model
        assert client.get(address(model, "changelist"), {"partner": other.slug}).status_code in (200, 302)
    assert "foreign" not in client.get("/admin/").content.decode().casefold()
    added = client.get(address(ApiKey, "add")).content.decode()
    assert (str(mine.pk) in added, str(other.pk) in added) == (True, False)


def test_without_either_wall_the_same_walk_finds_foreign_rows(
    make_partner: PartnerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = make_partner(), make_partner()
    populate(mine, rows=1, mark="mine")
    populate(other, rows=1, mark="foreign")
    client = signed_in(staff(mine))
    _without_the_code(monkeypatch)
    _without_the_database(monkeypatch)
    for model in set(STATEMENTS) - {Partner}:
        assert client.get(address(model, "change", row_of(model, other).pk)).status_code == 200, model


def test_actions_of_staff_do_not_reach_rows_of_another_partner(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    populate(other, rows=1)
    client = signed_in(staff(mine))
    for model, action in ((ApiKey, "revoke"), (Rejection, "redrive_selected"), (Stale, "try_again")):
        row = rows_of(model, other).get()
        client.post(address(model, "changelist"), {"action": action, "_selected_action": [str(row.pk)]})
    assert rows_of(ApiKey, other).get().revoked_at is None
    assert rows_of(Rejection, other).get().times == 1
    assert rows_of(Stale, other).get().attempts == 5
    answer = client.post(address(Membership, "add"), {"partner": str(other.pk), "username": "x"})
    assert "Select a valid choice" in answer.content.decode()
    assert rows_of(Membership, other).count() == 1


def test_permissions_say_what_staff_may_do_with_the_rows_a_membership_shows(partner: Partner) -> None:
    populate(partner, rows=1)
    client = signed_in(staff(partner, codenames="^view_"))
    for model, action in ((ApiKey, "revoke"), (Rejection, "redrive_selected"), (Stale, "try_again")):
        assert client.get(address(model, "changelist")).status_code == 200
        row = rows_of(model, partner).get()
        client.post(address(model, "changelist"), {"action": action, "_selected_action": [str(row.pk)]})
    assert rows_of(ApiKey, partner).get().revoked_at is None
    assert rows_of(Rejection, partner).get().times == 1
    assert rows_of(Stale, partner).get().attempts == 5
    assert client.get(address(ApiKey, "add")).status_code == 403
    assert client.get(address(Membership, "add")).status_code == 403
