"""Comments, what platforms report, and a session again on one clock, as the API tells them."""

from typing import Any

import pytest

from analytics.graphql.replays import replay_at
from analytics.queries.comments import masked
from commerce.models import Partner
from tests.analytics.graphql_client import refusal, statements
from tests.analytics.test_graphql_moments import REPLAY, of_session, session_of
from tests.factories import deliver, event, fill, minute

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
