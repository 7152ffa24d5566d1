"""Many listeners in one process: `python -m tests.proof.listeners` with what to do as JSON on its input.

Says `ready` when each has had its first update; when nothing more comes to any, or after `seconds`, one line
with what came to them.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

TOGETHER: Final = 25
"""So many connect at the same time."""


@dataclass(kw_only=True)
class Heard:
    """What all listeners have got; times are of the machine's monotonic clock."""

    firsts: int = 0
    updates: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By sequence: the likes in it, when it was computed, and when it came to each."""
    listeners: list[dict[str, Any]] = field(default_factory=list)
    _states: dict[bytes, dict[str, Any]] = field(default_factory=dict)

    def state_in(self, body: bytes) -> dict[str, Any]:
        """An update decoded; once, as all get the same."""
        state = self._states.get(body)
        if state is None:
            if len(self._states) > 50:
                self._states.clear()
            told = orjson.loads(body)
            assert "errors" not in told, told
            state = self._states[body] = told["data"]["liveSession"]
        return state


class Listener:
    """One subscription and what came of it."""

    def __init__(self, heard: Heard, kind: str) -> None:
        self._heard = heard
        self._last: int | None = None
        self.record: dict[str, Any] = {"kind": kind, "updates": 0, "backward": 0, "end": "cut", "last": None}
        heard.listeners.append(self.record)

    def hear(self, body: bytes) -> None:
        """Take one update."""
        now, state = time.monotonic(), self._heard.state_in(body)
        sequence = int(state["sequence"])
        self._heard.firsts += self.record["updates"] == 0
        self.record["updates"] += 1
        self.record["backward"] += self._last is not None and sequence < self._last
        self.record["last"] = state
        if sequence == self._last:
            return  # The same numbers, now final.
        self._last = sequence
        update = self._heard.updates.setdefault(
            sequence,
            {"likes": int(state["kpis"]["likes"]), "computed_at": state["computedAt"], "came": []},
        )
        update["came"].append(now)


async def stream(heard: Heard, asked: dict[str, Any], key: str) -> None:
    """Listen by event stream until it ends."""
    listener = Listener(heard, "stream")
    body = json.dumps(asked["ask"]).encode()
    head = (
        f"POST /graphql/ HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        "accept: text/event-stream\r\ncontent-type: application/json\r\nconnection: close\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", asked["port"])
    try:
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200"), answer
        rest = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            rest += (await reader.readexactly(size + 2))[:-2]
            *events, rest = rest.split(b"\n\n")
            for told in events:
                if b"event: next" in told:
                    listener.hear(told.partition(b"data: ")[2])
                elif b"event: complete" in told:
                    listener.record["end"] = "complete"
    except (asyncio.IncompleteReadError, OSError) as error:
        listener.record["end"] = repr(error)
    finally:
        writer.close()


async def websocket(heard: Heard, asked: dict[str, Any], key: str) -> None:
    """Listen by WebSocket until the subscription completes or the connection ends."""
    listener = Listener(heard, "socket")
    protocol = Subprotocol("graphql-transport-ws")
    url = f"ws://127.0.0.1:{asked['port']}/graphql/"
    try:
        async with connect(url, subprotocols=[protocol], proxy=None, compression=None) as connection:
            await connection.send(json.dumps({"type": "connection_init", "payload": {"key": key}}))
            await connection.send(json.dumps({"id": "one", "type": "subscribe", "payload": asked["ask"]}))
            async for message in connection:
                told = orjson.loads(message)
                if told["type"] == "next":
                    listener.hear(orjson.dumps(told["payload"]))
                elif told["type"] == "complete":
                    listener.record["end"] = "complete"
                    return
    except (ConnectionClosed, OSError) as error:
        listener.record["end"] = repr(error)


async def listen(asked: dict[str, Any]) -> Heard:
    """All of them, until each has ended."""
    heard, tasks = Heard(), []
    kinds = [stream] * asked["streams"] + [websocket] * asked["sockets"]
    async with asyncio.timeout(asked["seconds"]):
        for place, kind in enumerate(kinds):
            key = asked["keys"][place % len(asked["keys"])]
            tasks.append(asyncio.create_task(kind(heard, asked, key)))
            if place % TOGETHER == TOGETHER - 1:
                await asyncio.sleep(0.2)
        while heard.firsts < len(kinds):
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        await asyncio.gather(*tasks)
    return heard


def main() -> None:
    """Do what was asked for."""
    asked = json.loads(sys.stdin.readline())
    heard = uvloop.run(listen(asked))
    sys.stdout.buffer.write(
        orjson.dumps(
            {"updates": list(heard.updates.values()), "listeners": heard.listeners},
            option=orjson.OPT_NON_STR_KEYS,
        )
        + b"\n"
    )


if __name__ == "__main__":
    main()
