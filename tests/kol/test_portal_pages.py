"""The portal as a browser shows it: the API's numbers, in five languages, for everybody, and nothing else."""

import csv
import io
import json
from decimal import Decimal
from typing import Final
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from analytics.graphql.pages import node_id
from commerce.models import new_id
from kol.access import issue_agency_key
from kol.portal.words import catalogue
from tests.config.push_run import Server
from tests.factories import NOW
from tests.kol.portal_run import Visit, ask, visiting
from tests.kol.portal_world import FORMULA, LISTED, PASSWORD, SMALL, World

WORDS: Final = catalogue("en")
MODELS: Final = ("FIRST", "LAST", "LINEAR", "POSITION", "TIME_DECAY", "SHAPLEY", "MARKOV", "CODE_FIRST")
METRICS: Final = {
    "Reach": "REACH", "Engagement": "ENGAGEMENT_RATE", "Traffic": "TRAFFIC", "Orders": "ORDERS",
    "Sales": "SALES", "Cost": "COST", "ROAS": "ROAS", "ROI": "ROI",
}  # fmt: skip
RANKING: Final = """query ($id: ID!, $metric: CampaignMetric!, $direction: Direction!,
    $model: AttributionModel!, $basis: SalesBasis!) { campaign(by: {id: $id}) {
    collaborations(orderBy: {metric: $metric, direction: $direction}, model: $model, basis: $basis, first: 15)
    { edges { node { kol { name } kpis(model: $model, basis: $basis) { sales { amount } } } } } } }"""
HIDDEN: Final = WORDS["withheld"]
DASH: Final = "\N{EN DASH}"
FAILED: Final = "Failed to load resource"
DAYS_FROM: Final = "2026-05-28"


@pytest.fixture(scope="module")
def key(world: World) -> str:
    """A key of the agency `north`."""
    return issue_agency_key(agency_id=world.north.pk, name="a key", now=NOW)[0]


def ranked(visit: Visit) -> list[str]:
    return visit.texts("#part-ranking tbody th a")


# -- who one is ----------------------------------------------------------------------------------


