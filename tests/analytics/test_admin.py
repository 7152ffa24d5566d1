"""Numbers in the admin: sessions, orders with their assignment, what is stale, the first page."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from analytics import staleness
from analytics.admin.numbers import shown
from analytics.metrics import HEADLINES, SESSION_METRICS, Scope, metric_of
from analytics.models import SessionRollup
from analytics.queries.sessions import Numbers
from commerce.connection import worker_connection
from commerce.models import LiveSession, Order, Partner, Stale
from tests.commerce.admin_pages import WORKER, address, signed_in, staff
from tests.factories import NOW, deliver, event, fill, minute

DRESS = {"item_id": "sku", "item_name": "Dress", "price": "10.00"}


def live(partner: Partner) -> None:
    """Two watch; one of them clicks, buys two dresses and returns a quarter of their value."""
    v1, v2 = {"viewer_id": "v1", "view_id": "a"}, {"viewer_id": "v2", "view_id": "b"}
    deliver(
        partner,
        [
            event("live_session_started", minute(0), title="Evening", heartbeats=False, currency="SGD"),
            event("live_view_started", minute(1), **v1),
            event("live_view_started", minute(2), **v2),
            event("select_item", minute(3), items=[DRESS], **v1),
            event("live_session_ended", minute(30)),
            event(
                "purchase", minute(10), transaction_id="t1", currency="SGD", value="19.00",
                items=[{**DRESS, "quantity": 2}], viewer_id="v1", customer_id="c1",
            ),
            event(
                "purchase", minute(11), transaction_id="t2", currency="USD",
                items=[{**DRESS, "quantity": 1}],
            ),
            event(
                "purchase", minute(12), transaction_id="t3", currency="SGD", subject=None,
                items=[{**DRESS, "quantity": 1}],
            ),
            event("refund", minute(60), refund_id="r1", transaction_id="t1", value="5.00", subject=None),
        ],
    )  # fmt: skip
    fill(partner)


def cells(content: str, *names: str) -> list[str]:
    """The text of a list's cells by the names of their columns, of the only row."""
    found = []
    for name in names:
        (inner,) = re.findall(rf'<t[dh][^>]*class="field-{name} [^>]*>(.*?)</t[dh]>', content, re.DOTALL)
        found.append(" ".join(html.unescape(re.sub(r"<[^>]*>", " ", inner)).split()))
    return found


def names_in(client: Client, question: str) -> list[str]:
    """The ids of the orders a question to the list of orders finds."""
    content = client.get(f"{address(Order, 'changelist')}?{question}").content.decode()
    return sorted(re.findall(r">(t[123])<", content))


# -- sessions ------------------------------------------------------------------------------------


def test_the_list_of_sessions_shows_the_headlines_of_the_catalogue(partner: Partner) -> None:
    live(partner)
    content = signed_in(staff(partner)).get(address(LiveSession, "changelist")).content.decode()
    assert cells(content, *(metric.key for metric in HEADLINES)) == ["2", "2", "50.0 %", "1", "20.00 SGD"]
    for metric in HEADLINES:
        assert metric.label in content


def test_the_page_of_a_session_shows_every_metric_and_the_three_bases_of_its_sales(partner: Partner) -> None:
    live(partner)
    session = LiveSession.objects.using(WORKER).get(partner=partner)
    content = signed_in(staff(partner)).get(address(LiveSession, "change", session.pk)).content.decode()
    rows = {}
    for row in re.findall(r"<tr[^>]*>\s*<th class=\"font-normal py-2\".*?</tr>", content, re.DOTALL):
        label, *values = (
            html.unescape(text).strip() for text in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        )
        rows[label] = values
    assert list(rows) == [metric.label for metric in SESSION_METRICS]
    assert rows[metric_of(Scope.SESSION, "live_sales").label] == ["20.00 SGD", "20.00 SGD", "15.00 SGD"]
    assert rows[metric_of(Scope.SESSION, "viewers").label] == ["2"]
    assert rows[metric_of(Scope.SESSION, "watch_time").label] == ["0:57:00"]
    assert rows[metric_of(Scope.SESSION, "product_click_through_rate").label] == ["-"]
    assert "Sales in USD are not shown here." in content
    assert "Newer facts are waiting" not in content


