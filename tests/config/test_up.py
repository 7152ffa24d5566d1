"""`manage.py up` as a person runs it: one command, a panel, an answer, and nothing left behind."""

import json
import os
import re
import signal
import stat
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import psycopg
import pytest

from config.local import LocalServers
from config.local.process import wait_until
from config.management.first_steps import UNFINISHED_DEMO, is_demo_wanted
from tests.config.up_run import KEY, STOP_SECONDS, Up, ask, free_port, left_behind, run


def test_the_first_start_shows_every_address_two_keys_and_a_login(first: Up, port: int) -> None:
    addresses = [
        f"http://127.0.0.1:{port}{path}" for path in ("/explorer/", "/graphql/", "/v1/events", "/admin/")
    ]
    assert [address for address in addresses if address not in first.output] == []
    assert len(set(KEY.findall(first.output))) == 2
    assert len(re.findall(r"admin / \S{20}\b", first.output)) == 1


def test_the_printed_curl_gives_an_answer_like_the_printed_one(first: Up) -> None:
    lines = first.output.splitlines()
    [command] = [line for line in lines if line.startswith("curl ")]
    [printed] = [line for line in lines if line.startswith('{"data"')]
    asked = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=30, check=True)
    answer, shown = json.loads(asked.stdout), json.loads(printed)
    assert [set(told) for told in (answer, shown)] == [{"data", "extensions"}] * 2
    assert [len(told["data"]["liveSessions"]["edges"]) for told in (answer, shown)] == [2, 2]


def test_one_session_is_live_and_its_numbers_move(first: Up, port: int) -> None:
    query = "{ liveSessions(filter: {status: LIVE}) { edges { node { title kpis { watchTime } } } } }"

    def sessions() -> list[Any]:
        answer = ask(port=port, key=KEY.findall(first.output)[0], query=query)
        return [edge["node"] for edge in answer["data"]["liveSessions"]["edges"]]

    wait_until(lambda: len(sessions()) == 1, seconds=20)
    [one] = sessions()
    assert one["title"] == "On air now: the evening edit"
    before = Decimal(one["kpis"]["watchTime"])
    assert wait_until(lambda: Decimal(sessions()[0]["kpis"]["watchTime"]) > before, seconds=20, every=0.5)


def test_the_printed_login_opens_the_admin_whose_files_are_served(first: Up, port: int) -> None:
    site = f"http://127.0.0.1:{port}"
    browser = build_opener(ProxyHandler({}), HTTPCookieProcessor())
    page = browser.open(f"{site}/admin/login/").read().decode()
    files = {path: browser.open(f"{site}{path}").status for path in re.findall(r"/static/[^\"]+", page)}
    assert "/static/unfold/css/styles.css" in files
    assert set(files.values()) == {200}
    [password] = re.findall(r"admin / (\S{20})\b", first.output)
    [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page))
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"}
    opened = browser.open(f"{site}/admin/login/", urlencode(form).encode())
    assert (opened.status, opened.url) == (200, f"{site}/admin/")


def test_what_was_given_out_is_kept_where_only_its_owner_reads_it(first: Up, data_dir: Path) -> None:
    kept = data_dir / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    credentials = json.loads(kept.read_text())
    assert {credentials["read_key"], credentials["ingest_key"]} == set(KEY.findall(first.output))
    assert f"admin / {credentials['admin_password']}" in first.output


def test_the_doctor_finds_a_running_installation_well(first: Up, data_dir: Path) -> None:
    first.wait_for("ready.")
    seen = run("doctor", data_dir=data_dir)
    assert (seen.returncode, re.findall(r"^fail.*", seen.stdout, re.MULTILINE)) == (0, [])
    assert re.search(r"^\d+ ok, \d+ warn, 0 fail$", seen.stdout, re.MULTILINE)


def test_a_second_up_on_the_same_data_is_refused_with_the_address_of_the_first(
    first: Up, data_dir: Path, port: int
) -> None:
    refused = run("up", "--port", str(free_port()), data_dir=data_dir)
    assert refused.returncode == 1
    assert (
        f"already in use by another `up`: process {first.process.pid}, http://127.0.0.1:{port}."
        in refused.stderr
    )


