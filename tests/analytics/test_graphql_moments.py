"""What is set beside a session's numbers, as the API tells and takes it."""

from typing import Any

import pytest

from analytics.graphql.replays import replay_at
from analytics.queries.comments import masked
from commerce.models import Partner, Product, RecordEntry, Rejection
from tests.analytics.graphql_client import actor_of, ask, execute, refusal, statements
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


# -- comments ------------------------------------------------------------------------------------


def commented(partner: Partner) -> None:
    texts = ["hi", "how much?", "nice", "berapa harga kak", "mail me ann@example.com or +65 9123 4567", "bye"]
    session_of(
        partner,
        *(
            event("live_comment", minute(number), text=text, viewer_id=f"v{number}")
            for number, text in enumerate(texts)
        ),
    )


COMMENTS = "edges { cursor node { offset text isQuestion language viewerId } } pageInfo { hasNextPage }"


def texts_of(told: Any) -> list[str]:
    return [edge["node"]["text"] for edge in told["edges"]]


def test_comments_are_paged_around_a_moment_and_show_viewers_to_who_may_see_them(partner: Partner) -> None:
    commented(partner)
    page = of_session(partner, f"comments(first: 2) {{ {COMMENTS} }}")["comments"]
    assert [edge["node"] for edge in page["edges"]] == [
        {"offset": 0, "text": "hi", "isQuestion": False, "language": "", "viewerId": None},
        {"offset": 60, "text": "how much?", "isQuestion": True, "language": "en", "viewerId": None},
    ]
    after = page["edges"][1]["cursor"]
    rest = of_session(partner, f'comments(first: 9, after: "{after}") {{ {COMMENTS} }}')["comments"]
    assert texts_of(rest) == ["nice", "berapa harga kak", "mail me […] or […]", "bye"]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    around = of_session(partner, f"comments(first: 3, around: 180) {{ {COMMENTS} }}")["comments"]
    assert texts_of(around) == ["nice", "berapa harga kak", "mail me […] or […]"]
    asked = of_session(partner, f"comments(questionsOnly: true) {{ {COMMENTS} }}")["comments"]
    assert texts_of(asked) == ["how much?", "berapa harga kak"]
    audience = ("read", "read:audience")
    seen = of_session(partner, f"comments(first: 1) {{ {COMMENTS} }}", scopes=audience)["comments"]
    assert seen["edges"][0]["node"]["viewerId"] == "v0"


def test_a_page_of_comments_has_one_beginning(partner: Partner) -> None:
    commented(partner)
    cursor = of_session(partner, "comments { edges { cursor } }")["comments"]["edges"][0]["cursor"]
    query = f'{{ liveSession(by: {{externalId: "live-1"}}) {{ comments(after: "{cursor}", around: 5) {{'
    assert refusal(f"{query} edges {{ cursor }} }} }} }}", of=partner) == (
        "BAD_USER_INPUT", "after goes on in a list, around begins one: give one of them.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("write to Ann.Lee+x@shop.example.co.th now", "write to […] now"),
        ("call 081-234-5678", "call […]"),
        ("+66 (81) 234 5678!", "[…]!"),
        ("1,299 baht for 2", "1,299 baht for 2"),
        ("size 38 or 39", "size 38 or 39"),
        ("@lovely so nice", "@lovely so nice"),
    ],
)
def test_addresses_and_phone_numbers_in_comments_are_not_shown(text: str, shown: str) -> None:
    assert masked(text) == shown


# -- what platforms report -----------------------------------------------------------------------


def test_reported_numbers_are_told_digit_by_digit_with_their_definition(partner: Partner) -> None:
    total = {"interval": "total", "definition": "3 s or more"}
    session_of(
        partner,
        event("live_metrics_reported", minute(10), metrics={"viewers": 5}, **total),
        event("live_metrics_reported", minute(41),
            metrics={"viewers": 12_345_678_901_234_567, "ctr": "13.99%", "gmv": 10.5}, **total),
        event("live_metrics_reported", minute(3), interval="minute", metrics={"viewers": 7},
            **{"from": minute(2).isoformat(), "to": minute(3).isoformat()}),
    )  # fmt: skip
    fields = "key value interval startsAt endsAt source definition reportedAt provenance"
    told = of_session(partner, f"reported {{ {fields} }} minutes: reported(interval: MINUTE) {{ {fields} }}")
    assert [(one["key"], one["value"]) for one in told["reported"]] == [
        ("ctr", "13.99%"), ("gmv", "10.5"), ("viewers", "12345678901234567"),
    ]  # fmt: skip
    assert told["reported"][0] | {"key": "", "value": ""} == {
        "key": "", "value": "", "interval": "TOTAL", "startsAt": None, "endsAt": None, "source": "/site/shop",
        "definition": "3 s or more", "reportedAt": "2026-05-27T12:41:00Z", "provenance": "REPORTED",
    }  # fmt: skip
    assert [(one["startsAt"], one["value"]) for one in told["minutes"]] == [("2026-05-27T12:02:00Z", "7")]
    late = 'reported(interval: MINUTE, from: "2026-05-27T12:03:00Z") { key }'
    assert of_session(partner, late)["reported"] == []
    assert of_session(partner, "kpis { viewers }")["kpis"] == {"viewers": "0"}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"metrics": {"a": 1}}, "/data"),
        ({"interval": "hour", "metrics": {"a": 1}}, "/data/interval"),
        ({"interval": "total"}, "/data"),
        ({"interval": "total", "metrics": {}}, "/data/metrics"),
        ({"interval": "total", "metrics": [1]}, "/data/metrics"),
        ({"interval": "total", "metrics": {"a": {"b": 1}}}, "/data/metrics/a"),
        ({"interval": "total", "metrics": {"a/b": True}}, "/data/metrics/a~1b"),
        ({"interval": "total", "metrics": {"a": "x" * 201}}, "/data/metrics/a"),
        ({"interval": "minute", "metrics": {"a": 1}}, "/data/from"),
        ({"interval": "minute", "metrics": {"a": 1}, "from": "today"}, "/data/from"),
        ({"interval": "total", "metrics": {"a": 1}, "from": "2026-05-27T12:00:00Z",
            "to": "2026-05-27T12:00:00Z"}, "/data/to"),
    ],
)  # fmt: skip
def test_a_report_that_says_nothing_clear_is_refused_by_the_field(
    partner: Partner, data: dict[str, Any], path: str
) -> None:
    outcome = deliver(partner, [event("live_metrics_reported", minute(1), **data)])
    assert [(one.code, one.path) for one in outcome.errors] == [("schema", path)]


