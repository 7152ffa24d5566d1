"""Operators' commands: what they write, what they say, and how they end."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from commerce.access import find_actor
from commerce.connection import worker_connection
from commerce.models import Partner

AT = "2026-03-01T10:00:00Z"


def run(*arguments: str) -> str:
    said = io.StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    return str(caught.value)


def event(number: int, kind: str = "live_like", **data: Any) -> dict[str, Any]:
    told = {"id": f"e{number}", "source": "/site/x", "type": kind, "subject": "s1", "time": AT}
    return told | {"data": data or {"viewer_id": "v1"}}


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    return worker_connection().execute(query, values).fetchall()


def logged(partner: Partner) -> int:
    count: int = rows("SELECT count(*) FROM commerce_event WHERE partner_id = %s", partner.id)[0][0]
    return count


# -- partners and keys -----------------------------------------------------------------------------


def test_a_partner_is_created_with_its_currency_and_calendar(partner: Partner) -> None:
    slug = f"{partner.slug}-b"
    said = run(
        "create_partner", slug, "--name", "Moss", "--currency", "VND", "--timezone", "Asia/Ho_Chi_Minh"
    )
    assert said == f"Created the partner {slug} (Moss, VND, Asia/Ho_Chi_Minh).\n"
    assert rows(
        "SELECT name, currency, timezone, tail_seconds FROM commerce_partner WHERE slug = %s", slug
    ) == [("Moss", "VND", "Asia/Ho_Chi_Minh", 7200)]


@pytest.mark.parametrize(
    ("slug", "currency", "zone", "said"),
    [
        (
            "a b",
            "SGD",
            "UTC",
            "slug: Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
        ),
        ("ab", "IRD", "UTC", "--currency: 'IRD' is not an ISO 4217 currency."),
        ("ab", "SGD", "SGT+8", "--timezone: 'SGT+8' is not an IANA time zone."),
        ("ab", "SGD", "../etc/passwd", "--timezone: '../etc/passwd' is not an IANA time zone."),
    ],
)
def test_a_partner_that_makes_no_sense_is_refused(slug: str, currency: str, zone: str, said: str) -> None:
    assert refused("create_partner", slug, "--name", "N", "--currency", currency, "--timezone", zone) == said


def test_a_slug_belongs_to_one_partner(partner: Partner) -> None:
    said = refused("create_partner", partner.slug, "--name", "N", "--currency", "SGD", "--timezone", "UTC")
    assert said == f"A partner {partner.slug!r} exists already."


def test_a_key_stands_alone_on_the_last_line_and_opens_what_it_says(partner: Partner) -> None:
    said = run("issue_key", "--partner", partner.slug, "--scopes", "read, ingest", "--name", "site")
    first, key = said.splitlines()
    assert first == f"A key of {partner.slug} for ingest, read, without an end:"
    actor = find_actor(key)
    assert actor is not None
    assert (actor.partner_id, actor.scopes, actor.name) == (partner.id, frozenset({"read", "ingest"}), "site")


def test_a_key_may_expire(partner: Partner) -> None:
    run("issue_key", "--partner", partner.slug, "--scopes", "read", "--expires", "2999-01-01T00:00:00+08:00")
    query = "SELECT expires_at AT TIME ZONE 'UTC' FROM commerce_apikey WHERE partner_id = %s"
    assert [moment.isoformat() for (moment,) in rows(query, partner.id)] == ["2998-12-31T16:00:00"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--scopes", "read,all"),
            "--scopes: Scopes are some of read, read:audience, read:pii, ingest, manage; not all.",
        ),
        (
            ("--scopes", ","),
            "--scopes: Scopes are some of read, read:audience, read:pii, ingest, manage; not none.",
        ),
        (("--scopes", "read", "--expires", "soon"), "--expires: 'soon' is not an ISO 8601 time."),
        (
            ("--scopes", "read", "--expires", "2999-01-01T00:00:00"),
            "--expires: '2999-01-01T00:00:00' has no offset; write 2999-01-01T00:00:00Z for UTC.",
        ),
        (
            ("--scopes", "read", "--expires", "2020-01-01T00:00:00Z"),
            "--expires: '2020-01-01T00:00:00Z' has passed.",
        ),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    partner: Partner, arguments: tuple[str, ...], said: str
) -> None:
    assert refused("issue_key", "--partner", partner.slug, *arguments) == said
    assert rows("SELECT count(*) FROM commerce_apikey WHERE partner_id = %s", partner.id) == [(0,)]


@pytest.mark.parametrize("command", [("issue_key", "--scopes", "read"), ("redrive",), ("ingest", "-")])
def test_an_unknown_partner_is_named(partner: Partner, command: tuple[str, ...]) -> None:
    said = refused(*command, "--partner", "nobody")
    assert said.startswith("There is no partner 'nobody'. Known: ")


# -- files -----------------------------------------------------------------------------------------


def test_files_are_taken_in_and_again_change_nothing(partner: Partner, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("".join(json.dumps(event(n)) + "\n" for n in range(7)))
    (tmp_path / "b.json").write_text(json.dumps([event(n) for n in range(5, 10)]))
    files = [str(tmp_path / "a.ndjson"), str(tmp_path / "b.json")]
    command = ("ingest", *files, "--partner", partner.slug, "--batch", "3")
    assert run(*command) == "received 12, accepted 10, duplicate 2, rejected 0\n"
    assert run(*command) == "received 12, accepted 0, duplicate 12, rejected 0\n"
    assert logged(partner) == 10


def test_waiting_leaves_nothing_stale(partner: Partner, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([event(1), event(2)]))
    arguments = ("ingest", str(path), "--partner", partner.slug, "--wait")
    assert run(*arguments) == "received 2, accepted 2, duplicate 0, rejected 0\n"
    assert rows("SELECT count(*) FROM commerce_stale WHERE partner_id = %s", partner.id) == [(0,)]


def test_what_is_refused_is_told_with_its_line_kept_and_makes_the_exit_code_1(
    partner: Partner, tmp_path: Path
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join(json.dumps(told) for told in (event(1), event(2, "live_dance"), event(3))))
    said, errors = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "ingest", str(path), "--partner", partner.slug, "--batch", "1", stdout=said, stderr=errors
        )
    assert ended.value.code == 1
    assert said.getvalue() == "received 3, accepted 2, duplicate 0, rejected 1\n"
    assert errors.getvalue() == (
        f"{path}, line 2: unknown_type /type: The type 'live_dance' is not part of the vocabulary.\n"
    )
    query = "SELECT code, event_id FROM commerce_rejection WHERE partner_id = %s"
    assert rows(query, partner.id) == [("unknown_type", "e2")]


def test_the_first_twenty_errors_are_told(partner: Partner, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([event(n, "live_dance") for n in range(30)]))
    errors = io.StringIO()
    with pytest.raises(SystemExit):
        call_command(
            "ingest",
            str(path),
            "--partner",
            partner.slug,
            "--batch",
            "7",
            stdout=io.StringIO(),
            stderr=errors,
        )
    places = [line.partition(":")[0] for line in errors.getvalue().splitlines()]
    assert places == [f"{path}, event {number}" for number in range(1, 21)]


def test_a_mapped_row_that_is_no_event_is_kept_with_the_mapping_s_rule(
    partner: Partner, tmp_path: Path
) -> None:
    (tmp_path / "map.json").write_text(
        json.dumps(
            {
                "source": "/csv/x",
                "type": "live_like",
                "id": "{id}",
                "subject": "s1",
                "time": {"column": "t", "zone": "UTC"},
                "data": {"count": {"column": "n", "type": "integer"}},
            }
        )
    )
    path = tmp_path / "rows.csv"
    path.write_text(f"id,t,n\n1,{AT},2\n2,{AT},many\n")
    with pytest.raises(SystemExit):
        run("ingest", str(path), "--partner", partner.slug, "--mapping", str(tmp_path / "map.json"))
    assert rows("SELECT quantity FROM commerce_event WHERE partner_id = %s", partner.id) == [(2,)]
    query = "SELECT code, path, message FROM commerce_rejection WHERE partner_id = %s"
    assert rows(query, partner.id) == [
        ("schema", "/data/count", f"{path}, line 3: column 'n': 'many' is not a number.")
    ]


def test_standard_input_goes_through_a_connector(
    partner: Partner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = Path(__file__).resolve().parents[2] / "commerce/connectors/online_retail.toml"
    table = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
        "1,A,Heart,2,2011-06-01 08:00:00,1.125,7.0\n"
        "C2,A,Heart,-1,2011-06-01 09:00:00,1.125,7.0\n"
        "1,B,Lamp,1,2011-06-01 08:00:00,3,7.0\n"
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(table.encode())))
    arguments = ("--partner", partner.slug, "--connector", "invoice-lines", "--mapping", str(mapping))
    assert run("ingest", "-", *arguments) == "received 4, accepted 4, duplicate 0, rejected 0\n"
    query = "SELECT merchandise::text, units, currency FROM commerce_order WHERE partner_id = %s"
    assert rows(query, partner.id) == [("5.2500", 3, "GBP")]
    assert rows("SELECT value::text FROM commerce_refund WHERE partner_id = %s", partner.id) == [("1.1250",)]


def test_what_came_before_a_broken_file_is_counted_and_stays(partner: Partner, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([event(1)]))
    files = [str(tmp_path / "a.json"), str(tmp_path / "none.json")]
    errors = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("ingest", *files, "--partner", partner.slug, stdout=io.StringIO(), stderr=errors)
    assert str(caught.value) == "Stopped after: received 1, accepted 1, duplicate 0, rejected 0"
    assert errors.getvalue() == f"{files[1]}: cannot be opened: No such file or directory.\n"
    assert logged(partner) == 1


def test_a_connector_needs_its_mapping(partner: Partner) -> None:
    said = refused("ingest", "-", "--partner", partner.slug, "--connector", "invoice-lines")
    assert said == "--connector invoice-lines needs a --mapping."


def test_refused_events_are_driven_again_after_a_fix(partner: Partner, tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(
        "\n".join(json.dumps(told) for told in (event(1, "live_dance"), event(2, "live_like", count=0)))
    )
    with pytest.raises(SystemExit):
        run("ingest", str(path), "--partner", partner.slug)
    assert run("redrive", "--partner", partner.slug) == "received 2, accepted 0, duplicate 0, rejected 2\n"
    # The fix: the body of one of them is put right, as an operator would do it.
    worker_connection().execute(
        "UPDATE commerce_rejection SET body = %s WHERE partner_id = %s AND code = 'unknown_type'",
        [json.dumps(event(1)).encode(), partner.id],
    )
    drive = ("redrive", "--partner", partner.slug, "--code", "unknown_type")
    assert run(*drive) == "received 1, accepted 1, duplicate 0, rejected 0\n"
    assert run(*drive) == "received 0, accepted 0, duplicate 0, rejected 0\n"
    assert run("redrive", "--partner", partner.slug) == "received 1, accepted 0, duplicate 0, rejected 1\n"
    assert logged(partner) == 1