def test_a_port_in_use_is_refused_with_another_to_take(first: Up, port: int, tmp_path: Path) -> None:
    refused = run("up", "--port", str(port), data_dir=tmp_path / "other")
    assert refused.returncode == 1
    assert f"Port {port} cannot be used: Address already in use." in refused.stderr
    assert f"--port {port + 1}" in refused.stderr


def test_a_signal_stops_everything_in_order_and_leaves_nothing(first: Up, data_dir: Path) -> None:
    assert first.stop(signal.SIGTERM) == 0
    stopped = re.findall(r"^✓ (.+?) stopped", first.output, re.MULTILINE)
    assert stopped == ["demo", "beat", "worker", "web", "private servers"]
    assert left_behind(data_dir) == []


def test_what_stopped_in_the_middle_of_a_live_is_what_its_facts_say_once_refreshed(
    first: Up, data_dir: Path
) -> None:
    assert run("refresh", data_dir=data_dir).returncode == 0
    checked = run("check_rollups", data_dir=data_dir)
    assert (checked.returncode, checked.stdout.splitlines()[-1].split(", ")[1]) == (0, "differences 0")


def test_the_doctor_says_what_to_do_when_nothing_runs(first: Up, data_dir: Path) -> None:
    seen = run("doctor", data_dir=data_dir)
    assert seen.returncode == 1
    assert (
        len(re.findall(r"^fail .*\n +-> Start everything with `python manage.py up`", seen.stdout, re.M)) == 2
    )


def test_a_second_start_finds_its_data_and_keys_and_a_fallen_child_stops_it(
    first: Up, data_dir: Path, port: int
) -> None:
    again = Up(data_dir=data_dir, port=port)
    again.wait_for('{"data"')
    assert set(KEY.findall(again.output)) == set(KEY.findall(first.output))
    assert ("Demo seeded" in first.output, "Demo seeded" in again.output) == (True, False)
    os.kill(again.child("uvicorn"), signal.SIGKILL)
    assert again.process.wait(timeout=STOP_SECONDS) == 1
    assert "web ended unexpectedly with exit code -9" in again.output
    assert left_behind(data_dir) == []


@pytest.mark.parametrize(
    ("partner", "is_unfinished", "is_wanted"),
    [
        (None, False, True),
        (("1", "demo"), False, False),
        (("1", "demo"), True, True),
        (("1", "shop"), True, False),
    ],
)
def test_a_demo_is_seeded_into_nothing_and_ended_where_it_broke_off(
    tmp_path: Path, partner: tuple[str, str] | None, is_unfinished: bool, is_wanted: bool
) -> None:
    if is_unfinished:
        (tmp_path / UNFINISHED_DEMO).touch()
    assert is_demo_wanted(partner, data_dir=tmp_path) is is_wanted


def test_servers_of_ones_own_take_the_place_of_the_private_ones(tmp_path: Path) -> None:
    own = LocalServers(tmp_path / "own")
    own.ensure()
    try:
        addresses = {"DATABASE_URL": own.database_url(), "REDIS_URL": own.redis_url}
        up = Up(data_dir=tmp_path / "data", port=free_port(), options=("--no-demo",), **addresses)
        up.wait_for("issue_key --partner SLUG --scopes read,ingest")
        with psycopg.connect(own.database_url()) as connection:
            assert connection.execute("SELECT count(*) FROM commerce_partner").fetchone() == (0,)
        assert up.stop(signal.SIGTERM) == 0
        assert "private servers" not in up.output
        assert not (tmp_path / "data" / "postgres").exists()
        assert sorted(own.pids()) == ["postgres", "valkey"]
    finally:
        own.stop()
    assert left_behind(tmp_path) == []


def test_without_a_demo_an_empty_database_says_how_to_begin(tmp_path: Path) -> None:
    up = Up(data_dir=tmp_path / "data", port=free_port(), options=("--no-demo",))
    up.wait_for("issue_key --partner SLUG --scopes read,ingest")
    assert KEY.findall(up.output) == []
    assert up.stop(signal.SIGINT) == 0
    assert left_behind(tmp_path / "data") == []