def test_a_session_that_was_never_computed_has_no_numbers(partner: Partner) -> None:
    deliver(partner, [event("live_session_started", minute(0), title="Evening")])
    client = signed_in(staff(partner))
    content = client.get(address(LiveSession, "changelist")).content.decode()
    assert cells(content, *(metric.key for metric in HEADLINES)) == ["-"] * 5
    session = LiveSession.objects.using(WORKER).get(partner=partner)
    assert "Not computed yet." in client.get(address(LiveSession, "change", session.pk)).content.decode()


def test_a_session_with_newer_facts_says_so(partner: Partner) -> None:
    live(partner)
    deliver(partner, [event("live_like", minute(4), viewer_id="v1")])
    session = LiveSession.objects.using(WORKER).get(partner=partner)
    content = signed_in(staff(partner)).get(address(LiveSession, "change", session.pk)).content.decode()
    assert "Newer facts are waiting to be counted." in content


@pytest.mark.parametrize(
    ("key", "stored", "text"),
    [
        ("viewers", {"viewers": 1234567}, "1,234,567"),
        ("viewer_to_buyer_rate", {"converted_viewers": 1, "viewers": 3}, "33.3 %"),
        ("viewer_to_buyer_rate", {"converted_viewers": 0, "viewers": 0}, "-"),
        ("live_sales", {"live_sales": Decimal("1234.5000")}, "1,234 JPY"),
        ("average_order_value", {"live_sales": Decimal(10), "orders": 0}, "-"),
        ("watch_time", {"watch_time": Decimal("3661.4")}, "1:01:01"),
        ("engagements_per_view", {"engagements": 3, "views": 2}, "1.5"),
        ("peak_concurrent_viewers_at", {"peak_concurrent_viewers_at": None}, "-"),
        ("peak_concurrent_viewers_at", {"peak_concurrent_viewers_at": NOW}, "June 1, 2026, noon"),
    ],
)
def test_a_number_is_shown_in_its_unit(key: str, stored: dict[str, object], text: str) -> None:
    numbers = Numbers(
        stored=stored, basis="PAID", currency="JPY", other_currencies=[], computed_at=NOW, is_fresh=True
    )
    assert shown(metric_of(Scope.SESSION, key), numbers) == text


# -- orders --------------------------------------------------------------------------------------


def test_orders_are_listed_with_the_session_they_belong_to(partner: Partner) -> None:
    live(partner)
    content = signed_in(staff(partner)).get(f"{address(Order, 'changelist')}?q=t1").content.decode()
    columns = ("assigned_session", "assigned_method", "assigned_confidence", "merchandise")
    assert cells(content, *columns) == ["Evening", "EXPLICIT", "1.00", "20.0000"]


def test_orders_are_found_by_assignment_and_by_a_value_that_does_not_match(partner: Partner) -> None:
    live(partner)
    client = signed_in(staff(partner))
    assert names_in(client, "") == ["t1", "t2", "t3"]
    assert names_in(client, "assignment=EXPLICIT") == ["t1", "t2"]
    assert names_in(client, "assignment=VIEWER") == []
    assert names_in(client, "assignment=none") == ["t3"]
    assert names_in(client, "is_value_mismatch__exact=1") == ["t1"]


def test_the_page_of_an_order_shows_lines_refunds_and_assignment(partner: Partner) -> None:
    live(partner)
    order = Order.objects.using(WORKER).get(partner=partner, external_id="t1")
    content = signed_in(staff(partner)).get(address(Order, "change", order.pk)).content.decode()
    for text in ("Dress", "r1", "Evening", "The order names the session"):
        assert text in content


