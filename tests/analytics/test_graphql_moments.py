"""What is set beside a session's numbers, as the API tells and takes it."""

from typing import Any

from commerce.models import Partner, Product, RecordEntry, Rejection
from tests.analytics.graphql_client import actor_of, ask, execute, refusal
from tests.conftest import PartnerFactory
from tests.factories import deliver, event, fill, minute

MANAGE = ("read", "manage")
REPLAY = "https://video.example.com/live/1"


def session_of(partner: Partner, *more: dict[str, Any], is_ended: bool = True) -> None:
    """A session of 40 minutes with these events."""
    events = [
        event("live_session_started", minute(0), title="Spring", replay_url=REPLAY),
        event("product_updated", minute(0), subject=None, item_id="lip", item_name="Lipstick", price="9.00"),
        *more,
    ]
    if is_ended:
        events.append(event("live_session_ended", minute(40)))
    outcome = deliver(partner, events)
    assert outcome.rejected == 0, outcome.errors
    fill(partner)


def of_session(partner: Partner, fields: str, **given: Any) -> Any:
    """Fields of the one session."""
    query = f'{{ liveSession(by: {{externalId: "live-1"}}) {{ {fields} }} }}'
    return ask(query, of=partner, **given)["liveSession"]


# -- markers -------------------------------------------------------------------------------------


def test_markers_are_told_in_order_with_seconds_and_the_replay_at_them(partner: Partner) -> None:
    lip = [{"item_id": "lip"}]
    session_of(
        partner,
        event("live_product_featured", minute(1), items=lip, position=3),
        event("live_product_unfeatured", minute(2.5), items=lip),
        event("live_giveaway_started", minute(5), label="Draw", prize_quantity=3, items=lip),
        event("live_giveaway_started", minute(6), label="Quiz", scheduled_at_random=True),
        event("live_giveaway_ended", minute(8), label="Draw"),
        event("live_promotion_ended", minute(9), items=lip),
        event("live_violation", minute(10), violation_id="v1", code="CLAIM", reason="Not proven",
            severity="HIGH"),
        event("live_message_pinned", minute(11), text="20 % off"),
        event("live_host_note", minute(12), text="sound is back"),
    )  # fmt: skip
    fields = "kind offset endedOffset isStartTold sku productName label text severity prizeQuantity replayUrl"
    told = of_session(partner, f"markers {{ {fields} }}")["markers"]
    shown = [tuple(one.values())[:-1] for one in told]
    assert shown == [
        ("PRODUCT_FEATURED", 60, 150, True, "lip", "Lipstick", "", "", None, None),
        ("GIVEAWAY", 300, 480, True, "lip", "Lipstick", "Draw", "", None, "3"),
        ("GIVEAWAY", 360, None, True, None, None, "Quiz", "", None, None),
        ("PROMOTION", 540, 540, False, "lip", "Lipstick", "", "", None, None),
        ("VIOLATION", 600, None, True, None, None, "CLAIM", "Not proven", "HIGH", None),
        ("PINNED_MESSAGE", 660, None, True, None, None, "", "20 % off", None, None),
        ("HOST_NOTE", 720, None, True, None, None, "", "sound is back", None, None),
    ]
    assert [one["replayUrl"] for one in told[:2]] == [f"{REPLAY}#t=60", f"{REPLAY}#t=300"]
    only = of_session(partner, "markers(kinds: [VIOLATION, HOST_NOTE]) { kind }")["markers"]
    assert [one["kind"] for one in only] == ["VIOLATION", "HOST_NOTE"]
    part = of_session(partner, "markers(from: 400, to: 600) { kind label }")["markers"]
    assert part == [{"kind": "GIVEAWAY", "label": "Draw"}, {"kind": "PROMOTION", "label": ""}]


def test_giveaways_and_promotions_are_lists_of_their_own(partner: Partner) -> None:
    session_of(
        partner,
        event("live_giveaway_started", minute(5), label="Draw", scheduled_at_random=True),
        event("live_promotion_started", minute(6), label="Sale"),
        event("live_promotion_ended", minute(7), label="Sale"),
    )
    uplift = "uplift(design: RANDOMISED) { metric window isCausal ratio low reason sessions computedAt }"
    told = of_session(
        partner, f"giveaways {{ label scheduledAtRandom {uplift} }} promotions {{ label endedOffset }}"
    )
    assert told["promotions"] == [{"label": "Sale", "endedOffset": 420}]
    (giveaway,) = told["giveaways"]
    assert (giveaway["label"], giveaway["scheduledAtRandom"], len(giveaway["uplift"])) == ("Draw", True, 8)
    assert giveaway["uplift"][0] == {
        "metric": "ORDERS", "window": "DURING", "isCausal": True, "ratio": None, "low": None,
        "reason": "NOT_COMPUTED", "sessions": "0", "computedAt": None,
    }  # fmt: skip


# -- violations ----------------------------------------------------------------------------------

APPEAL = """mutation ($input: AppealViolationInput!) { appealViolation(input: $input) {
  violation { state appeal { text appealedAt appealedBy decidedAt } }
  userErrors { field code message } } }"""
