"""Sessions with targets: told, delivered, set and asked for in few words."""

from collections.abc import Iterable
from typing import Any

from commerce.models import Partner
from tests.analytics.graphql_client import ask
from tests.factories import deliver, event, fill, minute

MANAGE = ("read", "manage")

SET = """mutation ($input: SetTargetInput!) { setTarget(input: $input) {
  target { id metric about label unit cadence startsOn kind value direction basis currency owner reason setAt
    retiredAt level actual attainment status warnings
    revisions { at who why note oldValue newValue oldOwner newOwner } }
  userErrors { field code message } } }"""
REVISE = """mutation ($input: ReviseTargetInput!) { reviseTarget(input: $input) {
  target { value owner level revisions { who why note oldValue newValue oldOwner newOwner } }
  userErrors { field code message } } }"""
RETIRE = """mutation ($input: RetireTargetInput!) { retireTarget(input: $input) {
  target { retiredAt revisions { why oldValue newValue newOwner } } userErrors { field code message } } }"""
TARGETS = """query ($by: LiveSessionBy!, $retired: Boolean! = false) { liveSession(by: $by) { id
  targets(includeRetired: $retired) { metric value baseline baselineOf level actual projected attainment
    projectedAttainment status owner warnings currency basis } } }"""
PROPOSALS = """query ($by: LiveSessionBy!, $basis: SalesBasis! = PAID) { liveSession(by: $by) {
  targetProposals(basis: $basis) { basis sessions reason
    proposals { metric unit currency realistic challenging sessions reason } } } }"""


def session(
    name: str, start: float, *, length: float | None = 40, views: dict[float, int] | None = None, **told: Any
) -> list[dict[str, Any]]:
    """A session with so many viewers coming at each of these minutes of it, and an end if it has a length."""
    events = [event("live_session_started", minute(start), subject=name, heartbeats=False, **told)]
    for at, count in (views or {}).items():
        events += [
            event("live_view_started", minute(start + at), subject=name, viewer_id=f"{name}-{at}-{number}")
            for number in range(count)
        ]
    if length is not None:
        events.append(event("live_session_ended", minute(start + length), subject=name))
    return events


def sale(name: str, at: float, price: str, *, buyer: str, paid: bool = True) -> dict[str, Any]:
    """An order of one item that names the session."""
    return event(
        "purchase", minute(at), subject=name, transaction_id=f"{name}-{buyer}-{at}", customer_id=buyer,
        viewer_id=buyer, status="paid" if paid else "placed",
        items=[{"item_id": "lip", "quantity": 1, "price": price}],
    )  # fmt: skip


def bring(partner: Partner, *parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deliver and fill."""
    events = [one for part in parts for one in part]
    assert deliver(partner, events).rejected == 0
    fill(partner)
    return events


def named(name: str) -> dict[str, str]:
    return {"externalId": name}


def id_of(partner: Partner, name: str) -> str:
    found: str = ask(
        "query ($by: LiveSessionBy!) { liveSession(by: $by) { id } }", of=partner, by=named(name)
    )["liveSession"]["id"]
    return found


def wish(partner: Partner, name: str, metric: str, value: str, **more: Any) -> dict[str, Any]:
    told = {"sessionId": id_of(partner, name), "metric": metric, "value": value, "owner": "Mai", **more}
    answer: dict[str, Any] = ask(SET, of=partner, scopes=MANAGE, input=told)["setTarget"]
    return answer


def put(partner: Partner, name: str, metric: str, value: str, **more: Any) -> str:
    """Set a target; its id."""
    answer = wish(partner, name, metric, value, **more)
    assert answer["userErrors"] == []
    identity: str = answer["target"]["id"]
    return identity


def targets(partner: Partner, name: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(TARGETS, of=partner, by=named(name), **more)["liveSession"]["targets"]
    return found


# -- periods ---------------------------------------------------------------------------------

DAY = 24 * 60


def crowd(name: str, start: float, viewers: Iterable[int], **told: Any) -> list[dict[str, Any]]:
    """A session of these viewers, who stay for its forty minutes."""
    return [
        event("live_session_started", minute(start), subject=name, heartbeats=False, **told),
        *(
            event("live_view_started", minute(start + 1), subject=name, viewer_id=f"v{number}")
            for number in viewers
        ),
        event("live_session_ended", minute(start + 40), subject=name),
    ]


def aim(partner: Partner, metric: str, value: str, *, cadence: str = "WEEKLY", **more: Any) -> str:
    """Set a target of periods; its id."""
    told = {"metric": metric, "value": value, "cadence": cadence, "owner": "Mai", **more}
    answer = ask(SET, of=partner, scopes=MANAGE, input=told)["setTarget"]
    assert answer["userErrors"] == []
    identity: str = answer["target"]["id"]
    return identity
