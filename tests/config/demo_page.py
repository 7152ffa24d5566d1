"""The running demo, asked over HTTP."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest


class Demo:
    """The demo behind its address, asked as a frontend asks it."""

    def __init__(self, *, address: str, key: str) -> None:
        self.address, self.key = address, key
        self._open = build_opener(ProxyHandler({}))

    def send(self, query: str, accept: str = "application/json", **variables: Any) -> Any:
        """The open response to a query."""
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Accept": accept,
        }
        body = json.dumps({"query": query, "variables": variables}).encode()
        try:
            return self._open.open(Request(f"{self.address}/graphql/", body, headers), timeout=30)
        except HTTPError as refused:
            pytest.fail(refused.read().decode())

    def data(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        with self.send(query, **variables) as response:
            answer = json.loads(response.read())
        assert "errors" not in answer, answer["errors"]
        return answer["data"]