DECIDE = """mutation ($input: DecideAppealInput!) { decideAppeal(input: $input) {
  violation { state appeal { text decision decidedBy } } userErrors { field code message } } }"""


def complained(partner: Partner) -> str:
    """The id of a violation of the session, told twice."""
    session_of(
        partner,
        event("live_violation", minute(10), violation_id="v1", code="CLAIM", reason="Not proven"),
        event("live_violation", minute(20), violation_id="v1", remediation="Rephrase", reason="Unproven"),
    )
    (told,) = of_session(
        partner,
        "violations { id externalId occurredAt code reason severity remediation state appeal { text } }",
    )["violations"]
    identity: str = told.pop("id")
    assert told == {
        "externalId": "v1", "occurredAt": "2026-05-27T12:10:00Z", "code": "CLAIM", "reason": "Unproven",
        "severity": "", "remediation": "Rephrase", "state": "OPEN", "appeal": None,
    }  # fmt: skip
    return identity


def test_a_violation_is_contested_and_decided_once_and_every_step_is_on_record(partner: Partner) -> None:
    identity = complained(partner)
    early = ask(DECIDE, of=partner, scopes=MANAGE, input={"id": identity, "outcome": "UPHELD"})
    assert early["decideAppeal"] == {
        "violation": None,
        "userErrors": [
            {"field": ["input", "id"], "code": "CONFLICT",
                "message": "The violation is open: it has to be appealed first."}
        ],
    }  # fmt: skip
    given = {"id": identity, "text": " The label proves it. "}
    told = ask(APPEAL, of=partner, scopes=MANAGE, input=given)["appealViolation"]
    appeal = {
        "text": "The label proves it.", "appealedAt": "2026-06-01T12:00:00Z", "appealedBy": "test",
        "decidedAt": None,
    }  # fmt: skip
    assert told == {"violation": {"state": "APPEALED", "appeal": appeal}, "userErrors": []}
    again = ask(APPEAL, of=partner, scopes=MANAGE, input=given)["appealViolation"]["userErrors"]
    assert [(one["code"], one["message"]) for one in again] == [
        ("CONFLICT", "The violation was contested before; it is appealed now.")
    ]
    granted = {"id": identity, "outcome": "OVERTURNED", "text": "Sorry"}
    done = ask(DECIDE, of=partner, scopes=MANAGE, input=granted)["decideAppeal"]["violation"]
    assert (done["state"], done["appeal"]["decision"], done["appeal"]["decidedBy"]) == (
        "OVERTURNED", "Sorry", "test",
    )  # fmt: skip
    late = ask(DECIDE, of=partner, scopes=MANAGE, input={**granted, "outcome": "UPHELD"})["decideAppeal"]
    assert [(one["code"], one["message"]) for one in late["userErrors"]] == [
        ("CONFLICT", "The appeal was decided before; it is overturned.")
    ]
    (shown,) = of_session(partner, "violations { state }")["violations"]
    assert shown == {"state": "OVERTURNED"}
    by_id = "query ($id: ID!) { node(id: $id) { ... on Violation { code state } } }"
    assert ask(by_id, of=partner, id=identity)["node"] == {"code": "CLAIM", "state": "OVERTURNED"}
    entries = RecordEntry.objects.using("worker").filter(partner=partner).order_by("at", "id")
    assert [(one.who, one.action, one.reason, one.details) for one in entries] == [
        ("test", "appeal_violation", "The label proves it.", {"state": "APPEALED"}),
        ("test", "decide_appeal", "Sorry", {"state": "OVERTURNED"}),
    ]


