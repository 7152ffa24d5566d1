"""docs/sessions.md does what it says: its queries are asked of the running demo, their answers looked at."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from config.api.explorer import sample_queries
from config.local.process import wait_until
from tests.config.demo_page import Demo
from tests.config.up_run import PROJECT, Up, run

PAGE = (PROJECT / "docs" / "sessions.md").read_text()
BLOCKS = re.findall(r"^```graphql\n(.*?)^```$(?:\n\n```json\n(.*?)^```$)?", PAGE, re.MULTILINE | re.DOTALL)
QUERIES = {re.split(r"\W+", query, maxsplit=2)[1]: query for query, _ in BLOCKS}
PRINTED = {name: json.loads(answer) for name, (_, answer) in zip(QUERIES, BLOCKS, strict=True) if answer}
HERE = Path(__file__).read_text()
INSTANT = timedelta(microseconds=1)


class Page(Demo):
    """The demo, asked what the page asks."""

    def ask(self, name: str, **variables: Any) -> Any:
        """The data a query of the page is answered with."""
        return self.data(QUERIES[name], **variables)

    def of_session(self, name: str, **variables: Any) -> Any:
        """The same, about the session the page is about."""
        return self.ask(name, by=self.by, **variables)["liveSession"]

    def of_first(self, name: str) -> Any:
        """The same, for a query that looks for its session."""
        [edge] = self.ask(name)["liveSessions"]["edges"]
        return edge["node"]

    @property
    def by(self) -> dict[str, str]:
        """Which session the page is about."""
        return {"id": self.of_first("Find")["id"]}


@pytest.fixture(scope="module")
def page(first: Up, data_dir: Path, port: int) -> Page:
    first.wait_for("ready")
    issued = run(
        "issue_key", "--partner", "demo", "--scopes", "read,read:audience,manage", "--name", "up",
        data_dir=data_dir,
    )  # fmt: skip
    return Page(address=f"http://127.0.0.1:{port}", key=issued.stdout.splitlines()[-1])


def numbers(rows: Any, field: str) -> list[Decimal]:
    return [Decimal(row[field]) for row in rows]


def test_every_query_of_the_page_has_a_name_and_a_test() -> None:
    assert len(QUERIES) == len(BLOCKS) > 30
    assert [name for name in QUERIES if f'"{name}"' not in HERE and name not in PRINTED] == []


@pytest.mark.parametrize("name", PRINTED)
def test_an_answer_is_as_it_is_printed(page: Page, name: str) -> None:
    assert page.ask(name, by=page.by) == PRINTED[name]


def test_the_session_is_found_by_a_word_of_its_title(page: Page) -> None:
    found = page.of_first("Find")
    assert (found["title"], found["status"]) == ("Linen week, styled three ways", "ENDED")


def test_moments_add_up_to_the_conversion_of_the_session(page: Page) -> None:
    session = page.of_session("Moments")
    moments, whole = session["showings"], session["kpis"]["productMomentConversion"]
    assert [one["number"] for one in moments] == [str(place) for place in range(1, len(moments) + 1)]
    told = [one["kpis"] for one in moments]
    counted = [sum(numbers(told, "momentBuyers")), sum(numbers(told, "momentViewers"))]
    assert counted == [Decimal(whole["numerator"]), Decimal(whole["denominator"])] == [16, 715]
    assert f"{whole['numerator']} of {whole['denominator']}" in PAGE


def test_viewers_stayed_and_did_not_buy(page: Page) -> None:
    viewers = page.of_session("ViewersWhoDidNotBuy")["viewers"]
    found = [edge["node"] for edge in viewers["edges"]]
    assert (len(found), viewers["pageInfo"]["hasNextPage"]) == (3, True)
    assert [(one["boughtAt"], one["orderExternalId"]) for one in found] == [(None, None)] * 3
    assert len({one["leftAt"] for one in found}) == 1
    assert {one["source"] for one in found} <= {"direct", "email", "instagram", "google"}


def test_the_five_are_five_with_intervals_and_benchmarks(page: Page) -> None:
    five = page.of_session("TheFive")["five"]
    rate = five[0]
    assert len(five) == 5
    assert (rate["numerator"], rate["denominator"], rate["provenance"]) == ("45", "223", "MEASURED")
    assert Decimal(rate["low"]) < Decimal(rate["value"]) < Decimal(rate["high"])
    assert [level["name"] for level in rate["benchmarkLevels"]][-1] == "at the top"
    assert [one["label"] for one in five if (one["value"] is None) is (one["reason"] is None)] == []


def test_the_trend_peaks_where_the_numbers_do_and_names_what_was_shown(page: Page) -> None:
    told = page.of_session("Trend")
    trend, markers = told["trend"], told["markers"]
    viewers, sales = (series["values"] for series in trend["series"])
    assert len(viewers) == len(sales) == len(trend["timestamps"]) == 61
    assert trend["isPartial"] is False
    assert 55 <= max(viewers) <= 63
    shown = [one for one in markers if one["kind"] == "PRODUCT_FEATURED"]
    moments = page.of_session("Moments")["showings"]
    # A product that comes straight back is shown again, in the same moment.
    assert len(shown) == len(moments) + 1
    assert {one["productName"] for one in shown} == {one["product"]["name"] for one in moments}
    assert [one["offset"] for one in markers] == sorted(one["offset"] for one in markers)
    assert all(one["replayUrl"].endswith(f"#t={one['offset']}") for one in markers)


def test_sources_of_traffic_own_every_viewer_once(page: Page) -> None:
    told = page.of_session("Traffic")
    assert sum(numbers(told["traffic"], "viewers")) == Decimal(told["kpis"]["viewers"])
    ways = {(one["source"], one["subSource"]): one["isPaid"] for one in told["traffic"] if one["subSource"]}
    assert (ways["instagram", "ads"], ways["instagram", "story_link"], len(ways)) == (True, False, 7)


def test_groups_of_few_are_hidden_and_never_one_alone(page: Page) -> None:
    audience = page.of_session("Audience")["audience"]
    assert (audience["people"], len(audience["breakdowns"])) == ("223", 5)
    for breakdown in audience["breakdowns"]:
        hidden = [cell for cell in breakdown["cells"] if cell["isSuppressed"]]
        assert {cell["people"] for cell in hidden} <= {None}
        assert len(hidden) != 1
    assert any(cell["isSuppressed"] for breakdown in audience["breakdowns"] for cell in breakdown["cells"])


def test_a_violation_is_appealed_once(page: Page) -> None:
    [violation] = page.of_first("Violations")["violations"]
    assert (violation["state"], violation["severity"], violation["appeal"]) == ("OPEN", "WARNING", None)
    told = page.ask("Appeal", id=violation["id"])["appealViolation"]
    assert (told["violation"]["state"], told["violation"]["appeal"]["appealedBy"]) == ("APPEALED", "up")
    again = page.ask("Appeal", id=violation["id"])["appealViolation"]
    assert (again["violation"], [one["code"] for one in again["userErrors"]]) == (None, ["CONFLICT"])
    [violation] = page.of_first("Violations")["violations"]
    assert violation["state"] == "APPEALED"


def test_giveaways_have_an_uplift_of_nine_sessions_and_none_at_random(page: Page) -> None:
    [giveaway] = page.of_first("Giveaways")["giveaways"]
    assert giveaway["label"].startswith("Comment to win: ")
    assert giveaway["endedOffset"] > giveaway["offset"]
    told = {(one["sessions"], one["isCausal"], one["reason"]) for one in giveaway["uplift"]}
    assert told == {("9", False, None)}
    assert len({(one["window"], one["metric"]) for one in giveaway["uplift"]}) == 8
    for one in giveaway["uplift"]:
        assert Decimal(one["low"]) < Decimal(one["ratio"]) < Decimal(one["high"])
    assert {one["reason"] for one in giveaway["atRandom"]} == {"NOT_ENOUGH_DATA"}


def test_a_scorecard_has_the_numbers_of_a_saved_selection_in_its_order(page: Page) -> None:
    [selection] = page.ask("Selections")["metricSelections"]
    assert (selection["name"], selection["owner"]) == ("Monday meeting", "up")
    rows = page.of_session("Scorecard", selection=selection["id"])["scorecard"]
    assert [row["metric"] for row in rows] == selection["metrics"]
    assert [Decimal(row["value"]) - Decimal(row["ownMedian"]) for row in rows] == numbers(rows, "delta")
    assert [row["isWorst"] for row in rows].count(True) <= 1
    assert (rows[0]["value"], rows[0]["status"]) == ("0.201794", "GOOD")


def test_a_comparison_is_the_difference_with_its_interval(page: Page) -> None:
    other = {"id": page.ask("MergeProposals")["mergeProposals"][0]["liveSessions"][0]["id"]}
    rate, value = page.of_session("BesideAnother", other=other)["compare"]
    assert rate["first"]["value"] == "0.201794"
    for one in (rate, value):
        apart = Decimal(one["first"]["value"]) - Decimal(one["second"]["value"])
        assert abs(apart - Decimal(one["difference"])) <= Decimal("0.000001")
    assert Decimal(rate["low"]) < Decimal(rate["difference"]) < Decimal(rate["high"])


def test_a_period_is_compared_with_an_earlier_one(page: Page) -> None:
    day = datetime.fromisoformat(page.of_first("Find")["startedAt"]).date()
    first = {"from": str(day - timedelta(days=6)), "to": str(day + timedelta(days=8))}
    second = {"from": str(day - timedelta(days=20)), "to": str(day - timedelta(days=6))}
    viewers, rate = page.ask("BesideAnEarlierPeriod", first=first, second=second)["compareSessions"]
    apart = Decimal(viewers["first"]["value"]) - Decimal(viewers["second"]["value"])
    assert (Decimal(viewers["difference"]), viewers["isBetter"]) == (apart, apart > 0)
    assert Decimal(rate["low"]) < Decimal(rate["difference"]) < Decimal(rate["high"])


def test_a_live_session_is_advised(page: Page) -> None:
    def is_advised() -> bool:
        told = page.of_first("WhatToDoNow")
        return bool(told["recommendations"] and told["talkingPoints"] and told["alerts"])

    # A host shows nothing for a minute now and then: who is advised then has nothing to say.
    assert wait_until(is_advised, seconds=150, every=1)
    told = page.of_first("WhatToDoNow")
    pins = told["recommendations"]
    assert [one["rank"] for one in pins] == [str(place) for place in range(1, len(pins) + 1)]
    for one in pins:
        low, expected, high = (Decimal(one[f"{name}Sales"]["amount"]) for name in ("low", "expected", "high"))
        assert low <= expected <= high
        assert 0 < one["propensity"] <= 1
    assert {one["state"] for one in pins} == {"OPEN"}
    assert "PRICE" in {point["kind"] for talk in told["talkingPoints"] for point in talk["points"]}
    assert {one["kind"] for one in told["alerts"]} & {"LOW_STOCK", "GIVEAWAY"}


def test_the_next_session_leads_with_what_sells_most_a_viewer(page: Page) -> None:
    told = page.ask("NextSession")["nextSession"]
    worth = numbers(told["leadWith"], "expectedSalesPerViewer")
    assert (len(worth), worth) == (3, sorted(worth, reverse=True))
    for lead in told["leadWith"]:
        assert lead["conversion"]["low"] < lead["conversion"]["value"] < lead["conversion"]["high"]
    peaks = [slot["medianPeakViewers"] for slot in told["bestSlots"]]
    assert (len(peaks) >= 3, peaks) == (True, sorted(peaks, reverse=True))


def test_questions_are_asked_in_five_languages(page: Page) -> None:
    query = """{ liveSessions(first: 40) { edges { node {
        comments(first: 20, questionsOnly: true) { edges { node { language } } } } } } }"""
    sessions = page.data(query)["liveSessions"]["edges"]
    asked = [edge["node"]["language"] for one in sessions for edge in one["node"]["comments"]["edges"]]
    assert {"en", "th", "ms", "ko", "id"} <= set(asked)


def test_the_replay_has_trend_markers_and_comments_of_the_same_minutes(page: Page) -> None:
    told = page.of_session("Replay")
    replay = told["replay"]
    assert (replay["url"], replay["offsets"]) == (told["replayAt"], [600, 660, 720, 780, 840])
    assert [len(series["values"]) for series in replay["trend"]["series"]] == [5, 5]
    said = [edge["node"] for edge in replay["comments"]["edges"]]
    assert sum(replay["trend"]["series"][1]["values"]) == len(said)
    assert all(600 <= one["offset"] < 900 for one in said)
    asked = PRINTED["Questions"]["liveSession"]["comments"]["edges"][1]["node"]
    assert (asked["offset"], asked["text"]) in [(one["offset"], one["text"]) for one in said]
    shown = [one["productName"] for one in replay["markers"]]
    assert shown == ["Bright Eyes Patch, 60 pcs", "Travel Ritual Set"]


def test_targets_say_how_near_the_session_came(page: Page) -> None:
    told = page.of_first("Targets")
    rate, value = told["targets"]
    assert [(one["kind"], one["value"], one["owner"]) for one in (rate, value)] == [
        ("ABSOLUTE", "0.18", "Celine Tan"),
        ("RELATIVE_CHANGE", "0.1", "Celine Tan"),
    ]
    for one in (rate, value):
        near = Decimal(one["actual"]) / Decimal(one["level"])
        assert abs(near - Decimal(one["attainment"])) < Decimal("0.00001")
        assert [(change["who"], change["newValue"]) for change in one["revisions"]] == [("up", one["value"])]
    proposed = told["targetProposals"]["proposals"]
    assert (told["targetProposals"]["sessions"], len(proposed) >= 5) == ("10", True)
    assert [one for one in proposed if Decimal(one["realistic"]) > Decimal(one["challenging"])] == []


def test_the_last_week_has_a_report_that_judges_its_target(page: Page) -> None:
    told = page.ask("WeeklyReport")
    [edge] = told["reports"]["edges"]
    report = edge["node"]
    assert (int(report["sessions"]) > 0, report["version"]) == (True, "1")
    lines = report["csv"].splitlines()
    assert lines[0].startswith("Row,About,Number,")
    assert sum(line.startswith("number,") for line in lines) == len(report["metrics"]) > 20
    [finding] = report["findings"]
    assert finding["verdict"] in ("CONTINUE", "IMPROVE")
    assert all(change["words"] and change["factors"] for change in report["salesChanges"])
    assert [one["cadence"] for one in told["dueReviews"]] == [
        "WEEKLY", "BIWEEKLY", "MONTHLY", "QUARTERLY", "YEARLY",
    ]  # fmt: skip


def test_what_has_closed_is_reviewed_once(page: Page) -> None:
    due = [edge["node"] for edge in page.ask("Reviews")["reviews"]["edges"]]
    assert all(one["report"] and one["items"] for one in due)
    review = due[0]
    owned = [one for one in review["items"] if one["owner"]]
    assert [one for one in owned if one["status"] not in ("ACHIEVED", "OFF_TRACK", "UNKNOWN")] == []
    done = page.ask("CompleteReview", id=review["id"])["completeReview"]
    assert (done["userErrors"], done["review"]["isDone"], done["review"]["doneBy"]) == ([], True, "up")
    assert done["review"]["seenVersion"] == review["report"]["version"]
    again = page.ask("CompleteReview", id=review["id"])["completeReview"]
    assert [one["code"] for one in again["userErrors"]] == ["CONFLICT"]
    left = [edge["node"]["id"] for edge in page.ask("Reviews")["reviews"]["edges"]]
    assert review["id"] not in left


def test_the_debrief_has_findings_with_their_numbers(page: Page) -> None:
    told = page.of_session("Debrief")["debrief"]
    assert (told["stage"], told["version"]) == ("END", "1")
    kinds = [finding["kind"] for finding in told["findings"]]
    assert {"MAIN", "BOTTLENECK", "STEEPEST_LOSS"} <= set(kinds)
    main = told["findings"][0]
    assert (main["metric"], main["text"].startswith("Viewer-to-buyer rate (VBR): 20.2 %")) == (
        "VIEWER_TO_BUYER_RATE",
        True,
    )


def test_revisions_lead_from_what_was_known_then_to_now(page: Page) -> None:
    revisions = [edge["node"] for edge in page.of_session("Revisions")["revisions"]["edges"]]
    begin = datetime.fromisoformat(revisions[-1]["knownAt"]) - INSTANT
    told = page.of_session("KnownThen", then=begin.isoformat())
    changed = {"ORDERS": Decimal(0), "LIVE_SALES": Decimal(0)}
    for revision in revisions:
        for change in revision["changes"]:
            if change["basis"] == "PAID" and change["metric"] in changed:
                changed[change["metric"]] += Decimal(change["difference"])
    assert changed["ORDERS"] == int(told["now"]["orders"]) - int(told["then"]["orders"]) > 0
    sales = [Decimal(told[when]["liveSales"]["amount"]) for when in ("now", "then")]
    assert changed["LIVE_SALES"] == sales[0] - sales[1]
    caused = [cause["paid"] for revision in revisions for cause in revision["causes"] if cause["paid"]]
    assert sum(numbers(caused, "amount")) == changed["LIVE_SALES"]


def test_a_live_that_was_cut_off_is_proposed_merged_and_taken_apart_again(page: Page) -> None:
    [proposal] = page.ask("MergeProposals")["mergeProposals"]
    ids = [one["id"] for one in proposal["liveSessions"]]
    assert [one["title"] for one in proposal["liveSessions"]] == ["Office to dinner looks"] * 2
    told = page.ask("Merge", ids=ids)["mergeSessions"]
    whole = told["liveSession"]
    try:
        parts = [int(one["kpis"]["viewers"]) for one in whole["broadcasts"]]
        assert ([one["sessionId"] for one in whole["broadcasts"]], told["userErrors"]) == (ids, [])

        def viewers() -> int:
            return int(page.ask("Traffic", by={"id": whole["id"]})["liveSession"]["kpis"]["viewers"])

        assert wait_until(lambda: max(parts) < viewers() < sum(parts), seconds=20, every=0.3)
        assert page.ask("MergeProposals")["mergeProposals"] == []
    finally:
        apart = page.ask("Split", id=whole["id"])["splitSession"]
    assert apart == {"liveSessions": [{"id": one, "mergedInto": None} for one in ids], "userErrors": []}
    assert page.ask("MergeProposals")["mergeProposals"] == [proposal]


def test_reported_numbers_stand_beside_the_measured_ones(page: Page) -> None:
    told = page.of_first("Reported")
    reported = {one["key"]: one for one in told["reported"]}
    assert {one["provenance"] for one in reported.values()} == {"REPORTED"}
    assert told["kpis"]["provenance"] == "MEASURED"
    assert int(reported["viewers"]["value"]) > int(told["kpis"]["viewers"])


def test_exported_files_can_be_fetched_without_a_key(page: Page) -> None:
    told = page.of_session("Export")
    files = {one["name"]: one["url"] for one in told["csv"]["files"]}
    assert {"trend.csv", "products.csv", "showings.csv", "comments.csv"} <= files.keys()
    opener = build_opener(ProxyHandler({}))
    with opener.open(page.address + files["products.csv"], timeout=30) as response:
        assert "Linen Wrap Dress - Indigo" in response.read().decode()
    [workbook] = told["workbook"]["files"]
    with opener.open(page.address + workbook["url"], timeout=30) as response:
        assert response.read(2) == b"PK"


def test_a_session_is_followed_to_its_end(page: Page) -> None:
    with page.send(QUERIES["Follow"], accept="text/event-stream", by=page.by) as stream:
        lines = (line.decode() for line in stream)
        told = json.loads(next(line for line in lines if line.startswith("data: "))[len("data: ") :])
    update = told["data"]["liveSession"]
    assert (update["status"], update["isFinal"], update["kpis"]["viewers"]) == ("ENDED", True, "223")
    assert [series["metric"] for series in update["trend"]["series"]] == ["CONCURRENT_VIEWERS"]


def test_every_sample_tab_of_the_explorer_shows_something_of_the_demo(page: Page) -> None:
    day = datetime.fromisoformat(page.of_first("Find")["startedAt"]).date()
    period = {"period": {"from": str(day), "to": str(day + timedelta(days=7))}}
    told = {
        name: page.data(query, **(period if "$period" in query else {}))
        for name, query in sample_queries().items()
    }
    assert len(told) == 8
    [moments], [scorecard] = (
        [edge["node"] for edge in told[name]["liveSessions"]["edges"]] for name in ("moments", "scorecard")
    )
    assert len(moments["showings"]) > 0
    assert (len(scorecard["scorecard"]), scorecard["scorecard"][0]["judgedBy"]) == (5, "TARGET")
    assert len(told["next"]["nextSession"]["leadWith"]) == 5
    learnt = [edge["node"]["debrief"]["findings"] for edge in told["next"]["liveSessions"]["edges"]]
    assert [len(findings) > 3 for findings in learnt] == [True] * 3
    customers = told["customers"]
    assert (len(customers["cohorts"]["cohorts"]) >= 12, len(customers["modelRuns"]["edges"])) == (True, 1)
    assert float(customers["liveLtvIndex"]["index"]["value"]) > 1
