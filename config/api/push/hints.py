"""One connection to Redis for all that this process listens to, and the word when it is away."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

_log = structlog.get_logger("liveledger.api")
_HELLO: Final = "liveledger:push"
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class Hints:
    """Subscribed to every channel in `wanted`.

    `on_hint` is called with a channel when something was told there, `on_heard` when one has just been
    subscribed to: what was told before then was not heard.
    """

    def __init__(
        self, *, url: str, on_hint: Callable[[str], None], on_heard: Callable[[], None], ping: float
    ) -> None:
        self.is_connected = False
        self._url = url
        self._on_hint = on_hint
        self._on_heard = on_heard
        self._ping = ping
        self._wanted: set[str] = set()
        self._pubsub: PubSub | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def want(self, channel: str) -> None:
        """Hear a channel from now on, or as soon as Redis is there."""
        self._wanted.add(channel)
        self._send("subscribe", channel)

    def drop(self, channel: str) -> None:
        """Hear a channel no longer."""
        self._wanted.discard(channel)
        self._send("unsubscribe", channel)

    def _send(self, command: str, channel: str) -> None:
        if self._pubsub is not None:
            task = asyncio.get_running_loop().create_task(self._send_now(self._pubsub, command, channel))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send_now(self, pubsub: PubSub, command: str, channel: str) -> None:
        # A connection that fails here fails in `run` too, which subscribes to everything anew.
        with suppress(RedisError, OSError):
            await getattr(pubsub, command)(channel)

    async def run(self) -> None:
        """Listen for good; connects again after a growing wait."""
        wait = _FIRST_WAIT
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                if self.is_connected:
                    _log.warning("push has lost its broker; it polls meanwhile", error=str(error))
                    wait = _FIRST_WAIT
            finally:
                self.is_connected, self._pubsub = False, None
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _listen(self) -> None:
        # No retries inside: a connection that is renewed in silence has missed what was told meanwhile.
        client = Redis.from_url(self._url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(_HELLO, *self._wanted)
            self._pubsub = pubsub
            is_asked = False
            while True:
                message = await pubsub.get_message(timeout=self._ping)
                if message is not None:
                    is_asked = False
                    self._hear(message)
                elif is_asked:
                    raise TimeoutError("Redis does not answer.")
                else:
                    is_asked = True
                    await pubsub.ping()

    def _hear(self, message: dict[str, Any]) -> None:
        self.is_connected = True
        if message["type"] == "subscribe":
            self._on_heard()
        elif message["type"] == "message":
            self._on_hint(message["channel"].decode())