def test_somebody_signs_in_looks_and_signs_out(browser: Browser, server: Server, world: World) -> None:
    name = world.person(world.north, name=f"north-{new_id().hex[-12:]}")
    with visiting(browser, server, expected=(FAILED,)) as visit:
        page = visit.open("/portal/?search=Summ")
        assert visit.path() == "/portal/sign-in/?next=%2Fportal%2F%3Fsearch%3DSumm"
        page.fill("#username", name)
        page.fill("#password", "wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text(WORDS["wrong_password"])
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/portal/?search=Summ")
        visit.settle()
        assert visit.texts("tbody th a") == ["Summer"]
        cookies = {one["name"]: one for one in visit.context.cookies()}
        session = cookies[settings.SESSION_COOKIE_NAME]
        assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")
        told = f"sessionid={session['value']}; csrftoken={cookies['csrftoken']['value']}"
        token = page.evaluate("JSON.parse(document.getElementById('setup').textContent).csrf")
        assert _by_cookie(server, told, token) == 200
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/portal/sign-in/")
        assert _by_cookie(server, told, token) == 401


def _by_cookie(server: Server, cookie: str, token: str) -> int:
    """The status the API answers with."""
    address = server.url.removesuffix("/graphql/")
    headers = {"Cookie": cookie, "X-CSRFToken": token, "Origin": address, "Content-Type": "application/json"}
    body = json.dumps({"query": "{ me { name } }"}).encode()
    try:
        with build_opener(ProxyHandler({})).open(Request(server.url, body, headers), timeout=30) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def test_each_sees_what_is_shared_with_it_and_nothing_else(
    browser: Browser, server: Server, world: World
) -> None:
    people = {
        "north": world.person(world.north), "kirana": world.person(world.kirana),
        "guest": world.person(world.summer), "brand": world.person(world.brand),
    }  # fmt: skip
    seen = {}
    for name, username in people.items():
        with visiting(browser, server, username) as visit:
            visit.open("/portal/")
            listed = {"Summer", "Only Kirana"} & set(visit.texts("tbody th a"))
            told = visit.answers()
            visit.open(world.page_of(world.summer))
            names = {"Mei", "Bea"} & set(ranked(visit))
            told += visit.answers()
            seen[name] = (listed, names, {one for one in ("Mei", "Bea") if one in told})
            foreign = {"north": world.bea.kol, "kirana": world.mei.kol}.get(name)
            if foreign is not None:
                visit.open(world.page_of(foreign))
                assert visit.texts("h1") == [WORDS["absent_title"]]
    both = {"Mei", "Bea"}
    assert seen == {
        "north": ({"Summer"}, {"Mei"}, {"Mei"}),
        "kirana": ({"Summer", "Only Kirana"}, {"Bea"}, {"Bea"}),
        "guest": ({"Summer"}, both, both),
        "brand": ({"Summer", "Only Kirana"}, both, both),
    }


# -- campaigns -----------------------------------------------------------------------------------


def test_campaigns_are_listed_searched_and_paged(visit: Visit) -> None:
    page = visit.open("/portal/")
    first = ["Season 20", "Summer", *(f"Season {number:02}" for number in range(LISTED - 1, 1, -1))]
    assert visit.texts("tbody th a") == first
    summer = visit.table("main")[2]
    assert summer == [
        "SummerBrand One",
        f"20 May 2026 {DASH} 9 Jun 2026Finished",
        "48",
        "SGD 58.00",
        "SGD 25.80",
        "2.25",
        DASH,
    ]
    assert visit.table("main")[1][1].endswith("Running")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("tbody th a")).to_have_text([*first, "Season 01"])
    page.fill("#search", "season 0")
    expect(page.locator("tbody th a")).to_have_text([f"Season {number:02}" for number in range(9, 0, -1)])
    page.reload()
    visit.settle()
    assert (page.input_value("#search"), len(visit.texts("tbody th a"))) == ("season 0", 9)
    page.fill("#search", "nothing of the kind")
    expect(page.locator("main h2")).to_have_text(WORDS["nothing_found_title"])


# -- a campaign ----------------------------------------------------------------------------------


def test_tiles_say_what_the_api_says(visit: Visit, world: World) -> None:
    page = visit.open(world.page_of(world.summer))
    assert visit.tiles() == {
        "reach": "48", "engagementRate": "25%", "traffic": "13", "orders": "3", "sales": "SGD 58.00",
        "cost": "SGD 25.80", "roas": "2.25", "roi": DASH,
    }  # fmt: skip
    assert page.locator(".tile[data-kpi=roi] .unknown").get_attribute("title") == WORDS["missing_costs"]
    visit.choose("basis", "PLACED")
    assert visit.tiles()["sales"] == "SGD 62.00"
    page.fill("#from", DAYS_FROM)
    visit.settle()
    expect(page.locator(".tile[data-kpi=sales] dd")).to_contain_text("SGD 30.00")
    assert visit.tiles()["reach"] == "24"
    assert visit.path().endswith(f"?basis=PLACED&from={DAYS_FROM}")
    page.fill("#to", "2026-05-27")
    visit.settle()
    assert (page.input_value("#from"), page.input_value("#to")) == ("2026-05-27", "2026-05-27")
    assert visit.tiles()["sales"] == "SGD 32.00"
    page.get_by_role("button", name=WORDS["whole_campaign"]).click()
    visit.settle()
    assert visit.tiles()["sales"] == "SGD 62.00"


@pytest.mark.parametrize(("model", "basis"), [("FIRST", "NET"), ("LINEAR", "PAID")])
def test_the_model_and_what_counts_as_sales_change_the_ranking_to_the_apis(
    visit: Visit, server: Server, key: str, world: World, model: str, basis: str
) -> None:
    visit.open(world.page_of(world.summer))
    before = visit.table("#part-ranking")
    visit.choose("model", model)
    visit.choose("basis", basis)
    rows = visit.table("#part-ranking")[1:]
    place = list(METRICS).index("Sales") + 1
    told = ask(
        server, key, RANKING, id=node_id("C", world.summer.pk), metric="SALES", direction="DESC", model=model,
        basis=basis,
    )  # fmt: skip
    nodes = [edge["node"] for edge in told["campaign"]["collaborations"]["edges"]]
    assert ranked(visit) == [node["kol"]["name"] for node in nodes]
    amounts = [f"SGD {node['kpis']['sales']['amount']}" for node in nodes]
    assert [row[place].startswith(amount) for row, amount in zip(rows, amounts, strict=True)] == [True] * 15
    assert rows != before[1:]


