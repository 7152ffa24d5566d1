"""Ten thousand published journeys as viewers: whom each influencer reached, alone and beside others."""

import io
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

import pytest

from analytics.models import CampaignOverlap, SubjectKind
from analytics.queries.campaigns import campaign_numbers
from analytics.queries.readings import decimal
from analytics.queries.subjects import Subject
from commerce.access import Actor, row_security
from commerce.connection import worker_connection
from commerce.models import LiveSession, new_id
from kol.models import Appearance, Campaign, Collaboration, Kol
from tests.kol.journeys import journeys
from tests.kol.worlds import NO_ACTS, START, fill, rows

COLUMNS: Final = (
    "id", "partner_id", "session_id", "viewer_id", "first_joined_at", "last_sign_at", "started", "ended",
    "watched", *NO_ACTS,
)  # fmt: skip


def watched(partner: UUID, sessions: dict[str, UUID]) -> dict[str, list[frozenset[str]]]:
    """Write each journey as a viewer of the sessions of its channels; answers what each viewer saw."""
    seen: list[frozenset[str]] = []
    lines = io.StringIO()
    joined = START.isoformat()
    acts = "\t".join(map(str, NO_ACTS.values()))
    for journey in journeys():
        for _ in range(journey.conversions + journey.nulls):
            viewer = new_id()
            seen.append(frozenset(journey.path))
            for channel in sorted(seen[-1]):
                ids = f"{new_id()}\t{partner}\t{sessions[channel]}\t{viewer}"
                lines.write(f"{ids}\t{joined}\t{joined}\t{{{joined}}}\t{{{joined}}}\t0\t{acts}\n")
    columns = ", ".join(COLUMNS)
    with worker_connection().transaction(), worker_connection().cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (LIKE analytics_viewing) ON COMMIT DROP")
        with cursor.copy(f"COPY copied ({columns}) FROM STDIN") as copy:
            copy.write(lines.getvalue())
        cursor.execute(f"INSERT INTO analytics_viewing ({columns}) SELECT {columns} FROM copied")
    return {"seen": seen}


@pytest.fixture
def campaign(partner: Any) -> dict[str, Any]:
    """A campaign with one influencer a channel, each in a session of his own."""
    channels = sorted({channel for journey in journeys() for channel in journey.path})
    ids = {channel: (new_id(), new_id(), new_id()) for channel in channels}
    campaign = new_id()
    rows(Campaign, [
        {"id": campaign, "partner": partner, "name": "A campaign", "starts_on": START.date(),
         "ends_on": (START + timedelta(days=30)).date(), "currency": "SGD"}
    ])  # fmt: skip
    rows(Kol, [{"id": kol, "name": channel} for channel, (_, kol, _) in ids.items()])
    rows(LiveSession, [
        {"id": session, "partner": partner, "source": "/s", "external_id": channel}
        for channel, (_, _, session) in ids.items()
    ])  # fmt: skip
    rows(Collaboration, [
        {"id": one, "partner": partner, "campaign_id": campaign, "kol_id": kol}
        for one, kol, _ in ids.values()
    ])  # fmt: skip
    rows(Appearance, [
        {"partner": partner, "collaboration_id": one, "session_id": session}
        for one, _, session in ids.values()
    ])  # fmt: skip
    told = watched(partner.id, {channel: session for channel, (_, _, session) in ids.items()})
    fill(partner)
    return {"id": campaign, "of": {channel: one for channel, (one, _, _) in ids.items()}, **told}


def test_fair_shares_of_published_journeys_sum_to_the_unique_reach(
    partner: Any, campaign: dict[str, Any]
) -> None:
    who = Actor(name="a partner", partner_ids=(partner.id,), scopes=frozenset({"read"}))
    whole = Subject(SubjectKind.CAMPAIGN, campaign["id"], partner.id)
    of = {c: Subject(SubjectKind.COLLABORATION, one, partner.id) for c, one in campaign["of"].items()}
    with row_security(who):
        told = campaign_numbers([whole, *of.values()], actor=who, model="LAST", basis="NET")
    stored = {subject: numbers.stored for subject, numbers in told.items()}
    assert (stored[whole]["reach"], stored[whole]["reach_gross"]) == (88_387, 158_177)
    assert stored[whole]["reach_fair"] == 88_387
    alpha = stored[of["alpha"]]
    assert (alpha["reach"], alpha["reach_exclusive"]) == (48_285, 26_325)
    fair = decimal(alpha["reach_fair"]).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    assert fair == Decimal("34738.0988")
    assert sum((stored[one]["reach_fair"] for one in of.values()), Fraction(0)) == 88_387
    assert sum(stored[one]["reach_gross"] for one in of.values()) == 158_177
    assert stored[whole]["reach_exclusive"] == sum(stored[one]["reach_exclusive"] for one in of.values())
    _pairs(campaign)


def _pairs(campaign: dict[str, Any]) -> None:
    """Who saw two of them, of every two."""
    names = {one: channel for channel, one in campaign["of"].items()}
    pairs = CampaignOverlap.objects.using("worker").filter(campaign_id=campaign["id"])
    told = {frozenset((names[pair.first_id], names[pair.second_id])): pair.people for pair in pairs}
    expected: dict[frozenset[str], int] = {}
    for seen in campaign["seen"]:
        for first in seen:
            for second in seen:
                if first < second:
                    key = frozenset((first, second))
                    expected[key] = expected.get(key, 0) + 1
    assert told == expected