def test_an_appeal_needs_words_a_violation_of_ones_own_and_the_scope(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    identity = complained(partner)
    stranger = make_partner()

    def codes(of: Partner, **given: Any) -> list[tuple[str, str]]:
        errors = ask(APPEAL, of=of, scopes=MANAGE, input=given)["appealViolation"]["userErrors"]
        return [(one["field"][-1], one["code"]) for one in errors]

    assert codes(partner, id=identity, text="  ") == [("text", "INVALID")]
    assert codes(partner, id=identity, text="x" * 10_001) == [("text", "INVALID")]
    assert codes(partner, id="x", text="why") == [("id", "NOT_FOUND")]
    assert codes(stranger, id=identity, text="why") == [("id", "NOT_FOUND")]
    assert refusal(APPEAL, of=partner, input={"id": identity, "text": "why"})[0] == "FORBIDDEN"
    assert of_session(partner, "violations { state }")["violations"] == [{"state": "OPEN"}]


# -- what is said of a session -------------------------------------------------------------------


def say(partner: Partner, name: str, *, scopes: tuple[str, ...] = MANAGE, **given: Any) -> Any:
    """What a mutation of a moment answers."""
    kind = name[0].upper() + name[1:]
    query = f"""mutation ($input: {kind}Input!) {{ {name}(input: $input) {{
      marker {{ kind isEnd sku label text at }} userErrors {{ field code message }} }} }}"""
    result = execute(query, actor=actor_of(partner, scopes=scopes), variables={"input": given})
    assert result.errors is None, result.errors
    return result.data[name]


def session_id(partner: Partner) -> str:
    identity: str = of_session(partner, "id")["id"]
    return identity


def test_what_is_said_goes_through_the_door_and_comes_back_as_markers(partner: Partner) -> None:
    session_of(partner, is_ended=False)
    live = session_id(partner)

    def at(number: float) -> str:
        return minute(number).isoformat()

    said = [
        say(partner, "featureProduct", sessionId=live, sku="lip", position=2, at=at(1)),
        say(partner, "unfeatureProduct", sessionId=live, sku="lip", at=at(2)),
        say(partner, "startGiveaway", sessionId=live, label="Draw", prizeQuantity=5, at=at(3)),
        say(partner, "endGiveaway", sessionId=live, label="Draw", at=at(4)),
        say(partner, "startPromotion", sessionId=live, sku="lip", scheduledAtRandom=True, at=at(5)),
        say(partner, "endPromotion", sessionId=live, sku="lip", at=at(6)),
        say(partner, "pinMessage", sessionId=live, text=" Hello ", at=at(7)),
        say(partner, "addHostNote", sessionId=live, text="Mic is off"),
    ]
    assert [one["userErrors"] for one in said] == [[]] * 8
    assert said[0]["marker"] == {
        "kind": "PRODUCT_FEATURED", "isEnd": False, "sku": "lip", "label": "", "text": "",
        "at": "2026-05-27T12:01:00Z",
    }  # fmt: skip
    assert said[7]["marker"]["at"] == "2026-06-01T12:00:00Z"
    fill(partner)
    told = of_session(partner, "markers { kind offset endedOffset sku label text }")["markers"]
    assert [tuple(one.values()) for one in told] == [
        ("PRODUCT_FEATURED", 60, 120, "lip", "", ""),
        ("GIVEAWAY", 180, 240, None, "Draw", ""),
        ("PROMOTION", 300, 360, "lip", "", ""),
        ("PINNED_MESSAGE", 420, None, None, "", "Hello"),
        ("HOST_NOTE", 5 * 86_400, None, None, "", "Mic is off"),
    ]
    entries = RecordEntry.objects.using("worker").filter(partner=partner).order_by("id")
    assert [one.action for one in entries] == [
        "live_product_featured", "live_product_unfeatured", "live_giveaway_started", "live_giveaway_ended",
        "live_promotion_started", "live_promotion_ended", "live_message_pinned", "live_host_note",
    ]  # fmt: skip


def test_what_cannot_be_said_is_a_user_error_and_leaves_nothing(
    partner: Partner, make_partner: PartnerFactory
) -> None:
    session_of(partner)
    ended = session_id(partner)
    other = make_partner()
    deliver(
        partner, [event("product_updated", minute(0), subject=None, item_id="hat", source="/elsewhere/shop")]
    )
    lip = Product.objects.using("worker").get(partner=partner, external_id="lip")
    at = minute(5).isoformat()

    def error(name: str, *, of: Partner = partner, **given: Any) -> tuple[str, str]:
        told = say(of, name, **given)
        assert told["marker"] is None
        (one,) = told["userErrors"]
        return one["field"][-1], one["code"]

    assert error("startGiveaway", sessionId="x") == ("sessionId", "NOT_FOUND")
    assert error("startGiveaway", of=other, sessionId=ended) == ("sessionId", "NOT_FOUND")
    assert error("startGiveaway", sessionId=ended) == ("at", "CONFLICT")
    assert error("startGiveaway", sessionId=ended, at=at, label="x" * 501) == ("label", "INVALID")
    assert error("startGiveaway", sessionId=ended, at=at, prizeQuantity=-1) == ("prizeQuantity", "INVALID")
    assert error("startGiveaway", sessionId=ended, at="2026-06-03T00:00:00Z") == ("at", "INVALID")
    assert error("featureProduct", sessionId=ended, at=at) == ("productId", "INVALID")
    assert error("featureProduct", sessionId=ended, at=at, sku="none") == ("sku", "NOT_FOUND")
    assert error("featureProduct", sessionId=ended, at=at, sku="hat") == ("sku", "NOT_FOUND")
    assert error("featureProduct", sessionId=ended, at=at, productId=str(lip.id)) == (
        "productId",
        "NOT_FOUND",
    )
    assert error("featureProduct", sessionId=ended, at=at, sku="lip", productId="x") == ("sku", "INVALID")
    assert error("addHostNote", sessionId=ended, at=at, text=" ") == ("text", "INVALID")
    for model in (RecordEntry, Rejection):
        assert not model.objects.using("worker").filter(partner=partner).exists()
    fill(partner)
    assert of_session(partner, "markers { kind }")["markers"] == []
    assert refusal(
        "mutation ($i: PinMessageInput!) { pinMessage(input: $i) { userErrors { code } } }",
        of=partner,
        i={"sessionId": ended, "text": "x"},
    ) == ("FORBIDDEN", "This needs a key with the scope 'manage'.")
