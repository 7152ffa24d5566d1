"""docs/campaigns.md does what it says: its queries are asked of the running demo, their answers looked at."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.api.explorer import sample_queries
from tests.config.campaigns_page import BLOCKS, GLOW, PAGE, PRINTED, QUERIES, Page, by_name, money, nodes
from tests.config.up_run import Up, run

HERE = Path(__file__).read_text()
LINEN, PAYDAY = "Linen weeks", "Payday treats"
CENT = Decimal("0.01")
FORGERY = """
from commerce.connection import worker_connection
worker_connection().execute("UPDATE kol_statement SET total = total + 1 WHERE status = 'LOCKED'")
"""


@pytest.fixture(scope="module")
def page(first: Up, data_dir: Path, port: int) -> Page:
    first.wait_for("ready")
    issued = run(
        "issue_key", "--partner", "demo", "--scopes", "read,manage", "--name", "campaigns", data_dir=data_dir
    )
    return Page(address=f"http://127.0.0.1:{port}", key=issued.stdout.splitlines()[-1])


def test_every_query_of_the_page_has_a_name_and_a_test() -> None:
    assert len(QUERIES) == len(BLOCKS) == 22
    assert [name for name in QUERIES if f'"{name}"' not in HERE and name not in PRINTED] == []


@pytest.mark.parametrize("name", PRINTED)
def test_an_answer_is_as_it_is_printed(page: Page, name: str) -> None:
    assert page.ask(name, by=page.by) == PRINTED[name]


def test_a_campaign_is_found_by_a_word_of_its_name(page: Page) -> None:
    [found] = nodes(page.ask("FindCampaign")["campaigns"])
    days = date.fromisoformat(found["endsOn"]) - date.fromisoformat(found["startsOn"])
    assert (found["name"], found["isRunning"], found["payableModel"], days.days) == (
        GLOW, False, "CODE_FIRST", 28,
    )  # fmt: skip
    assert [one["name"] for one in found["agencies"]] == ["Kirana Creators", "Northlight Talent"]


def test_numbers_are_quotients_of_each_other_with_intervals_around_them(page: Page) -> None:
    told = page.of_campaign("CampaignNumbers")
    kpis, placed = told["kpis"], told["placed"]
    sales, cost = money(kpis["sales"]), money(kpis["cost"])
    assert abs(sales / cost - Decimal(kpis["roas"]["value"])) < Decimal("0.000001")
    assert money(kpis["salesInterval"]["low"]) < sales < money(kpis["salesInterval"]["high"])
    interval = kpis["roiInterval"]
    assert interval["value"] == kpis["roi"]["value"]
    assert Decimal(interval["low"]) < Decimal(interval["value"]) < Decimal(interval["high"])
    assert (interval["n"], interval["isLowData"], kpis["otherCurrencies"]) == (kpis["orders"], False, [])
    assert 0 < int(kpis["newBuyers"]) < int(kpis["buyers"]) < int(kpis["orders"])
    assert Decimal(kpis["roi"]["value"]) < sales / cost - 1  # The goods cost something too.
    assert money(placed["sales"]) > sales
    known = [int(kpis[f"ordersKnownBy{basis}"]) for basis in ("Order", "Login", "Hash")]
    assert known[0] > known[1] > 0 < known[2]


def ranking(page: Page, campaign: str) -> list[Any]:
    """Everybody of a campaign, best first, a page at a time."""
    found, after = list[Any](), None
    by = {"id": page.found(campaign)["id"]}
    while True:
        told = page.ask("Ranking", by=by, after=after)["campaign"]["collaborations"]
        found += nodes(told)
        after = told["pageInfo"]["endCursor"]
        if not told["pageInfo"]["hasNextPage"]:
            return found


@pytest.mark.parametrize(("campaign", "many"), [(GLOW, 5), (PAYDAY, 4)])
def test_dewi_pays_back_most_and_aria_least(page: Page, campaign: str, many: int) -> None:
    ranked = ranking(page, campaign)
    values = [Decimal(one["kpis"]["roi"]["value"]) for one in ranked]
    assert (len({one["id"] for one in ranked}), values) == (many, sorted(values, reverse=True))
    assert [ranked[place]["kol"]["name"] for place in (0, -1)] == ["Dewi Lestari", "Aria Chen"]
    reach = {one["kol"]["name"]: int(one["kpis"]["reach"]) for one in ranked}
    assert (max(reach, key=reach.__getitem__), min(reach, key=reach.__getitem__)) == (
        "Aria Chen", "Dewi Lestari",
    )  # fmt: skip
    assert values[0] > 3
    assert values[-1] < 0
    if campaign == GLOW:
        assert [f"({value:.2f})" in PAGE for value in (values[0], values[-1])] == [True, True]


def test_fair_shares_of_reach_sum_to_the_campaigns(page: Page) -> None:
    told = page.of_campaign("Reach")
    whole, each = told["kpis"], [one["kpis"] for one in nodes(told["collaborations"])]
    assert abs(sum(Decimal(one["reachFair"]) for one in each) - Decimal(whole["reach"])) < Decimal("0.00001")
    assert Decimal(whole["reachFair"]) == Decimal(whole["reach"])
    assert sum(int(one["reachExclusive"]) for one in each) == int(whole["reachExclusive"])
    for one in each:
        assert int(one["reachExclusive"]) <= Decimal(one["reachFair"]) <= int(one["reach"])
        assert int(one["reach"]) <= int(one["reachGross"])


def test_audiences_that_are_shared_are_hidden_where_they_are_few(page: Page) -> None:
    told = page.of_campaign("SharedAudiences")["overlap"]
    people = {one["name"]: int(one["people"]) for one in told["kols"]}
    assert sum(people.values()) == int(told["gross"]) > int(told["unique"])
    assert len(told["cells"]) == 10
    for cell in told["cells"]:
        assert cell["isSuppressed"] is (cell["people"] is None)
        if cell["people"] is not None:
            smaller = min(people[cell[side]["name"]] for side in ("first", "second"))
            assert abs(Decimal(cell["people"]) / smaller - Decimal(cell["share"])) < Decimal("0.000001")
    assert len([cell for cell in told["cells"] if cell["isSuppressed"]]) > 1


def test_eight_models_share_the_same_sales(page: Page) -> None:
    told = page.of_campaign("EightModels")["models"]
    assert [one["model"] for one in told] == [
        "FIRST", "LAST", "LINEAR", "POSITION", "TIME_DECAY", "SHAPLEY", "MARKOV", "CODE_FIRST",
    ]  # fmt: skip
    assert len({sum(money(share["sales"]) for share in one["credits"]) for one in told}) == 1
    assert {len(one["credits"]) for one in told} == {6}
    nadia = {
        one["model"]: money(share["sales"])
        for one in told
        for share in one["credits"]
        if share["member"] and share["member"]["name"] == "Nadia Wong"
    }
    assert nadia["CODE_FIRST"] > nadia["LAST"]


def test_days_of_a_campaign_are_its_sales(page: Page) -> None:
    campaign = page.found(GLOW)
    told = page.ask("DayByDay", by={"id": campaign["id"]})["campaign"]["trend"]
    assert (len(told["timestamps"]), told["grain"], told["isPartial"]) == (28, "P1D", False)
    sales, reach, cost = told["series"]
    assert [one["metric"] for one in (sales, reach, cost)] == ["SALES", "REACH", "COST"]
    assert (sales["currency"], reach["currency"]) == ("SGD", None)
    period = {"period": {"from": campaign["startsOn"], "to": campaign["endsOn"]}}
    query = """query($by: CampaignBy!, $period: PeriodInput!) {
        campaign(by: $by) { kpis(period: $period) { sales { amount } reach } } }"""
    kpis = page.data(query, by={"id": campaign["id"]}, **period)["campaign"]["kpis"]
    assert abs(sum(Decimal(str(value)) for value in sales["values"]) - money(kpis["sales"])) < CENT
    assert max(reach["values"]) < int(kpis["reach"]) < sum(reach["values"])


def test_two_campaigns_are_beside_each_other(page: Page) -> None:
    told = page.of_campaign("BesideAnotherCampaign", other={"id": page.found(LINEN)["id"]})["compare"]
    assert [one["metric"] for one in told] == ["SALES", "ROI", "REACH"]
    for one in told:
        first, second = (Decimal(one[side]["value"]) for side in ("first", "second"))
        assert abs(first - second - Decimal(one["difference"])) <= Decimal("0.000001")
        assert one["isBetter"] is (first > second)
    own = page.of_campaign("CampaignNumbers")["kpis"]
    assert Decimal(told[0]["first"]["value"]) == money(own["sales"])


def test_days_are_beside_as_many_before(page: Page) -> None:
    campaign = page.found(PAYDAY)
    begin = date.fromisoformat(campaign["startsOn"])
    days = [str(begin + timedelta(days=count)) for count in (0, 7, 14)]
    by = {"id": campaign["id"]}
    told = page.ask("BesideTheDaysBefore", by=by, period={"from": days[1], "to": days[2]})
    query = """query($by: CampaignBy!, $period: PeriodInput!) {
        campaign(by: $by) { kpis(period: $period) { sales { amount } orders reach } } }"""
    weeks = [
        page.data(query, by=by, period={"from": first, "to": last})["campaign"]["kpis"]
        for first, last in ((days[1], days[2]), (days[0], days[1]))
    ]
    for one, key in zip(told["campaign"]["compare"], ("sales", "orders", "reach"), strict=True):
        for side, week in zip(("first", "second"), weeks, strict=True):
            expected = money(week[key]) if key == "sales" else Decimal(week[key])
            assert Decimal(one[side]["value"]) == expected > 0


def test_a_code_that_was_passed_around_is_told(page: Page) -> None:
    [nadia] = nodes(page.of_campaign("Flags")["collaborations"])
    [flag] = nadia["flags"]
    evidence = flag["evidence"]
    assert (nadia["kol"]["name"], flag["kind"], evidence["threshold"]) == ("Nadia Wong", "CODE_LEAK", "0.5")
    share = Decimal(evidence["counted"]) / Decimal(evidence["among"])
    assert abs(share - Decimal(evidence["value"])) < Decimal("0.000001")
    assert share > Decimal("0.5")


def test_links_have_their_clicks_without_those_of_bots(page: Page) -> None:
    told = by_name(page.of_campaign("LinksAndCodes")["collaborations"])
    assert len(told) == 5
    for one in told.values():
        [link] = one["links"]
        kpis = one["kpis"]
        assert (link["clicks"], re.fullmatch(r"/r/\w+", link["path"]) is not None) == (
            kpis["linkClicks"],
            True,
        )
        assert int(kpis["botClicks"]) == int(kpis["linkClicks"]) // 15
        assert int(kpis["traffic"]) > 0
    [code] = told["Nadia Wong"]["codes"]
    assert (code["code"], code["isExclusive"]) == ("GLOW10", True)
    assert [name for name, one in told.items() if one["codes"]] == ["Nadia Wong"]


def test_what_a_campaign_cost_is_its_ledger_and_commissions(page: Page) -> None:
    told = page.of_campaign("TermsAndCosts")
    kpis, lines = told["kpis"], nodes(told["costs"])
    assert sum(money(line["amount"]) for line in lines) == money(kpis["ledgerCost"])
    assert money(kpis["ledgerCost"]) + money(kpis["commission"]) == money(kpis["cost"])
    assert {line["kind"] for line in lines} == {"FEE", "SAMPLES", "SHIPPING", "AGENCY"}
    [terms] = by_name(told["collaborations"])["Aria Chen"]["terms"]
    assert (terms["fixedFee"], terms["commissionRate"], terms["commissionTiers"]) == (
        {"amount": "9500.00"}, "0.05", [],
    )  # fmt: skip


def test_a_claim_is_the_commission_of_an_order_and_decided_once(page: Page) -> None:
    [campaign] = nodes(page.ask("Claims")["campaigns"])
    claims = nodes(campaign["claims"])
    assert len({one["orderNumber"] for one in claims}) == 3
    for one in claims:
        assert (one["status"], one["model"]) == ("PENDING", "LAST")
        assert money(one["amount"]) == sum(money(line["amount"]) for line in one["lines"])
        assert money(one["amount"]) == money(one["amount"]).quantize(CENT)
    told = page.ask("ApproveClaim", id=claims[0]["id"])["approveClaim"]
    assert (told["claim"]["status"], told["claim"]["decidedBy"], told["userErrors"]) == (
        "APPROVED", "campaigns", [],
    )  # fmt: skip
    again = page.ask("ApproveClaim", id=claims[0]["id"])["approveClaim"]
    assert (again["claim"], [one["code"] for one in again["userErrors"]]) == (None, ["CONFLICT"])


def test_an_order_has_one_claim(page: Page) -> None:
    query = """query($after: String) { campaigns(first: 1, filter: {search: "Glow season"}) { edges { node {
        claims(first: 100, after: $after) {
            edges { node { orderNumber } } pageInfo { endCursor hasNextPage } } } } } }"""
    orders, after = list[str](), None
    while True:
        [campaign] = nodes(page.data(query, after=after)["campaigns"])
        orders += [one["orderNumber"] for one in nodes(campaign["claims"])]
        after = campaign["claims"]["pageInfo"]["endCursor"]
        if not campaign["claims"]["pageInfo"]["hasNextPage"]:
            break
    assert len(orders) == len(set(orders)) > 300


def test_statements_are_paid_locked_and_estimated(page: Page) -> None:
    told = nodes(page.ask("Statements", campaign=page.by["id"])["statements"])
    states = [one["status"] for one in told]
    assert [states.count(state) for state in ("PAID", "LOCKED", "ESTIMATED")] == [2, 3, 5]
    assert [one["paymentReference"] is not None for one in told] == [state == "PAID" for state in states]
    assert [one["lockedAt"] is None for one in told] == [state == "ESTIMATED" for state in states]
    assert [money(one["total"]) for one in told if one["status"] != "ESTIMATED"] != []


def test_a_late_refund_is_on_the_statement_after_the_locked_one(page: Page) -> None:
    identity = page.by["id"]
    estimates = nodes(page.ask("LateRefund", campaign=identity)["statements"])
    [(line, owner)] = [
        (line, one["collaborationId"])
        for one in estimates
        for line in nodes(one["lines"])
        if line["kind"] == "REFUND"
    ]
    claim = page.data(
        """query($id: ID!) { node(id: $id) { ... on Claim { amount { amount } lines { kind statementId
        amount { amount } } } } }""",
        id=line["claimId"],
    )["node"]
    sale, refund = claim["lines"]
    assert (sale["kind"], refund["kind"], claim["amount"]) == ("SALE", "REFUND", {"amount": "0.00"})
    assert money(sale["amount"]) == -money(line["amount"]) > 0
    statements = {one["id"]: one for one in nodes(page.ask("Statements", campaign=identity)["statements"])}
    before, after = statements[sale["statementId"]], statements[refund["statementId"]]
    assert (before["status"], after["status"]) == ("LOCKED", "ESTIMATED")
    assert before["endsOn"] == after["startsOn"]
    assert {before["collaborationId"], after["collaborationId"]} == {owner}
    assert datetime.fromisoformat(line["occurredAt"]) < datetime.fromisoformat(before["lockedAt"])


def test_the_database_itself_refuses_to_change_a_locked_statement(page: Page, data_dir: Path) -> None:
    before = nodes(page.ask("Statements", campaign=page.by["id"])["statements"])
    forged = run("shell", "-c", FORGERY, data_dir=data_dir)
    assert forged.returncode != 0
    assert "statement" in forged.stderr.splitlines()[-1]
    after = nodes(page.ask("Statements", campaign=page.by["id"])["statements"])
    assert [one for one in after if one["lockedAt"]] == [one for one in before if one["lockedAt"]]


def test_an_agency_sees_its_own_kols_and_nothing_of_few(page: Page, data_dir: Path) -> None:
    issued = run("issue_agency_key", "--agency", "kirana", "--name", "a page", data_dir=data_dir)
    agency = Page(address=page.address, key=issued.stdout.splitlines()[-1])
    told = agency.ask("AsAnAgency")
    seen = {one["name"]: one for one in nodes(told["campaigns"])}
    assert [sorted(by_name(seen[name]["collaborations"])) for name in (GLOW, PAYDAY)] == [
        ["Dewi Lestari", "Nadia Wong"],
        ["Dewi Lestari", "Siti Rahim"],
    ]
    assert LINEN not in seen  # Siti is in it, but her agency was not granted it.
    assert nodes(told["liveSessions"]) == []
    for one in (seen[GLOW], seen[PAYDAY]):
        parts = [money(part["kpis"]["sales"]) for part in nodes(one["collaborations"])]
        assert (one["budget"], sum(parts)) == (None, money(one["kpis"]["sales"]))
    for kpis in (one["kpis"] for one in seen.values()):
        assert (kpis["newBuyers"] is None) is ("NEW_BUYERS" in kpis["suppressed"])
    campaign, query = (
        seen[GLOW]["name"],
        """query($day: PeriodInput!) {
        campaigns(first: 1, filter: {search: "Glow season"}) { edges { node { kpis(period: $day) {
            reach buyers costPerReach { per } suppressed } } } } }""",
    )
    start = date.fromisoformat(page.found(campaign)["startsOn"])
    # A day without any session: nobody was reached, and not even that is told.
    day = {"from": str(start + timedelta(days=1)), "to": str(start + timedelta(days=2))}
    [quiet] = nodes(agency.data(query, day=day)["campaigns"])
    assert [quiet["kpis"][key] for key in ("reach", "buyers", "costPerReach")] == [None] * 3
    assert {"REACH", "BUYERS", "COST_PER_REACH"} <= set(quiet["kpis"]["suppressed"])
    [own] = nodes(page.data(query, day=day)["campaigns"])
    assert (own["kpis"]["reach"], own["kpis"]["suppressed"]) == ("0", [])


def test_a_kol_is_seen_over_all_campaigns(page: Page) -> None:
    [kol] = nodes(page.ask("Kol")["kols"])
    assert (kol["name"], kol["country"], [one["handle"] for one in kol["accounts"]]) == (
        "Dewi Lestari", "ID", ["dewi.wears"],
    )  # fmt: skip
    parts = nodes(kol["collaborations"])
    assert {one["campaign"]["name"] for one in parts} >= {GLOW, PAYDAY}
    for key in ("sales", "cost"):
        assert sum(money(one["kpis"][key]) for one in parts) == money(kol["kpis"][key])


def test_a_campaign_is_set_up_in_three_requests(page: Page) -> None:
    [kol] = nodes(page.data('{ kols(search: "nadiawong") { edges { node { id } } } }')["kols"])
    [live] = nodes(page.data("{ liveSessions(first: 1) { edges { node { id title } } } }")["liveSessions"])
    begin = date.today() + timedelta(days=40)
    days = {"startsOn": str(begin), "endsOn": str(begin + timedelta(days=14))}
    told = page.ask("Begin", **days)["createCampaign"]
    campaign = told["campaign"]
    assert (told["userErrors"], campaign["budget"]) == ([], {"amount": "4000.00", "currency": "SGD"})
    assert (campaign["clickWindow"], campaign["viewWindow"]) == ("P7D", "P1D")
    told = page.ask("TakeIn", campaign=campaign["id"], kol=kol["id"])["addCollaboration"]
    made = told["collaboration"]
    assert (told["userErrors"], made["agency"]["name"]) == ([], "Kirana Creators")
    [terms] = made["terms"]
    assert (terms["validFrom"], len(terms["commissionTiers"])) == (days["startsOn"], 2)
    again = page.ask("TakeIn", campaign=campaign["id"], kol=kol["id"])["addCollaboration"]
    assert (again["collaboration"], [one["code"] for one in again["userErrors"]]) == (None, ["CONFLICT"])
    told = page.ask("Arrange", campaign=campaign["id"], collaboration=made["id"], session=live["id"])
    assert [one["userErrors"] for one in told.values()] == [[]] * 4
    [appearance] = told["setAppearance"]["collaboration"]["appearances"]
    assert appearance == {"title": live["title"], "role": "GUEST", "onScreen": "PT25M"}
    link = told["createTrackingLink"]["trackingLink"]
    assert link["destination"].startswith("https://shop.mira-moss.example/")
    assert (link["utmMedium"], link["path"][:3]) == ("influencer", "/r/")
    assert told["createPromoCode"]["collaboration"]["codes"] == [{"code": "PREVIEW15", "isExclusive": True}]
    assert told["grantAgency"]["campaign"]["agencies"] == [{"name": "Kirana Creators"}]


def test_a_roster_is_looked_at_before_it_is_taken(page: Page) -> None:
    told = page.ask("Roster")["importRoster"]
    seen = told["import"]
    assert (told["userErrors"], seen["isDone"], seen["new"], seen["refused"]) == ([], False, "1", "1")
    assert [(row["line"], row["status"], row["name"]) for row in seen["rows"]] == [
        ("2", "SAME", "Dewi Lestari"),
        ("3", "NEW", "Mina Seo"),
        ("4", "REFUSED", "Nobody"),
    ]
    assert {one["column"] for one in seen["rows"][2]["errors"]} == {"platform", "handle"}
    assert page.data('{ kols(search: "Mina") { edges { node { id } } } }')["kols"]["edges"] == []


def test_the_sample_tab_of_the_explorer_ranks_a_campaign(page: Page) -> None:
    [campaign] = nodes(page.data(sample_queries()["campaign"])["campaigns"])
    ranked = [Decimal(one["kpis"]["roi"]["value"]) for one in nodes(campaign["collaborations"])]
    assert (campaign["name"], len(ranked), ranked) == (PAYDAY, 4, sorted(ranked, reverse=True))
