"""An agency sees its own KOLs in campaigns it is granted, a guest a campaign; at once, and no more."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection

from commerce import access
from commerce.access import Actor, Forbidden, Sight, row_security
from commerce.models import LiveSession, Partner, Stale, new_id
from commerce.rows import ById
from kol import models
from kol.access import (
    actor_of_agency,
    actor_of_login,
    find_actor,
    issue_agency_key,
    revoke_agency_key,
    scoped,
    within,
)
from kol.marks import campaigns_changed
from tests.analytics.graphql_client import actor_of
from tests.factories import NOW
from tests.kol.agencies import World, agency, campaign, collaboration, grant, make, world

LATER = NOW + timedelta(seconds=5)
OF_COLLABORATIONS = (models.Terms, models.CostLine, models.PromoCode, models.TrackingLink)


def login(username: str, **given: bool) -> Actor | None:
    return actor_of_login(username=username, **{"is_staff": False, "is_superuser": False, **given})


def asked(world: World) -> Actor:
    """The agency as it is now."""
    return actor_of_agency(agency_id=world.agency.id, name="agency")


def guest(world: World, *, of: models.Agency | None = None) -> str:
    """The login of a new guest."""
    username = f"guest-{new_id().hex[-12:]}"
    make(models.GuestAccess, partner=world.partner, campaign=world.campaign, agency=of, username=username,
        granted_at=NOW)  # fmt: skip
    return username


def seen(actor: Actor, model: Any) -> set[UUID]:
    """Ids of the rows that code and database let through together."""
    with row_security(actor):
        return set(scoped(model.objects.all(), actor=actor).values_list("id", flat=True))


def through_the_database(actor: Actor, model: Any) -> set[UUID]:
    """Ids of the rows that the database alone lets through."""
    with row_security(actor):
        return set(model.objects.values_list("id", flat=True))


def through_the_code(actor: Actor, model: Any) -> set[UUID]:
    """Ids of the rows that the code alone lets through."""
    return set(scoped(model.objects.using("worker"), actor=actor).values_list("id", flat=True))


WAYS = pytest.mark.parametrize("seen_by", [seen, through_the_database, through_the_code])


# -- who sees what -----------------------------------------------------------------------------


def test_an_agency_sees_its_own_kols_in_what_it_is_granted(partner: Partner, make_partner: Any) -> None:
    made, elsewhere = world(partner), world(make_partner())
    second = campaign(elsewhere.partner, "Second")
    other = collaboration(second, "Dan", agency=made.agency)
    grant(second, made.agency)
    collaboration(campaign(partner, "Not granted"), "Eve", agency=made.agency)
    actor = asked(made)
    assert set(actor.sights) == {
        Sight(partner_id=partner.id, campaign_id=made.campaign.id, agency_id=made.agency.id),
        Sight(partner_id=elsewhere.partner.id, campaign_id=second.id, agency_id=made.agency.id),
    }
    assert set(actor.collaboration_ids) == {made.own.id, other.id}
    assert (list(actor.partner_ids), set(actor.scopes), actor.is_outsider) == ([], {"read"}, True)
    assert set(actor.host_ids) == set(actor.summed_ids) == {partner.id, elsewhere.partner.id}
    assert actor.seen_as(second.id) == made.agency.id


@WAYS
def test_of_a_campaign_it_sees_what_is_of_its_own_kols(partner: Partner, seen_by: Any) -> None:
    made = world(partner)
    actor = asked(made)
    assert seen_by(actor, models.Campaign) == {made.campaign.id}
    assert seen_by(actor, models.Collaboration) == {made.own.id}
    assert seen_by(actor, models.Kol) == {made.own.kol_id}
    assert seen_by(actor, models.Agency) == {made.agency.id}
    assert seen_by(actor, models.AgencyGrant) == {made.grant.id}
    assert seen_by(actor, Partner) == {partner.id}
    for hidden in (models.RosterEntry, models.GuestAccess, models.LinkClick, models.LinkHost):
        assert seen_by(actor, hidden) == set()


@WAYS
def test_what_hangs_on_a_collaboration_is_seen_with_it(partner: Partner, seen_by: Any) -> None:
    made = world(partner)
    for one in (made.own, made.foreign, made.free):
        rows_of(one)
    own = {model: ids(model, made.own) for model in OF_COLLABORATIONS}
    assert {model: seen_by(asked(made), model) for model in OF_COLLABORATIONS} == own
    whole = login(guest(made))
    assert whole is not None
    every = {model: ids(model, made.own, made.foreign, made.free) for model in OF_COLLABORATIONS}
    # Who sees a campaign whole sees its own costs too.
    every[models.CostLine] |= {made_of_campaign(made).id}
    assert {model: seen_by(whole, model) for model in OF_COLLABORATIONS} == every
    assert {model: seen_by(asked(made), model) for model in OF_COLLABORATIONS} == own


def test_what_is_found_by_its_id_is_what_is_listed(partner: Partner, make_partner: Any) -> None:
    made, elsewhere = world(partner), world(make_partner())
    whole, own = login(guest(made)), actor_of(partner)
    assert whole is not None
    for actor in (own, whole, asked(made)):
        for model in (models.Campaign, models.Collaboration):
            every = list(model.objects.using("worker").values_list("id", flat=True))
            with row_security(actor_of(partner, elsewhere.partner)):
                found = ById(model.objects.all()).found(every, within=within(model, actor=actor))
            assert set(found) == through_the_code(actor, model)


def rows_of(one: models.Collaboration) -> None:
    """A row of each table that hangs on a collaboration."""
    of = {"partner_id": one.partner_id, "collaboration": one}
    make(models.Terms, valid_from="2026-05-01", currency="SGD", **of)
    make(models.CostLine, campaign_id=one.campaign_id, kind="FEE", amount=1, currency="SGD",
        on_date="2026-05-26", **of)  # fmt: skip
    make(models.PromoCode, code=f"C{new_id().hex[-10:]}", **of)
    make(models.TrackingLink, code=new_id().hex[-10:], destination="https://example.com", **of)


def made_of_campaign(made: World) -> models.CostLine:
    """A cost of the whole campaign."""
    row: models.CostLine = make(
        models.CostLine, partner=made.partner, campaign=made.campaign, kind="BOOST", amount=9, currency="SGD",
        on_date="2026-05-26",
    )  # fmt: skip
    return row


def ids(model: Any, *of: models.Collaboration) -> set[UUID]:
    """Ids of the rows of collaborations, as they are."""
    return set(model.objects.using("worker").filter(collaboration__in=of).values_list("id", flat=True))


@WAYS
def test_of_sessions_those_are_seen_that_its_kols_were_in(partner: Partner, seen_by: Any) -> None:
    made = world(partner)
    given = {"partner": partner, "source": "/site", "channel": "SITE"}
    own, other = (make(LiveSession, external_id=f"s-{name}", **given) for name in ("own", "other"))
    for session, one in ((own, made.own), (other, made.foreign)):
        make(models.Appearance, partner=partner, collaboration=one, session=session)
    assert seen_by(asked(made), LiveSession) == {own.id}
    # But for the title beside an appearance, sessions are not an agency's to ask for.
    assert list(access.scoped(LiveSession.objects.using("worker"), actor=asked(made))) == []


@WAYS
def test_a_guest_sees_the_whole_or_what_the_agency_sees(partner: Partner, seen_by: Any) -> None:
    made = world(partner)
    whole, part = login(guest(made)), login(guest(made, of=made.agency))
    assert whole is not None
    assert part is not None
    assert seen_by(whole, models.Collaboration) == {made.own.id, made.foreign.id, made.free.id}
    assert seen_by(whole, models.Agency) == {made.agency.id, made.other.id}
    assert seen_by(part, models.Collaboration) == {made.own.id}
    assert seen_by(part, models.Agency) == {made.agency.id}
    assert (whole.seen_as(made.campaign.id), part.seen_as(made.campaign.id)) == (None, made.agency.id)
    assert (whole.is_guest, whole.agency_id, part.is_guest, part.agency_id) == (True, None, True, None)
    assert (set(whole.scopes), list(whole.summed_ids)) == ({"read"}, [])


def test_a_guest_of_an_agency_sees_nothing_that_the_agency_does_not(partner: Partner) -> None:
    made = world(partner)
    username = guest(made, of=made.other)
    assert login(username) is None


def test_a_campaign_not_seen_is_none_to_be_asked_for(partner: Partner) -> None:
    made = world(partner)
    with pytest.raises(Forbidden):
        asked(made).seen_as(new_id())
    with pytest.raises(Forbidden):
        _ = asked(made).partner_id


# -- at once -----------------------------------------------------------------------------------


def test_what_is_revoked_is_gone_with_the_next_request(partner: Partner) -> None:
    made = world(partner)
    key = issue_agency_key(agency_id=made.agency.id, name="robot", now=NOW)[0]
    username = guest(made, of=made.agency)
    models.AgencyMembership.objects.using("worker").create(agency=made.agency, username=f"m{username}")

    def sights() -> list[int]:
        actors = (find_actor(key, now=NOW), login(f"m{username}"), login(username))
        return [0 if actor is None else len(actor.sights) for actor in actors]

    assert sights() == [1, 1, 1]
    models.AgencyGrant.objects.using("worker").filter(pk=made.grant.pk).update(revoked_at=NOW)
    assert sights() == [0, 0, 0]
    models.AgencyGrant.objects.using("worker").filter(pk=made.grant.pk).update(revoked_at=None)
    models.GuestAccess.objects.using("worker").filter(username=username).update(revoked_at=NOW)
    assert sights() == [1, 1, 0]


def test_sums_over_campaigns_are_told_again_when_they_hold_no_revoked_one(partner: Partner) -> None:
    made = world(partner)
    second = campaign(partner, "Second")
    revoked = grant(second, made.agency)
    assert asked(made).summed_ids == (partner.id,)
    models.AgencyGrant.objects.using("worker").filter(pk=revoked.pk).update(revoked_at=NOW)
    campaigns_changed([second.id], partner_id=partner.id, now=NOW, using="worker")
    assert asked(made).summed_ids == ()
    Stale.objects.using("worker").filter(partner_id=partner.id).delete()
    assert asked(made).summed_ids == (partner.id,)


# -- keys --------------------------------------------------------------------------------------


def test_an_agencys_key_is_as_good_as_a_partners(partner: Partner) -> None:
    made = world(partner)
    key, identity = issue_agency_key(agency_id=made.agency.id, name="robot", now=NOW)
    actor = find_actor(key, now=NOW)
    assert actor is not None
    assert (actor.name, actor.agency_id, actor.key_id) == ("robot", made.agency.id, identity)
    row = models.AgencyKey.objects.using("worker").get(pk=identity)
    assert (key[8:16], row.last_used_at) == (row.public, NOW)
    assert key.encode() not in bytes(row.digest)
    assert find_actor(f"{key[:-1]}{'b' if key[-1] == 'a' else 'a'}", now=NOW) is None
    revoke_agency_key(key_id=identity, now=NOW)
    assert find_actor(key, now=LATER) is None


def test_an_agencys_key_ends_in_time(partner: Partner) -> None:
    made = world(partner)
    key, _ = issue_agency_key(agency_id=made.agency.id, name="", now=NOW, expires_at=LATER)
    actor = find_actor(key, now=NOW)
    assert actor is not None
    assert actor.name == key[8:16]
    assert find_actor(key, now=LATER) is None


# -- people who are no partner's -----------------------------------------------------------------


def test_keys_and_logins_of_agencies_are_for_who_runs_the_house(partner: Partner) -> None:
    made = world(partner)
    issue_agency_key(agency_id=made.agency.id, name="robot", now=NOW)
    member = make(models.AgencyMembership, agency=made.agency, username=f"m{new_id().hex[-12:]}")
    ours = Actor(name="ann", partner_ids=(partner.id,), scopes=frozenset(access.SCOPES))
    house = Actor(name="root", partner_ids=(partner.id,), scopes=ours.scopes, is_house=True)
    for actor in (ours, asked(made)):
        assert through_the_database(actor, models.AgencyKey) == set()
        assert through_the_database(actor, models.AgencyMembership) == set()
    assert member.id in through_the_database(house, models.AgencyMembership)
    assert len(through_the_database(house, models.AgencyKey)) >= 1
    user = User.objects.create_superuser(f"root-{new_id().hex[-12:]}")
    assert access.actor_of_user(username=user.username, is_superuser=True).is_house


def test_a_partner_sees_those_it_works_with_and_corrects_its_roster(
    partner: Partner, make_partner: Any
) -> None:
    made, elsewhere = world(partner), world(make_partner())
    ours = Actor(name="ann", partner_ids=(partner.id,), scopes=frozenset({"read", "manage"}))
    assert seen(ours, models.Kol) == {made.own.kol_id, made.foreign.kol_id, made.free.kol_id}
    assert seen(ours, models.Agency) == {made.agency.id, made.other.id}
    with row_security(ours):
        theirs = models.Kol.objects.filter(pk=elsewhere.own.kol_id)
        # Who is public is found, so that nobody is written down twice; but corrected by who works with him.
        assert (theirs.count(), theirs.update(name="X"), theirs.delete()[0]) == (1, 0, 0)
        assert models.Kol.objects.filter(pk=made.own.kol_id).update(name="Ada B.") == 1
        assert models.Agency.objects.filter(pk=made.agency.id).update(name="X") == 0


# -- within one transaction ------------------------------------------------------------------------


def test_who_asks_within_anothers_transaction_gains_nothing_of_his(partner: Partner) -> None:
    made = world(partner)
    nobody = Actor(name="", partner_ids=(), scopes=frozenset())
    with row_security(asked(made)), row_security(nobody):
        assert list(models.Campaign.objects.all()) == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kol_kol")
            assert cursor.fetchone() == (0,)


# -- others ------------------------------------------------------------------------------------


def test_a_login_is_one_agencys(partner: Partner) -> None:
    first, second = agency("One"), agency("Two")
    make(models.AgencyMembership, agency=first, username=f"u-{first.slug}")
    with pytest.raises(IntegrityError, match="agencymembership_username"):
        make(models.AgencyMembership, agency=second, username=f"u-{first.slug}")
