"""Lists: their order, their pages, and how many statements they take."""

from typing import Any

import pytest

from commerce.models import Partner
from tests.analytics.graphql_client import ask, refusal, statements
from tests.factories import deliver, event, fill, minute

PAGE = """query ($first: Int!, $after: String, $orderBy: [LiveSessionOrder!], $filter: LiveSessionFilter) {
  liveSessions(first: $first, after: $after, orderBy: $orderBy, filter: $filter) {
    edges { cursor node { externalId } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


def seven_sessions(partner: Partner) -> None:
    """Five that started (two at one moment), one announced and one only named."""
    starts = {"a": 50, "b": 40, "c": 40, "d": 20, "e": 10}
    events = [
        event("live_session_started", minute(start), subject=name, title=f"Live {name.upper()}", host="Mei",
            channel="OWNED" if name in "ab" else "TIKTOK",
            objective="AWARENESS" if name == "a" else "CONVERSION")
        for name, start in starts.items()
    ]  # fmt: skip
    events += [event("live_session_ended", minute(60), subject="e")]
    events += [event("live_session_scheduled", minute(0), subject="f", scheduled_at=minute(9000).isoformat())]
    events += [event("live_like", minute(5), subject="g", viewer_id="v")]
    assert deliver(partner, events).rejected == 0


def names(answer: Any) -> list[str]:
    return [edge["node"]["externalId"] for edge in answer["liveSessions"]["edges"]]


def walked(partner: Partner, *, first: int, **variables: Any) -> list[list[str]]:
    """Every page by its cursors."""
    pages, after = [], None
    while True:
        answer = ask(PAGE, of=partner, first=first, after=after, **variables)
        info = answer["liveSessions"]["pageInfo"]
        cursors = [edge["cursor"] for edge in answer["liveSessions"]["edges"]]
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
        assert info["hasPreviousPage"] is (after is not None)
        pages.append(names(answer))
        if not info["hasNextPage"]:
            return pages
        after = info["endCursor"]


@pytest.mark.parametrize("first", [1, 2, 3, 4, 7, 100])
@pytest.mark.parametrize("field", ["STARTED_AT", "TITLE"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_of_any_size_are_the_whole_list_cut(
    partner: Partner, first: int, field: str, direction: str
) -> None:
    seven_sessions(partner)
    order = [{"field": field, "direction": direction}]
    whole = [name for page in walked(partner, first=100, orderBy=order) for name in page]
    pages = walked(partner, first=first, orderBy=order)
    assert [name for page in pages for name in page] == whole
    assert sorted(whole) == list("abcdefg")
    assert {len(page) for page in pages[:-1]} <= {first}
    untitled_or_unstarted = (
        set(whole[-2:]) if field == "STARTED_AT" or direction == "DESC" else set(whole[:2])
    )
    assert untitled_or_unstarted == {"f", "g"}


def test_the_latest_start_comes_first_unless_told_otherwise(partner: Partner) -> None:
    seven_sessions(partner)
    (listed,) = walked(partner, first=20)
    assert (listed[0], set(listed[1:3]), listed[3:5]) == ("a", {"b", "c"}, ["d", "e"])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"channel": "TIKTOK"}, "cde"),
        ({"objective": "AWARENESS"}, "a"),
        ({"status": "ENDED"}, "e"),
        ({"status": "LIVE"}, "abcd"),
        ({"status": "SCHEDULED"}, "f"),
        ({"status": "PLACEHOLDER"}, "g"),
        ({"search": "live b"}, "b"),
        ({"search": "mei", "channel": "OWNED"}, "ab"),
        ({"search": "100%"}, ""),
        ({"startedFrom": minute(20).isoformat(), "startedTo": minute(50).isoformat()}, "bcd"),
    ],
)
def test_a_filter_keeps_what_meets_all_of_it(partner: Partner, given: dict[str, str], wanted: str) -> None:
    seven_sessions(partner)
    assert sorted(names(ask(PAGE, of=partner, first=20, filter=given))) == list(wanted)


@pytest.mark.parametrize("first", [0, 101, -1])
def test_a_page_has_one_to_a_hundred(partner: Partner, first: int) -> None:
    assert refusal(PAGE, of=partner, first=first) == ("BAD_USER_INPUT", "first is 1 to 100.")


def test_a_cursor_of_another_list_or_order_is_refused(partner: Partner) -> None:
    seven_sessions(partner)
    by_title = [{"field": "TITLE", "direction": "ASC"}]
    cursor = ask(PAGE, of=partner, first=1, orderBy=by_title)["liveSessions"]["pageInfo"]["endCursor"]
    for wrong in (cursor, "", "x", "////", "bnVsbA", "W10", "WzEsMl0", "\u00e9"):
        assert refusal(PAGE, of=partner, first=1, after=wrong) == (
            "BAD_USER_INPUT", "after is a cursor of this list in this order.",
        )  # fmt: skip


def test_an_external_id_of_several_sources_is_refused(partner: Partner) -> None:
    starts = [event("live_session_started", minute(0), subject="s", source=source) for source in ("/a", "/b")]
    deliver(partner, [*starts, event("live_session_started", minute(0), subject="only")])
    query = "query ($by: LiveSessionBy!) { liveSession(by: $by) { id externalId source } }"
    assert refusal(query, of=partner, by={"externalId": "s"}) == (
        "BAD_USER_INPUT", "Several sources have a session of this external id. Ask by id.",
    )  # fmt: skip
    only = ask(query, of=partner, by={"externalId": "only"})["liveSession"]
    assert ask(query, of=partner, by={"id": only["id"]})["liveSession"] == only
    assert ask(query, of=partner, by={"externalId": "none"}) == {"liveSession": None}
    assert ask("query ($id: ID!) { node(id: $id) { __typename id } }", of=partner, id=only["id"]) == {
        "node": {"__typename": "LiveSession", "id": only["id"]}
    }


def busy_sessions(partner: Partner, count: int) -> None:
    """Sessions with views, a product and a sale each."""
    events = []
    for number in range(count):
        subject = f"s{number:03d}"
        at = minute(number)
        items = [{"item_id": f"i{n}", "quantity": 1, "price": "5.00"} for n in range(3)]
        told = {"subject": subject, "viewer_id": f"v{number}"}
        events += [
            event("live_session_started", at, subject=subject, title=subject),
            event("live_view_started", at, **told),
            event("view_item_list", at, items=items, **told),
            event("purchase", at, transaction_id=f"o{number}", items=items, **told),
            event("live_session_ended", minute(number + 30), subject=subject),
        ]
    assert deliver(partner, events).rejected == 0
    fill(partner)


COUNTED = {
    "sessions": ("title", 1),
    "kpis": ("kpis { views liveSales { amount } viewerToBuyerRate { value } }", 2),
    "two sorts of kpis": ("kpis { views } net: kpis(basis: NET) { orders }", 3),
    "the same kpis twice": ("kpis { views } again: kpis { orders }", 2),
    "trend": ("trend(metrics: [VIEWS]) { timestamps series { values } }", 2),
    "funnel": ("funnel { stages { count } }", 2),
    "funnel with its bottleneck": ("funnel { bottleneck { median } largestDip { median } }", 3),
    "five, with the days before and what customers are worth": ("five { value } kpis { viewers }", 4),
    "profit": ("kpis { grossProfit { value { amount } } grossMargin { value } }", 3),
    "drop-off": ("dropOff { steepest { lost } } again: dropOff(windowMinutes: 5) { leaves }", 2),
    "products": ("products(first: 2) { edges { node { name kpis { orders } } } }", 2),
    "all": (
        "kpis { views } trend(metrics: [VIEWS]) { grain } funnel { of } products { edges { cursor } }",
        5,
    ),
}


@pytest.fixture(scope="module")
def busy() -> Partner:
    from tests.factories import partner

    made = partner()
    busy_sessions(made, 25)
    return made


@pytest.mark.parametrize("name", COUNTED)
def test_statements_do_not_depend_on_the_size_of_a_page(busy: Partner, name: str) -> None:
    fields, wanted = COUNTED[name]
    query = "query ($first: Int!) { liveSessions(first: $first) { edges { node { FIELDS } } } }".replace(
        "FIELDS", fields
    )
    assert [statements(query, of=busy, first=first) for first in (1, 5, 24)] == [wanted] * 3


def test_other_questions_take_few_statements_too(busy: Partner) -> None:
    period = 'period: {from: "2026-05-20", to: "2026-05-30"}'
    counted = {
        "{ me { name partners { slug } } }": 1,
        "{ rateLimit { available } metrics { key } }": 0,
        f"{{ shop({period}) {{ kpis {{ orders buyers }} isFresh }} }}": 2,
        f"{{ shop({period}) {{ kpis {{ orders }} days {{ kpis {{ orders }} }} hours {{ date }} }} }}": 4,
        "{ products { edges { node { name price { amount } } } } }": 1,
        "{ orders { edges { node { externalId assignment { method } refunded { amount } } } } }": 2,
    }
    assert {query: statements(query, of=busy) for query in counted} == counted


def test_products_of_a_session_are_paged_in_the_order_asked(busy: Partner) -> None:
    query = """query ($after: String, $direction: Direction!) { liveSession(by: {externalId: "s003"}) {
      products(first: 2, after: $after, orderBy: {field: LIVE_SALES, direction: $direction}) {
        edges { node { externalId } } pageInfo { hasNextPage endCursor } } } }"""
    for direction in ("ASC", "DESC"):
        one = ask(query, of=busy, direction=direction)["liveSession"]["products"]
        two = ask(query, of=busy, direction=direction, after=one["pageInfo"]["endCursor"])["liveSession"][
            "products"
        ]
        found = [edge["node"]["externalId"] for page in (one, two) for edge in page["edges"]]
        assert sorted(found) == ["i0", "i1", "i2"]
        assert [page["pageInfo"]["hasNextPage"] for page in (one, two)] == [True, False]


def test_products_are_searched_by_name_or_external_id(busy: Partner) -> None:
    query = """query ($search: String!) { liveSession(by: {externalId: "s003"}) {
      products(search: $search) { edges { node { externalId } } } } }"""

    def found(search: str) -> list[str]:
        edges = ask(query, of=busy, search=search)["liveSession"]["products"]["edges"]
        return [edge["node"]["externalId"] for edge in edges]

    assert (found("I1"), found("_1"), found("%"), found("\\")) == (["i1"], [], [], [])