# -- what is stale -------------------------------------------------------------------------------


def fail(partner: Partner, *, times: int) -> Stale:
    """A session whose fill failed so many times."""
    deliver(partner, [event("live_session_started", minute(0))])
    (mark,) = Stale.objects.using(WORKER).filter(partner_id=partner.pk)
    for _ in range(times):
        staleness.note_failure(
            worker_connection(), partner_id=partner.pk, kind=mark.kind, subject=mark.subject, error="boom <b>"
        )
    return mark


def test_a_subject_set_aside_is_shown_with_its_last_error(partner: Partner) -> None:
    mark = fail(partner, times=5)
    client = signed_in(staff(partner))
    content = client.get(f"{address(Stale, 'changelist')}?state=aside").content.decode()
    assert cells(content, "subject", "partner_slug", "attempts", "last_error") == [
        mark.subject, partner.slug, "5", "boom <b>"
    ]  # fmt: skip
    assert "boom <b>" not in content
    for state in ("waiting", "failed"):
        assert (
            mark.subject not in client.get(f"{address(Stale, 'changelist')}?state={state}").content.decode()
        )


def test_a_subject_tried_again_is_computed(partner: Partner) -> None:
    mark, person = fail(partner, times=5), staff(partner)
    assert fill(partner) == 0
    chosen = {"action": "try_again", "_selected_action": [str(mark.pk)]}
    page = signed_in(person).post(address(Stale, "changelist"), chosen, follow=True).content.decode()
    assert "Trying 1 again." in page
    after = Stale.objects.using(WORKER).get(pk=mark.pk)
    assert (after.attempts, after.last_error) == (0, "")
    assert fill(partner) == 1
    assert SessionRollup.objects.using(WORKER).filter(partner=partner).count() == 1
    (entry,) = LogEntry.objects.filter(user=person)
    assert (entry.object_repr, entry.get_change_message()) == (f"SESSION {mark.subject}", "Tried again.")


# -- the first page ------------------------------------------------------------------------------


def cards(client: Client) -> dict[str, str]:
    """What the first page counts."""
    content = client.get("/admin/").content.decode()
    return dict(re.findall(r'data-card="([^"]*)">(.*?)</div>', content))


def test_the_first_page_counts_what_matters(partner: Partner) -> None:
    client, now = signed_in(staff(partner)), timezone.now()
    assert cards(client) == {
        "Oldest waiting number": "all fresh",
        "Set aside after failures": "0",
        "Open rejections": "0",
        "Live now": "0",
    }
    deliver(
        partner,
        [
            event("live_session_started", now - timedelta(minutes=9), subject="on"),
            event("live_view_started", now - timedelta(seconds=20), subject="on", viewer_id="v"),
            event("live_session_started", now - timedelta(minutes=9), subject="over"),
            event("live_view_started", now - timedelta(seconds=20), subject="over", viewer_id="v"),
            event("live_session_ended", now - timedelta(seconds=10), subject="over"),
            event("live_session_started", now - timedelta(hours=9), subject="silent"),
            event("live_view_started", now - timedelta(hours=8), subject="silent", viewer_id="v"),
            event("unheard_of", now),
        ],
        now=now,
    )
    fill(partner, now=now)
    Stale.objects.using(WORKER).bulk_create(
        Stale(
            partner_id=partner.pk,
            kind=Stale.Kind.ORDER,
            subject=subject,
            marked_at=marked_at,
            attempts=attempts,
        )
        for subject, marked_at, attempts in (
            ("a", now - timedelta(hours=5), 5),
            ("a", now - timedelta(hours=4), 5),
            ("b", now - timedelta(hours=3, minutes=1), 1),
        )
    )
    shown_now = {label: value.replace("\u00a0", " ") for label, value in cards(client).items()}
    assert shown_now == {
        "Oldest waiting number": "3 hours, 1 minute",
        "Set aside after failures": "1",
        "Open rejections": "1",
        "Live now": "1",
    }
