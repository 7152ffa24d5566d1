"""Changing campaigns through the API, and what is left of it: rows, record and marks."""

from typing import Any, Final
from uuid import UUID

from django.db import models

from analytics.graphql.pages import node_id, own_id
from commerce.models import LiveSession, Partner, RecordEntry, Stale
from kol.models import Agency, Kol, RosterEntry
from tests.analytics.graphql_client import ask
from tests.factories import deliver, event, minute

WORKER: Final = "worker"
MAY: Final = ("read", "manage")
SHOWN: Final = {
    "campaign": "id name startsOn endsOn objective currency budget { amount currency } payableModel "
    "clickWindow viewWindow agencies { slug }",
    "collaboration": "id kol { name } agency { slug } appearances { sessionId role onScreen } terms { "
    "validFrom validUntil fixedFee { amount currency } postFee { amount } posts sampleUnits commissionRate "
    "commissionTiers { from rate } agencyShare discountShare paidBoost { amount } clickWindow viewWindow } "
    "codes { code isExclusive sessionId validFrom validUntil }",
    "cost": "collaborationId kind amount { amount currency } onDate note",
    "kol": "id name country accounts { platform handle followers followersOn }",
    "import": "isDone new changed same refused rows { line status name platform handle knownAs "
    "changes { column before after } errors { column message } }",
    "trackingLink": "id code path destination revokedAt",
}
ANSWERS: Final = {
    "createCampaign": "campaign",
    "updateCampaign": "campaign",
    "addCollaboration": "collaboration",
    "setTerms": "collaboration",
    "addCost": "cost",
    "setAppearance": "collaboration",
    "removeAppearance": "collaboration",
    "createPromoCode": "collaboration",
    "createTrackingLink": "trackingLink",
    "revokeTrackingLink": "trackingLink",
    "createKol": "kol",
    "importRoster": "import",
    "grantAgency": "campaign",
    "revokeGrant": "campaign",
    "inviteGuest": "campaign",
    "removeGuest": "campaign",
}


def change(name: str, of: Partner, /, **given: Any) -> Any:
    """The payload of a mutation."""
    shown = ANSWERS[name]
    kind = f"{name[0].upper()}{name[1:]}Input!"
    query = f"""mutation ($input: {kind}) {{ {name}(input: $input) {{
      {shown} {{ {SHOWN[shown]} }} userErrors {{ field code message }} }} }}"""
    return ask(query, of=of, scopes=MAY, input=given)[name]


def done(name: str, of: Partner, /, **given: Any) -> Any:
    """The object that a mutation answers, which did what was asked."""
    payload = change(name, of, **given)
    assert payload["userErrors"] == []
    return payload[ANSWERS[name]]


def refused(name: str, of: Partner, /, **given: Any) -> tuple[str, str, str]:
    """(path below the input, code, message) of the one thing that is wrong."""
    payload = change(name, of, **given)
    assert payload[ANSWERS[name]] is None
    (error,) = payload["userErrors"]
    first, *path = error["field"]
    assert first == "input"
    return ".".join(path), error["code"], error["message"]


# -- what there is before ----------------------------------------------------------------------


def campaign(of: Partner, /, **given: Any) -> str:
    """The id of a new campaign of June."""
    told = {"name": "June", "startsOn": "2026-06-01", "endsOn": "2026-07-01", **given}
    return str(done("createCampaign", of, **told)["id"])


def kol(of: Partner, name: str = "Mei") -> str:
    """The id of a KOL on the roster."""
    made = Kol.objects.using(WORKER).create(name=name)
    RosterEntry.objects.using(WORKER).create(partner=of, kol=made)
    return str(node_id("K", made.pk))


def collaboration(of: Partner, /, **given: Any) -> str:
    """The id of a new collaboration, in a campaign of its own unless one is named."""
    told = {
        "campaignId": given.pop("campaignId", None) or campaign(of),
        "kolId": kol(of),
        "terms": {},
        **given,
    }
    return str(done("addCollaboration", of, **told)["id"])


def agency(slug: str) -> Agency:
    """An agency; its slug is unlike all others."""
    made = Agency(name=f"{slug} agency")
    made.slug = f"{slug}-{made.pk.hex[-10:]}"
    made.save(using=WORKER)
    return made


def session(of: Partner, name: str = "live-1") -> str:
    """The id of a session that began with minute 0."""
    assert deliver(of, [event("live_session_started", minute(0), subject=name, title=name)]).rejected == 0
    row = LiveSession.objects.using(WORKER).get(partner=of, external_id=name)
    return str(node_id("S", row.pk))


# -- what is left ------------------------------------------------------------------------------


def uuid_of(identity: str) -> UUID:
    """The id within an object's id."""
    found = next(filter(None, (own_id(identity, letter) for letter in "CLKATSIM")))
    return found


def rows(model: type[models.Model], of: Partner) -> Any:
    """A partner's rows of a table, as the worker sees them."""
    return model._default_manager.using(WORKER).filter(partner_id=of.pk)


def record(of: Partner) -> list[tuple[str, str, str]]:
    """(who, what, why) of each entry on record, in order."""
    return list(rows(RecordEntry, of).order_by("id").values_list("who", "action", "reason"))


def marks(of: Partner) -> list[tuple[str, Any]]:
    """(campaign, since) of the marks there are, in order."""
    found = rows(Stale, of).filter(kind=Stale.Kind.CAMPAIGN).order_by("id")
    return [
        (subject, None if is_whole else since)
        for subject, since, is_whole in found.values_list("subject", "since", "is_whole")
    ]
