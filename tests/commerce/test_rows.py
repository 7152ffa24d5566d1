"""Rows are found by their ids as the ORM finds them, by a statement that it writes once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.access import row_security, within
from commerce.models import LiveSession, Partner, new_id
from commerce.rows import ById
from kol.models import Collaboration
from tests.analytics.graphql_client import actor_of
from tests.factories import deliver, event, minute
from tests.kol.agencies import world

COLLABORATIONS = Collaboration.objects.select_related("kol", "agency", "campaign__partner")


def fields(row: Any) -> dict[str, Any]:
    """What is known of a row, but for what it points at."""
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_a_row_is_as_the_orm_finds_it_with_all_it_points_at_by_one_statement(partner: Partner) -> None:
    made, actor = world(partner), actor_of(partner)
    ids = [made.own.id, made.free.id]
    with row_security(actor):
        expected = {row.id: row for row in COLLABORATIONS.filter(id__in=ids)}
        with CaptureQueriesContext(connection) as captured:
            found = ById(COLLABORATIONS).found(ids, within=within(Collaboration, actor=actor))
            told = {row.id: (row.kol.name, row.campaign.partner.slug) for row in found.values()}
    assert len(captured) == 1
    assert told == {made.own.id: ("Ada", partner.slug), made.free.id: ("Cid", partner.slug)}
    for one, row in expected.items():
        assert fields(found[one]) == fields(row)
        for path in ("kol", "campaign", "campaign.partner", "agency"):
            mine, theirs = found[one], row
            for name in path.split("."):
                mine, theirs = getattr(mine, name), getattr(theirs, name)
            assert (mine is None, mine and fields(mine)) == (theirs is None, theirs and fields(theirs))


def test_the_conditions_of_the_query_and_the_wall_hold(partner: Partner, make_partner: Any) -> None:
    other = make_partner()
    for shop in (partner, other):
        deliver(shop, [event("live_session_started", minute(0), title="Here", subject="s")])
    rows = LiveSession.objects.using("worker")
    mine, theirs = rows.get(partner=partner), rows.get(partner=other)
    whole, split = (
        ById(LiveSession.objects.filter(split_at__isnull=yes).defer("versions")) for yes in (True, False)
    )
    wall = within(LiveSession, actor=actor_of(partner))
    with row_security(actor_of(partner, other)):
        assert set(whole.found([mine.id, theirs.id, new_id()], within=wall)) == {mine.id}
        assert whole.one(theirs.id, within=wall) is None
        assert split.one(mine.id, within=wall) is None
        found = whole.one(mine.id, within=wall)
        assert found is not None
        assert (found.title, found.get_deferred_fields(), found.versions) == (
            "Here",
            {"versions"},
            mine.versions,
        )
    with row_security(actor_of(other)):
        assert whole.one(mine.id, within=wall) is None


@pytest.mark.parametrize(
    "rows", [LiveSession.objects.all(), LiveSession.objects.filter(title="Here").defer("versions")]
)
def test_what_needs_values_or_is_read_otherwise_than_it_is_told_is_refused(rows: Any) -> None:
    with pytest.raises(ValueError, match="commerce_livesession"):
        ById(rows).found([new_id()], within=("partner_id", []))
