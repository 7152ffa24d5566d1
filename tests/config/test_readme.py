"""The README does what it says: its query, its event and its commands are run as they stand there."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.config.up_run import KEY, PROJECT, Up, ask

README = (PROJECT / "README.md").read_text()
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def answers() -> list[Any]:
    return [json.loads(block) for block in blocks("json")]


def test_the_query_is_answered_as_printed(first: Up, port: int) -> None:
    [query] = blocks("graphql")
    read_key, _ = KEY.findall(first.output)[:2]
    assert ask(port=port, key=read_key, query=query)["data"] == answers()[0]


def test_the_event_is_taken_in_as_printed_and_sent_again_is_a_duplicate(first: Up, port: int) -> None:
    [command] = [block for block in blocks("console") if block.startswith("curl ")]
    _, ingest_key = KEY.findall(first.output)[:2]

    def send() -> Any:
        here = command.replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        sent = subprocess.run(
            here, shell=True, env={"INGEST_KEY": ingest_key}, capture_output=True, timeout=30, check=True
        )
        return json.loads(sent.stdout)

    assert send() == answers()[1]
    assert send() == {"received": 1, "accepted": 0, "duplicate": 1, "rejected": 0, "errors": []}


def test_the_two_commands_stand_there_alone() -> None:
    commands = [block.strip() for block in blocks("console") if block.startswith("pip ")]
    assert commands == [
        "pip install -c constraints.txt -e '.[embedded]' && python manage.py up",
        "pip install -c constraints.txt -e '.[embedded,test]' && pytest",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_direct_dependency_is_listed_with_its_licence() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["embedded"] + extras["test"]
    wanted = {re.split(r"[\[<>=;! ]", line)[0] for line in lines}
    rows = re.findall(r"^\| ([a-z, -]+?) \| \S", (PROJECT / "docs" / "licences.md").read_text(), re.MULTILINE)
    listed = {name for row in rows for name in row.split(", ")}
    assert (len(wanted) > 20, wanted - listed) == (True, set())