# -- the replay ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "seconds", "shown"),
    [
        ("https://v.example.com/a.mp4", 90, "https://v.example.com/a.mp4#t=90"),
        ("https://v.example.com/a.mp4", None, "https://v.example.com/a.mp4"),
        ("https://v.example.com/a#/live/1", 5, "https://v.example.com/a#/live/1&t=5"),
        ("https://v.example.com/a", -5, "https://v.example.com/a#t=0"),
        ("https://www.youtube.com/watch?v=x&t=1", 61, "https://www.youtube.com/watch?v=x&t=61"),
        ("https://youtu.be/x", 61, "https://youtu.be/x?t=61"),
        ("https://notyoutube.com/x", 61, "https://notyoutube.com/x#t=61"),
        ("javascript:alert(1)", 5, None),
        ("//example.com/a", 5, None),
        ("http://[x", 5, None),
        ("", None, None),
    ],
)
def test_a_replay_is_addressed_at_a_moment(url: str, seconds: int | None, shown: str | None) -> None:
    assert replay_at(url, seconds) == shown


def test_a_replay_is_trend_markers_and_comments_on_one_clock(partner: Partner) -> None:
    session_of(
        partner,
        event("live_view_started", minute(0.5), viewer_id="a"),
        event("live_host_note", minute(3), text="early"),
        event("live_host_note", minute(10), text="in it"),
        event("live_comment", minute(3), text="early"),
        event("live_comment", minute(9), text="where is it from?", viewer_id="a"),
        event("live_comment", minute(30), text="late"),
    )
    query = """{ replayUrl replayAt(offset: 75)
      replay(metrics: [CONCURRENT_VIEWERS, COMMENTS], from: 300, to: 720) { startsAt url offsets
        trend { timestamps series { values } } markers { offset text }
        comments { edges { node { offset text isQuestion replayUrl } } } } }"""
    told = of_session(partner, query.strip()[1:-1])
    assert (told["replayUrl"], told["replayAt"]) == (REPLAY, f"{REPLAY}#t=75")
    replay = told["replay"]
    assert (replay["startsAt"], replay["url"]) == ("2026-05-27T12:00:00Z", f"{REPLAY}#t=300")
    assert replay["offsets"] == [300.0, 360.0, 420.0, 480.0, 540.0, 600.0, 660.0]
    assert replay["trend"]["series"][1]["values"] == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    assert replay["markers"] == [{"offset": 600, "text": "in it"}]
    assert [edge["node"] for edge in replay["comments"]["edges"]] == [
        {"offset": 540, "text": "where is it from?", "isQuestion": True, "replayUrl": f"{REPLAY}#t=540"}
    ]


COUNTED = {
    "markers { kind replayUrl }": 3,
    "giveaways { label uplift { ratio } }": 4,
    "violations { state }": 3,
    "comments { edges { node { text } } }": 3,
    "reported { key }": 2,
    "replayUrl replayAt(offset: 1)": 2,
    "replay(metrics: [VIEWS]) { offsets markers { kind } comments { edges { cursor } } }": 5,
}


@pytest.mark.parametrize("fields", COUNTED)
def test_statements_do_not_depend_on_how_many_sessions_are_asked(partner: Partner, fields: str) -> None:
    events = [
        one
        for number in range(12)
        for one in (
            event("live_session_started", minute(number), subject=f"s{number}"),
            event("live_giveaway_started", minute(number + 1), subject=f"s{number}"),
            event("live_violation", minute(number + 1), subject=f"s{number}", violation_id=f"v{number}"),
            event("live_comment", minute(number + 1), subject=f"s{number}", text="hi"),
        )
    ]
    assert deliver(partner, events).rejected == 0
    fill(partner)
    query = f"query ($first: Int!) {{ liveSessions(first: $first) {{ edges {{ node {{ {fields} }} }} }} }}"
    assert [statements(query, of=partner, first=first) for first in (2, 11)] == [COUNTED[fields]] * 2
