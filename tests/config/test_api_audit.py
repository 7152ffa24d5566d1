"""The official audit of GraphQL over HTTP, run by its own JavaScript against a real server: 61 of 61."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.config.api_toy import KEY, toy_app

PACKAGES = ("graphql-http@1.23.1", "graphql@16.14.2")
AUDIT = """
const { auditServer } = require('graphql-http');
const [url, key] = process.argv.slice(2);
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });
auditServer({ url, fetchFn }).then((results) => {
  const shown = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
  console.log(JSON.stringify(shown));
});
"""
# What the audit asks by GET; a server of ours answers by GET what it knows beforehand.
PERSISTED = ("{ __typename }", "query Type($name: String!) { __type(name: $name) { name } }")


@contextmanager
def serving() -> Iterator[str]:
    """The edge behind a real uvicorn on a free port; gives its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = toy_app(persisted=PERSISTED)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql/"
        finally:
            server.should_exit = True
            thread.join()
            app.close()


def program(name: str) -> str:
    """Node comes from a wheel: its programs stand beside the interpreter, in an active environment or not."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join((beside, os.environ["PATH"])))
    assert found is not None, f"{name} is missing: install with the extra `test`"
    return found


@pytest.fixture(scope="module")
def audit_folder(request: pytest.FixtureRequest) -> Path:
    """A folder with the audit's packages, kept between runs."""
    folder = Path(str(request.config.cache.mkdir("graphql-http")))
    if not (folder / "node_modules" / "graphql-http" / "package.json").exists():
        install = [program("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
        done = subprocess.run(install, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode:
            pytest.skip(f"the audit's packages cannot be installed: {done.stderr[-200:]}")
    (folder / "audit.cjs").write_text(AUDIT)
    return folder


def test_the_audit_of_graphql_over_http_finds_nothing(audit_folder: Path) -> None:
    with serving() as url:
        run = [program("node"), str(audit_folder / "audit.cjs"), url, KEY]
        done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    results = json.loads(done.stdout)
    print(f"graphql-http: {sum(result['status'] == 'ok' for result in results)} of {len(results)} ok")
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61
