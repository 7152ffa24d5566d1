"""The whole entry as it is served, with a shorter heartbeat; and it says how often what was executed."""

import json
import os
from collections import Counter
from collections.abc import MutableMapping
from typing import Any

from config import asgi
from config.api.push.mailbox import PushSettings
from config.api.push.perform import Performed, Performer
from config.api.view import Admitted

executed: Counter[str] = Counter()


class CountingPerformer(Performer[Any]):
    """Counts executions by their document."""

    def __call__(self, admitted: Admitted[Any]) -> Performed:
        executed[admitted.asked.query] += 1
        return super().__call__(admitted)


asgi.PUSH = PushSettings(
    heartbeat=float(os.environ["PUSH_HEARTBEAT"]),
    at_most_every=float(os.environ.get("PUSH_AT_MOST_EVERY", "1")),
    origins=("https://*.example.com",),
)
vars(asgi)["Performer"] = CountingPerformer


async def application(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """The entry; and `/seen`, which says what was executed how often, and how many listen."""
    if scope.get("path") != "/seen":
        await asgi.application(scope, receive, send)
        return
    body = json.dumps({"executed": executed, "listeners": asgi.push_hub().listeners}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
