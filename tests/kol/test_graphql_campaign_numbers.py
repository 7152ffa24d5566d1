"""The numbers of campaigns over the API: a small scene through the door, every value known."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from commerce.models import LiveSession, Partner
from kol import models
from kol.access import actor_of_agency
from kol.marks import campaigns_changed
from tests.analytics.graphql_client import ask, execute, refusal, statements
from tests.factories import NOW, deliver, event, fill, minute
from tests.kol.campaign_scene import agency, campaign, join, kol, make


def live(partner: Partner, subject: str, start: float, viewers: list[str]) -> LiveSession:
    """A session of twenty minutes that these watch."""
    told = [event("live_session_started", minute(start), subject=subject)]
    told += [
        event("live_view_started", minute(start + 1), subject=subject, viewer_id=name) for name in viewers
    ]
    told.append(event("live_session_ended", minute(start + 20), subject=subject))
    assert deliver(partner, told).rejected == 0
    return LiveSession.objects.using("worker").get(partner=partner, external_id=subject)


def order(partner: Partner, name: str, at: float, viewer: str, price: str) -> None:
    items = [{"item_id": "x", "quantity": 1, "price": price}]
    told = event(
        "purchase", minute(at), subject=None, transaction_id=name, items=items, viewer_id=viewer,
        customer_id=f"c-{viewer}",
    )  # fmt: skip
    assert deliver(partner, [told]).rejected == 0


def cost(
    where: models.Campaign, amount: str, row: models.Collaboration | None = None, kind: str = "FEE"
) -> None:
    make(
        models.CostLine, partner_id=where.partner_id, campaign=where, collaboration=row, kind=kind,
        amount=Decimal(amount), currency="SGD", on_date=date(2026, 5, 27),
    )  # fmt: skip


class Scene:
    """Mei is seen by twelve, Ann by three of them and two more; one buys after Mei, one after both."""

    def __init__(self, partner: Partner) -> None:
        self.partner = partner
        self.campaign = campaign(partner, "Summer")
        self.mei, self.ann = (join(self.campaign, kol(partner, name)) for name in ("Mei", "Ann"))
        of_mei = live(partner, "live-mei", 0, [f"v{number}" for number in range(12)])
        of_ann = live(partner, "live-ann", 60, ["v0", "v1", "v2", "w0", "w1"])
        for row, session in ((self.mei, of_mei), (self.ann, of_ann)):
            owned = {"partner": partner, "collaboration": row}
            make(models.Terms, valid_from=date(2026, 5, 1), currency="SGD", **owned)
            make(models.Appearance, session=session, **owned)
        order(partner, "o-mei", 30, "v5", "20.00")
        order(partner, "o-both", 90, "v1", "10.00")
        cost(self.campaign, "10", self.mei)
        cost(self.campaign, "4", self.ann)
        cost(self.campaign, "6", kind="BOOST")
        campaigns_changed([self.campaign.id], partner_id=partner.id, now=NOW, using="worker")
        fill(partner)


@pytest.fixture
def scene(partner: Partner) -> Scene:
    return Scene(partner)


KPIS = """model basis currency otherCurrencies isFresh suppressed
  reach reachGross frequency { value } overlap { value } orders conversions sales { amount }
  buyers newBuyers netSales { amount } cost { amount } roas { value numerator denominator reason }
  roi { value reason } costPerReach { value { amount } } averageOrderValue { value { amount } }
  influencedOrders assistedOrders epc { value { amount } reason } incrementalRoas { reason } followers
  engagementRate { value numerator denominator }"""


def of_campaign(scene: Scene, fields: str, **variables: Any) -> Any:
    given = "($model: AttributionModel = LAST, $basis: SalesBasis = NET, $period: PeriodInput)"
    query = f"query {given} {{ campaigns {{ edges {{ node {{ {fields} }} }} }} }}"
    used = [name for name in ("model", "basis", "period") if f"${name}" in fields]
    if len(used) < 3:
        query = f"{{ campaigns {{ edges {{ node {{ {fields} }} }} }} }}"
    [edge] = ask(query, of=scene.partner, **variables)["campaigns"]["edges"]
    return edge["node"]


ASKED = "(model: $model, basis: $basis, period: $period)"


def test_every_number_of_a_campaign_is_told_with_what_it_is_of(scene: Scene) -> None:
    assert of_campaign(scene, f"kpis {{ {KPIS} }}")["kpis"] == {
        "model": "LAST", "basis": "NET", "currency": "SGD", "otherCurrencies": [], "isFresh": True,
        "suppressed": [], "reach": "14", "reachGross": "17", "frequency": {"value": "1.214286"},
        "overlap": {"value": "0.176471"}, "orders": "2", "conversions": "2", "sales": {"amount": "30.00"},
        "buyers": "2", "newBuyers": "2", "netSales": {"amount": "30.00"}, "cost": {"amount": "20.00"},
        "roas": {"value": "1.5", "numerator": "30", "denominator": "20", "reason": None},
        "roi": {"value": None, "reason": "MISSING_COSTS"},
        "costPerReach": {"value": {"amount": "1.4286"}}, "averageOrderValue": {"value": {"amount": "15.00"}},
        "influencedOrders": "2", "assistedOrders": "0", "epc": {"value": None, "reason": "TOO_FEW_CLICKS"},
        "incrementalRoas": {"reason": "NOT_YET"}, "followers": None,
        "engagementRate": {"value": 0.0, "numerator": "0", "denominator": "14"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "mei", "ann"),
    [("LAST", "20.00", "10.00"), ("FIRST", "30.00", "0.00"), ("LINEAR", "25.00", "5.00"),
     ("CODE_FIRST", "20.00", "10.00")],
)  # fmt: skip
def test_collaborations_have_their_part_of_sales_by_model(
    scene: Scene, model: str, mei: str, ann: str
) -> None:
    query = """query ($model: AttributionModel) { campaigns { edges { node { collaborations { edges { node {
      kol { name } kpis(model: $model) { sales { amount } reach influencedOrders cost { amount } }
    } } } } } } }"""
    [edge] = ask(query, of=scene.partner, model=model)["campaigns"]["edges"]
    found = [one["node"] for one in edge["node"]["collaborations"]["edges"]]
    told = {one["kol"]["name"]: one["kpis"] for one in found}
    assert told["Ann"] == {
        "sales": {"amount": ann}, "reach": "5", "influencedOrders": "1", "cost": {"amount": "4.00"},
    }  # fmt: skip
    assert told["Mei"] == {
        "sales": {"amount": mei}, "reach": "12", "influencedOrders": "2", "cost": {"amount": "10.00"},
    }  # fmt: skip


def test_an_influencer_has_numbers_with_the_partner(scene: Scene) -> None:
    told = ask("{ kols { edges { node { name kpis { reach sales { amount } } } } } }", of=scene.partner)
    assert [edge["node"] for edge in told["kols"]["edges"]] == [
        {"name": "Ann", "kpis": {"reach": "5", "sales": {"amount": "10.00"}}},
        {"name": "Mei", "kpis": {"reach": "12", "sales": {"amount": "20.00"}}},
    ]


def test_a_campaign_is_told_day_by_day_until_today(scene: Scene) -> None:
    trend = of_campaign(
        scene,
        """trend(metrics: [SALES, REACH, ROAS, COST]) { timestamps grain isPartial
          series { metric unit currency values } }""",
    )["trend"]
    assert (trend["grain"], trend["isPartial"]) == ("P1D", True)
    days = [date(2026, 5, 20) + timedelta(days=number) for number in range(13)]
    starts = [f"{day - timedelta(days=1)}T16:00:00" for day in days]
    assert [one[:19] for one in trend["timestamps"]] == starts
    at = days.index(date(2026, 5, 27))
    columns = {one["metric"]: one for one in trend["series"]}
    assert list(columns) == ["SALES", "REACH", "ROAS", "COST"]
    assert (columns["SALES"]["unit"], columns["SALES"]["currency"]) == ("MONEY", "SGD")
    for metric, value, nothing in (("SALES", 30.0, 0.0), ("REACH", 14.0, 0.0), ("ROAS", 1.5, None)):
        values = columns[metric]["values"]
        assert values.pop(at) == value
        assert values == [nothing] * 12


def test_followers_and_too_long_periods_have_no_trend(scene: Scene) -> None:
    query = """query ($metrics: [CampaignMetric!]!, $period: PeriodInput) {
      campaigns { edges { node { trend(metrics: $metrics, period: $period) { grain } } } } }"""
    metrics = ["REACH", "ENGAGEMENTS_PER_FOLLOWER"]
    assert refusal(query, of=scene.partner, metrics=metrics) == (
        "BAD_USER_INPUT", "Not known day by day: ENGAGEMENTS_PER_FOLLOWER.",
    )  # fmt: skip
    long = {"from": "2025-01-01", "to": "2026-02-06"}
    assert refusal(query, of=scene.partner, metrics=["REACH"], period=long) == (
        "BAD_USER_INPUT", "A trend has at most 400 days.",
    )  # fmt: skip
    back = {"from": "2026-05-02", "to": "2026-05-01"}
    assert refusal(query, of=scene.partner, metrics=["REACH"], period=back)[0] == "BAD_USER_INPUT"


def test_a_campaign_is_compared_with_the_days_before(scene: Scene) -> None:
    fields = """compare(metrics: [SALES, ROAS, REACH], period: {from: "2026-05-27", to: "2026-05-28"}) {
      metric first { value } second { value reason } difference isBetter }"""
    assert of_campaign(scene, fields)["compare"] == [
        {
            "metric": "SALES", "first": {"value": "30"}, "second": {"value": "0", "reason": None},
            "difference": "30", "isBetter": True,
        },
        {
            "metric": "ROAS", "first": {"value": "1.5"},
            "second": {"value": None, "reason": "NO_DENOMINATOR"}, "difference": None, "isBetter": None,
        },
        {
            "metric": "REACH", "first": {"value": "14"}, "second": {"value": "0", "reason": None},
            "difference": "14", "isBetter": True,
        },
    ]  # fmt: skip


def test_a_campaign_is_compared_with_another(scene: Scene) -> None:
    other = campaign(scene.partner, "Winter", starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1))
    found = ask("{ campaigns { edges { node { id name } } } }", of=scene.partner)["campaigns"]["edges"]
    ids = {edge["node"]["name"]: edge["node"]["id"] for edge in found}
    query = """query ($id: ID!, $other: ID!) { campaign(by: {id: $id}) {
      compare(with: {id: $other}, metrics: [ORDERS]) { first { value } second { value } difference } } }"""
    told = ask(query, of=scene.partner, id=ids["Summer"], other=ids[other.name])["campaign"]["compare"]
    assert told == [{"first": {"value": "2"}, "second": {"value": "0"}, "difference": "2"}]
    assert ask(query, of=scene.partner, id=ids["Summer"], other="x")["campaign"] == {"compare": []}


COUNTED = {
    "kpis": ("kpis { reach sales { amount } roas { value } }", 1),
    "two models": ("kpis { orders } first: kpis(model: FIRST) { orders }", 2),
    "a period": ('kpis(period: {from: "2026-05-20", to: "2026-05-28"}) { reach }', 1),
    "who saw one only in it": ('kpis(period: {from: "2026-05-20", to: "2026-05-28"}) { reachExclusive }', 2),
    "trend": ("trend(metrics: [SALES]) { timestamps }", 1),
    "flags": ("flags { kind }", 1),
    "followers": ("kpis { followers }", 2),
    "kol": ("kol { name kpis { reach } accounts { handle } }", 3),
    "agreements": ("terms { validFrom } codes { code } links { clicks } appearances { title }", 4),
}


@pytest.mark.parametrize("name", COUNTED)
def test_a_page_of_collaborations_costs_one_statement_a_question(scene: Scene, name: str) -> None:
    fields, questions = COUNTED[name]
    query = f"""query ($first: Int!) {{ campaigns {{ edges {{ node {{
      collaborations(first: $first) {{ edges {{ node {{ {fields} }} }} }} }} }} }} }}"""
    assert [statements(query, of=scene.partner, first=first) - 2 for first in (1, 2)] == [questions] * 2


RANKING = """query (
  $order: CollaborationOrder!, $first: Int! = 20, $after: String, $model: AttributionModel! = LAST
) {
  campaigns { edges { node { collaborations(orderBy: $order, model: $model, first: $first, after: $after) {
    edges { node { kol { name } kpis(model: $model) { sales { amount } } } }
    pageInfo { hasNextPage endCursor } } } } } }"""


def ranked(scene: Scene, metric: str, direction: str = "DESC", **variables: Any) -> list[str]:
    """Names in order, page by page of one."""
    order, names, after = {"metric": metric, "direction": direction}, list[str](), None
    while True:
        told = ask(RANKING, of=scene.partner, order=order, first=1, after=after, **variables)
        [edge] = told["campaigns"]["edges"]
        page = edge["node"]["collaborations"]
        names += [one["node"]["kol"]["name"] for one in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return names


def test_collaborations_are_ranked_by_any_number(scene: Scene) -> None:
    join(scene.campaign, kol(scene.partner, "Zoe"))
    assert ranked(scene, "SALES") == ["Mei", "Ann", "Zoe"]
    assert ranked(scene, "SALES", "ASC") == ["Zoe", "Ann", "Mei"]
    # 10 of 4 beside 20 of 10; whoever cost nothing has none, and comes last both ways.
    assert ranked(scene, "ROAS") == ["Ann", "Mei", "Zoe"]
    assert ranked(scene, "ROAS", "ASC") == ["Mei", "Ann", "Zoe"]
    assert ranked(scene, "SALES", model="FIRST")[0] == "Mei"


def test_equal_places_of_a_ranking_are_told_apart(scene: Scene) -> None:
    for number in range(3):
        join(scene.campaign, kol(scene.partner, f"k{number}"))
    for direction in ("ASC", "DESC"):
        assert sorted(ranked(scene, "SALES", direction)) == ["Ann", "Mei", "k0", "k1", "k2"]


def test_a_cursor_of_another_ranking_is_refused(scene: Scene) -> None:
    def cursor(metric: str) -> Any:
        order = {"metric": metric, "direction": "DESC"}
        [edge] = ask(RANKING, of=scene.partner, order=order, first=1)["campaigns"]["edges"]
        return edge["node"]["collaborations"]["pageInfo"]["endCursor"]

    order = {"metric": "ORDERS", "direction": "DESC"}
    assert refusal(RANKING, of=scene.partner, order=order, after=cursor("SALES")) == (
        "BAD_USER_INPUT", "after is a cursor of this list in this order.",
    )  # fmt: skip


def test_a_ranking_takes_as_many_statements_for_one_as_for_all(scene: Scene) -> None:
    order = {"metric": "ROAS", "direction": "DESC"}
    # The campaigns, who is in them, all numbers, and the rows of the page.
    assert [statements(RANKING, of=scene.partner, order=order, first=first) for first in (1, 2)] == [4, 4]


INTERVALS = """{ campaigns { edges { node { kpis {
  salesInterval { value { amount } low { amount } high { amount } n isLowData }
  roiInterval { value low high n isLowData } } } } } }"""


def test_sales_of_few_orders_are_drawn_again(scene: Scene) -> None:
    # Of 10 and 20, two are drawn: both 10 in a quarter of all cases, both 20 in another.
    told = ask(INTERVALS, of=scene.partner)["campaigns"]["edges"][0]["node"]["kpis"]
    assert told["salesInterval"] == {
        "value": {"amount": "30.00"}, "low": {"amount": "20.00"}, "high": {"amount": "40.00"}, "n": "2",
        "isLowData": True,
    }  # fmt: skip
    winter = campaign(scene.partner, "Winter", starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1))
    edges = ask(INTERVALS.replace("node {", "node { name", 1), of=scene.partner)["campaigns"]["edges"]
    by_name = {edge["node"]["name"]: edge["node"]["kpis"] for edge in edges}
    assert by_name[winter.name] == {
        "salesInterval": {
            "value": {"amount": "0.00"}, "low": None, "high": None, "n": "0", "isLowData": True,
        },
        "roiInterval": {"value": None, "low": None, "high": None, "n": "0", "isLowData": True},
    }  # fmt: skip


def test_sales_of_many_orders_have_standard_errors_and_roi_follows_them(scene: Scene) -> None:
    told = event("product_updated", minute(0), subject=None, item_id="x", cost="6.00", currency="SGD")
    assert deliver(scene.partner, [told]).rejected == 0
    for number in range(30):
        order(scene.partner, f"more-{number}", 31 + number / 10, f"v{number % 12}", "10.00")
    campaigns_changed([scene.campaign.id], partner_id=scene.partner.id, now=NOW, using="worker")
    fill(scene.partner)
    kpis = ask(INTERVALS, of=scene.partner)["campaigns"]["edges"][0]["node"]["kpis"]
    # 31 orders of 10 and one of 20: 330 +- 1.959964 x sqrt(31 x 100 + 400) = 59.1608 -> 115.9530.
    assert kpis["salesInterval"] == {
        "value": {"amount": "330.00"}, "low": {"amount": "214.047"}, "high": {"amount": "445.953"},
        "n": "32", "isLowData": False,
    }  # fmt: skip
    # Goods for 32 x 6 = 192: (330 - 192 - 20) / 20; the ends at the margin of 138 / 330.
    low, high = ((Decimal(138) * Decimal(end) / 330 - 20) / 20 for end in ("214.047", "445.953"))
    roi = kpis["roiInterval"]
    assert (roi["value"], roi["n"], roi["isLowData"]) == ("5.9", "32", False)
    assert [Decimal(roi["low"]), Decimal(roi["high"])] == [round(low, 6), round(high, 6)]


def test_an_agency_is_told_of_no_fewer_than_ten_people(scene: Scene) -> None:
    represents = agency("Bright")
    for row in (scene.mei, scene.ann):
        models.Collaboration.objects.using("worker").filter(id=row.id).update(agency=represents)
    make(
        models.AgencyGrant, partner=scene.partner, campaign=scene.campaign, agency=represents, granted_at=NOW
    )
    campaigns_changed([scene.campaign.id], partner_id=scene.partner.id, now=NOW, using="worker")
    fill(scene.partner)
    query = """{ campaigns { edges { node { budget { amount } kpis { reach buyers sales { amount } isFresh }
      collaborations { edges { node { kol { name }
        kpis { reach frequency { value } costPerReach { per } views sales { amount } suppressed }
        trend(metrics: [REACH, VIEWS], period: {from: "2026-05-27", to: "2026-05-28"}) { series { values } }
      } } } } } } }"""
    result = execute(query, actor=actor_of_agency(agency_id=represents.id, name="Bright"))
    assert result.errors is None
    [edge] = result.data["campaigns"]["edges"]
    assert edge["node"]["budget"] is None
    # What waits at the partner is the partner's: nobody is told that nothing does.
    assert edge["node"]["kpis"] == {
        "reach": "14", "buyers": None, "sales": {"amount": "30.00"}, "isFresh": None,
    }  # fmt: skip
    ann, mei = (one["node"] for one in edge["node"]["collaborations"]["edges"])
    hidden = set(ann["kpis"].pop("suppressed"))
    assert ann["kpis"] == {
        "reach": None, "frequency": None, "costPerReach": None, "views": "5", "sales": {"amount": "10.00"},
    }  # fmt: skip
    assert {"REACH", "REACH_GROSS", "FREQUENCY", "OVERLAP", "REACH_REPEATED", "BUYERS"} <= hidden
    assert hidden.isdisjoint({"VIEWS", "SALES", "COST", "ROAS", "AVERAGE_ORDER_VALUE", "ORDERS"})
    assert [series["values"] for series in ann["trend"]["series"]] == [[None], [5.0]]
    assert (mei["kpis"]["reach"], mei["trend"]["series"][0]["values"]) == ("12", [12.0])
    assert {"REACH", "FREQUENCY"}.isdisjoint(mei["kpis"]["suppressed"])
