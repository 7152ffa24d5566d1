"""Targets and reports in the admin: to be read, with their histories, by whom they belong to."""

from datetime import timedelta

from analytics.models import CadenceReport, Target
from analytics.plans import reporting
from commerce.models import Partner
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