def test_the_ranking_is_sorted_by_each_column_and_the_focus_stays(
    visit: Visit, server: Server, key: str, world: World
) -> None:
    page = visit.open(world.page_of(world.summer))
    assert page.locator("#part-ranking th[aria-sort]").all_inner_texts() == ["Sales"]
    for label, metric in METRICS.items():
        for direction in ("DESC", "ASC"):
            button = page.locator("#part-ranking").get_by_role("button", name=label, exact=True)
            button.focus()
            page.keyboard.press("Enter")
            way = "ascending" if direction == "ASC" else "descending"
            head = page.locator(f"#part-ranking th[aria-sort={way}]")
            expect(head).to_have_text(label)
            visit.settle()
            told = ask(
                server, key, RANKING, id=node_id("C", world.summer.pk), metric=metric, direction=direction,
                model="LAST", basis="NET",
            )  # fmt: skip
            names = [edge["node"]["kol"]["name"] for edge in told["campaign"]["collaborations"]["edges"]]
            assert (ranked(visit), page.locator("#part-ranking th[aria-sort]").count()) == (names, 1)
            assert page.evaluate("document.activeElement.closest('th')?.dataset.key") == metric


def test_kols_are_searched_paged_and_taken_away_as_text(visit: Visit, world: World) -> None:
    page = visit.open(world.page_of(world.summer))
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#part-ranking tbody tr")).to_have_count(3 + SMALL)
    page.locator("#part-ranking #search").fill("small")
    expect(page.locator("#part-ranking tbody tr")).to_have_count(SMALL)
    page.locator("#part-ranking #search").fill("cmd")
    expect(page.locator("#part-ranking tbody tr")).to_have_count(1)
    name, content = visit.download("text=Download CSV")
    assert name == "Summer.csv"
    assert content.decode() == (
        "\ufeffKOL,Agency,Reach,Engagement,Traffic,Orders,Sales,Cost,ROAS,ROI\r\n"
        f"'{FORMULA},Northlight,22,,,1,12.00,7.20,1.666667,\r\n"
    )
    page.locator("#part-ranking #search").fill("mei")
    expect(page.locator("#part-ranking tbody th a")).to_have_text("Mei")
    [row] = csv.reader(io.StringIO(visit.download("text=Download CSV")[1].decode().split("\r\n", 1)[1]))
    assert row == ["Mei", "Northlight", "25", "0.48", "13", "1", "16.00", "11.60", "1.37931", "0.034483"]


def test_days_are_drawn_and_stand_in_a_table_with_the_same_numbers(
    visit: Visit, server: Server, key: str, world: World
) -> None:
    page = visit.open(world.page_of(world.summer))
    count, has_line = visit.drawn("15,118,110")
    assert (count > 2_000, has_line) == (True, True)
    button = page.get_by_role("button", name=WORDS["show_table"])
    button.click()
    rows = visit.table("#part-trend")
    assert rows[0] == ["Day", "Sales", "Reach"]
    known = {row[0]: row[1:] for row in rows[1:]}
    assert (known["27 May 2026"], known["28 May 2026"]) == (["SGD 28", "36"], ["SGD 30", "24"])
    assert (len(known), known["20 May 2026"]) == (21, ["SGD 0", DASH])
    expect(page.get_by_role("button", name=WORDS["hide_table"])).to_have_attribute("aria-expanded", "true")


