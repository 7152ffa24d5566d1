"""Targets and reports in the admin: to be read, with their histories, by whom they belong to."""

from datetime import timedelta

from analytics.models import CadenceReport, Review, Target
from analytics.plans import reporting
from commerce.models import Partner, RecordEntry
from tests.analytics.graphql_client import ask
from tests.analytics.plan_scenes import MANAGE, REVISE, aim, bring, crowd, put, sale
from tests.commerce.admin_pages import WORKER, address, shown_rows, signed_in, staff
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, fill


def test_a_targets_page_shows_its_history(partner: Partner) -> None:
    bring(partner, crowd("live", 0, range(3)))
    identity = put(partner, "live", "VIEWERS", "4")
    told = {"id": identity, "value": "5", "why": "STRATEGY_CHANGED", "note": "Two hosts from now on"}
    ask(REVISE, of=partner, scopes=MANAGE, input=told)
    client = signed_in(staff(partner))
    row = Target.objects.using(WORKER).get(partner=partner)
    content = client.get(address(Target, "change", row.pk)).content.decode()
    told_there = ("Mai", "Two hosts from now on", "The strategy changed")
    assert [one for one in told_there if one not in content] == []
    assert client.post(address(Target, "change", row.pk), {"value": "9"}).status_code == 403
    assert client.post(address(Target, "delete", row.pk), {"post": "yes"}).status_code == 403
    for standing, rows in (("yes", 1), ("no", 0)):
        page = client.get(f"{address(Target, 'changelist')}?standing={standing}").content.decode()
        assert shown_rows(page) == rows


def test_a_reports_page_tells_it_in_words(partner: Partner, make_partner: PartnerFactory) -> None:
    aim(partner, "VIEWERS", "10")
    week = crowd("live", 6 * 24 * 60, range(4))
    bring(partner, crowd("before", 0, range(2)), [sale("before", 5, "10.00", buyer="v0")])
    at = NOW + timedelta(days=8)
    deliver(partner, [*week, sale("live", 6 * 24 * 60 + 5, "15.00", buyer="v1")], now=at)
    fill(partner, now=at)
    reporting.report_closed(partner_id=partner.id, now=at)
    row = CadenceReport.objects.using(WORKER).get(partner=partner, cadence="WEEKLY")
    content = signed_in(staff(partner)).get(address(CadenceReport, "change", row.pk)).content.decode()
    assert "Viewers: 4 against 10 (40.0 % of target). It grew from 2." in content
    assert "Of +5.00 SGD: Viewers +8.55 SGD, Viewer-to-buyer rate (VBR) -8.55 SGD" in content
    for somebody, rows in ((staff(partner), 3), (staff(make_partner()), 0)):
        page = signed_in(somebody).get(address(CadenceReport, "changelist")).content.decode()
        assert shown_rows(page) == rows


def test_a_review_is_done_on_its_page_once_with_a_note(partner: Partner) -> None:
    aim(partner, "VIEWERS", "10")
    at = NOW + timedelta(days=8)
    deliver(partner, crowd("live", 6 * 24 * 60, range(4)), now=at)
    fill(partner, now=at)
    reporting.report_closed(partner_id=partner.id, now=at)
    row = Review.objects.using(WORKER).get(partner=partner, cadence="WEEKLY")
    report = CadenceReport.objects.using(WORKER).get(partner=partner, cadence="WEEKLY")
    somebody = staff(partner, codenames="review|cadencereport")
    client, page = signed_in(somebody), address(Review, "change", row.pk)
    content = client.get(page).content.decode()
    assert "<p>Viewers (session): off track, Mai</p>" in content
    assert "<p>Orders (shop)</p>" in content
    assert address(CadenceReport, "change", report.pk) in content
    # Nothing is done without a note, nor by who may only look.
    assert "This field is required" in client.post(page, {"note": " "}).content.decode()
    reader = signed_in(staff(partner, codenames="view_review"))
    assert reader.post(page, {"note": "Seen"}).status_code == 403
    assert client.post(page, {"note": "Two hosts from July on"}).status_code == 302
    row.refresh_from_db(using=WORKER)
    assert (row.who, row.note, row.version) == (somebody.username, "Two hosts from July on", 1)
    assert client.post(page, {"note": "Again"}).status_code == 403
    assert "Two hosts from July on" in client.get(page).content.decode()
    entry = RecordEntry.objects.using(WORKER).get(partner=partner, action="complete_review")
    assert (entry.who, entry.reason) == (somebody.username, "Two hosts from July on")
    for state, wanted in (("due", 1), ("done", 1)):
        shown = client.get(f"{address(Review, 'changelist')}?state={state}").content.decode()
        assert shown_rows(shown) == wanted
