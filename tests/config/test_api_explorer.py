"""The explorer is made of our own files alone and can be switched off."""

import asyncio
import re
from typing import Any

import pytest
from graphql import parse

from config.api.explorer import FILES, FOLDER, POLICY, ExplorerApp, sample_queries
from tests.config.api_toy import Reply


def ask(
    path: str, *, enabled: bool = True, method: str = "GET", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Reply:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": list(headers)}
    asyncio.run(ExplorerApp(enabled=enabled)(scope, receive, send))
    start, end = sent
    shown = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(status=start["status"], headers=shown, body=end["body"])


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_with_the_policy(name: str) -> None:
    reply = ask(f"/explorer/{name}")
    assert (reply.status, reply.headers["content-security-policy"]) == (200, POLICY.decode())
    assert reply.body == (FOLDER / FILES[name][0]).read_bytes()
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_file_already_known_is_not_sent_again() -> None:
    tag = ask("/explorer/explorer.js").headers["etag"]
    again = ask("/explorer/explorer.js", headers=((b"if-none-match", tag.encode()),))
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/explorer/vendor/",
        "/explorer/vendor/README.md",
        "/explorer/../view.py",
        "/explorer/..%2fview.py",
        "/explorer//etc/passwd",
        "/explorer/index.html",
        "/explorerx",
        "/",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    reply = ask(path)
    assert (reply.status, reply.codes) == (404, ["NOT_FOUND"])


def test_the_address_without_a_slash_leads_to_the_one_with_it() -> None:
    reply = ask("/explorer")
    assert (reply.status, reply.headers["location"]) == (308, "/explorer/")


def test_a_head_request_gets_the_length_and_no_body() -> None:
    whole, head = ask("/explorer/"), ask("/explorer/", method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (
        200,
        b"",
        whole.headers["content-length"],
    )


def test_files_can_only_be_read() -> None:
    reply = ask("/explorer/", method="POST")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("name", ["", "explorer.js", "vendor/graphiql.min.js"])
def test_an_explorer_that_is_switched_off_serves_nothing(name: str) -> None:
    assert ask(f"/explorer/{name}", enabled=False).status == 404
    assert ask("/explorer", enabled=False).status == 404


def test_the_page_names_no_other_host_and_has_no_inline_script() -> None:
    page = (FOLDER / "index.html").read_text()
    assert re.findall(r"https?:|//[a-z]", page) == []
    assert re.findall(r"<script(?! src=)|\son[a-z]+=|\sstyle=|<style", page) == []
    for source in re.findall(r'(?:src|href)="([^":]+)"', page):
        assert source in FILES
    assert "http" not in (FOLDER / "explorer.css").read_text()
    styles = (FOLDER / "vendor" / "graphiql.min.css").read_text()
    assert re.findall(r"@import|url\((?!data:)", styles) == []


def test_every_sample_tab_is_a_file_that_is_served_and_parses() -> None:
    queries = sample_queries()
    script = (FOLDER / "explorer.js").read_text()
    assert sorted(re.findall(r'file: "([a-z]+)"', script)) == sorted(queries)
    for name, query in queries.items():
        assert f"samples/{name}.graphql" in FILES
        assert len(parse(query).definitions) == 1


def test_the_vendored_files_name_their_versions_and_licences() -> None:
    readme = (FOLDER / "vendor" / "README.md").read_text()
    licences = (FOLDER / "vendor" / "LICENSES.txt").read_text()
    for package in ("graphiql", "react", "react-dom"):
        version = re.search(rf"\| {package} \| ([0-9.]+) \|", readme)
        assert version is not None
        assert f"{package} {version.group(1)} (MIT)" in licences
    files = {path.name for path in (FOLDER / "vendor").iterdir()} - {"README.md", "LICENSES.txt"}
    assert {name for name in files if f"`{name}`" not in readme} == set()
