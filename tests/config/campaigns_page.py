"""The page docs/campaigns.md: its queries by name, and the demo that they are asked of."""

import json
import re
from decimal import Decimal
from typing import Any

from tests.config import test_docs_sessions as sessions
from tests.config.up_run import PROJECT

PAGE = (PROJECT / "docs" / "campaigns.md").read_text()
BLOCKS = re.findall(r"^```graphql\n(.*?)^```$(?:\n\n```json\n(.*?)^```$)?", PAGE, re.MULTILINE | re.DOTALL)
QUERIES = {re.split(r"\W+", query, maxsplit=2)[1]: query for query, _ in BLOCKS}
PRINTED = {name: json.loads(answer) for name, (_, answer) in zip(QUERIES, BLOCKS, strict=True) if answer}
GLOW = "Glow season"


class Page(sessions.Page):
    """The demo behind its address, asked as this page asks it."""

    def ask(self, name: str, **variables: Any) -> Any:
        """The data a query of the page is answered with."""
        return self.data(QUERIES[name], **variables)

    def of_campaign(self, name: str, **variables: Any) -> Any:
        """The same, about the campaign the page is about."""
        return self.ask(name, by=self.by, **variables)["campaign"]

    def found(self, words: str) -> Any:
        """A campaign by its name."""
        [edge] = self.data(QUERIES["FindCampaign"].replace(GLOW, words))["campaigns"]["edges"]
        return edge["node"]

    @property
    def by(self) -> dict[str, str]:
        """Which campaign the page is about."""
        return {"id": self.found(GLOW)["id"]}


def nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


def money(told: Any) -> Decimal:
    return Decimal(told["amount"])


def by_name(connection: Any) -> dict[str, Any]:
    return {one["kol"]["name"]: one for one in nodes(connection)}