def test_shared_audiences_and_all_models_stand_side_by_side(visit: Visit, world: World) -> None:
    visit.open(world.page_of(world.summer))
    head, *rows = visit.table("#part-overlap")
    cells = {(row[0], name): cell for row in rows for name, cell in zip(head[1:], row[1:], strict=True)}
    pairs = (("Ann", "Mei"), ("Mei", "Ann"), ("Mei", "Mei"), ("Ann", "Ann"))
    assert {pair: cells[pair] for pair in pairs} == {
        ("Ann", "Mei"): "1250%", ("Mei", "Ann"): "1250%", ("Mei", "Mei"): "25", ("Ann", "Ann"): "24",
    }  # fmt: skip
    assert (cells["Mei", FORMULA], head[1:]) == (HIDDEN, [FORMULA, "Ann", "Mei"])
    head, *rows = visit.table("#part-models")
    assert head == [WORDS["kol"], *(WORDS[f"model_{model}"] for model in MODELS)]
    told = {row[0]: row[1:] for row in rows}
    by_model = {name: told[name] for name in ("Mei", "Ann")}
    assert {name: (row[0], row[1], row[2]) for name, row in by_model.items()} == {
        "Mei": ("SGD 46.00", "SGD 16.00", "SGD 31.00"), "Ann": ("SGD 0.00", "SGD 30.00", "SGD 15.00"),
    }  # fmt: skip
    sums = [sum(Decimal(row[1 + place].removeprefix("SGD ")) for row in rows) for place in range(len(MODELS))]
    assert len(set(sums)) == 1


def test_statements_are_taken_away_as_files(visit: Visit, world: World) -> None:
    page = visit.open(world.page_of(world.summer))
    place = "#part-statements"
    assert visit.table(place)[1][:4] == ["Mei", f"1 May 2026 {DASH} 31 May 2026", "Estimated", "SGD 1.60"]
    name, content = visit.download(f"{place} button:text-is('XLSX')")
    assert (name, content[:4]) == ("statement.xlsx", b"PK\x03\x04")
    name, content = visit.download(f"{place} button:text-is('PDF')")
    assert (name, content[:5]) == ("statement.pdf", b"%PDF-")
    page.locator(f"{place} button:text-is('CSV')").click()
    expect(page.locator(f"{place} .files a")).to_have_text(["statement.csv", "lines.csv"])
    lines = list(
        csv.DictReader(io.StringIO(visit.download(f"{place} .files a:text-is('lines.csv')")[1].decode()))
    )
    assert [(line["order"], line["kind"], line["amount"]) for line in lines] == [
        ("o-mei", "SALE", "1.6000"),
    ]  # fmt: skip


# -- a KOL ---------------------------------------------------------------------------------------


def test_a_kol_is_shown_with_links_codes_and_what_is_worth_a_look(visit: Visit, world: World) -> None:
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open(world.page_of(world.mei.kol))
    visit.settle()
    assert page.locator("h1").inner_text() == "Mei"
    assert visit.texts(".meta span")[0].endswith(" · 16,000 followers")
    [row] = visit.table("[aria-labelledby=h-collaborations]")[1:]
    assert row == ["SummerBrand One", "25", "48%", "13", "1", "SGD 16.00", "SGD 11.60", "1.38", "3.4%"]
    [flag] = visit.texts(".flags li")
    assert flag == f"{WORDS['flag_FOLLOWER_JUMP']} 6,000 of 10,000, since 21 May 2026 in Summer"
    assert visit.texts("[aria-labelledby=h-codes] .badge") == ["MEI10"]
    path = f"/r/{world.link.code}"
    [link] = visit.table("[aria-labelledby=h-links]")[1:]
    assert (link[0], link[2:4]) == (f"{visit.address}{path}in Summer", ["https://shop.test/mei", HIDDEN])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied", exact=True).first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{visit.address}{path}"
    image = page.locator("img.qr")
    image.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('img.qr').naturalWidth > 0")
    assert image.get_attribute("alt") == f"QR code of {visit.address}{path}"
    visit.choose("model", "FIRST")
    assert visit.table("[aria-labelledby=h-collaborations]")[1][5] == "SGD 46.00"
    expect(page.locator("#model")).to_be_focused()
    assert len(visit.table("[aria-labelledby=h-links]")) == 2
