"""Topics: what several listeners ask alike is executed and encoded once, and handed to all of them.

A topic is a subscription's text, operation and variables, asked by somebody who sees the same partners
with the same scopes. It is executed when its first listener comes and each time its subject changed, at most
once a second; between that nothing is computed.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Generic, TypeVar

import orjson
import structlog

from config.api import http
from config.api.errors import JSON_TYPE, Answer, ErrorCode, error_response
from config.api.push.hints import Hints
from config.api.push.mailbox import End, Listener, PushSettings, Update, framed
from config.api.push.perform import Performed
from config.api.requests import EarlyAnswerError
from config.api.view import Admitted, FindActor, Watched

ActorT = TypeVar("ActorT")
Perform = Callable[[Admitted[ActorT]], Performed]
Pulses = Callable[[Sequence[Watched]], Mapping[str, str]]
_log = structlog.get_logger("liveledger.api")
_AGAIN: Final = 2.0
_TOGETHER: Final = 0.02


class Topic(Generic[ActorT]):
    """One subscription, its listeners, and its latest update."""

    def __init__(self, key: Hashable, admitted: Admitted[ActorT]) -> None:
        self.key = key
        self.admitted = admitted
        self.listeners: set[Listener] = set()
        self.update: Update | None = None
        self.watched: Watched | None = None
        self.ran_at = float("-inf")
        self.is_running = False
        self.is_stale = False
        self.timer: asyncio.TimerHandle | None = None


class Hub(Generic[ActorT]):
    """The topics of one process.

    `perform` executes a subscription, `pulses` reads the revisions of what topics show by their channels,
    `find_actor` says whose a key is; they are called in threads. `shared` is what is alike of all actors who
    see the same.
    """

    def __init__(
        self,
        *,
        perform: Perform[ActorT],
        pulses: Pulses,
        find_actor: FindActor[ActorT],
        shared: Callable[[ActorT], ActorT],
        redis_url: str,
        settings: PushSettings,
    ) -> None:
        self.settings = settings
        self._perform = perform
        self._pulses = pulses
        self._find_actor = find_actor
        self._shared = shared
        self._hints = Hints(
            url=redis_url, on_hint=self._on_hint, on_heard=self._poll_soon, ping=settings.ping
        )
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="push")
        self._topics: dict[Hashable, Topic[ActorT]] = {}
        self._by_channel: dict[str, set[Topic[ActorT]]] = {}
        self._of: dict[Listener, Topic[ActorT]] = {}
        self._actors: dict[str, tuple[ActorT, int]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._runs: set[asyncio.Task[None]] = set()
        self._polling: asyncio.TimerHandle | None = None
        self._is_closing = False

    @property
    def listeners(self) -> int:
        """How many are listening."""
        return len(self._of)

    async def is_known(self, key: str) -> bool:
        """Whether somebody holds a key."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._find_actor, key) is not None

    # -- coming and going ----------------------------------------------------------------------

    def join(self, admitted: Admitted[ActorT], *, key: str, seen: str | None = None) -> Listener:
        """Listen to what was admitted; the current state is given at once unless it was `seen`.

        Raises EarlyAnswerError when the process has as many listeners as it takes.
        """
        if self._is_closing or len(self._of) >= self.settings.listeners:
            raise EarlyAnswerError(_busy())
        if not self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(work()) for work in (self._hints.run, self._watch)]
        shared = self._shared(admitted.actor)
        asked = admitted.asked
        variables = orjson.dumps(asked.variables, option=orjson.OPT_SORT_KEYS)
        name = (shared, asked.query, asked.operation_name, variables)
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = Topic(name, admitted._replace(actor=shared))
        listener = Listener(key=key, seen=seen)
        listener.touched = asyncio.get_running_loop().time()
        topic.listeners.add(listener)
        self._of[listener] = topic
        actor, count = self._actors.get(key, (admitted.actor, 0))
        self._actors[key] = (actor, count + 1)
        if topic.update is not None:
            self._give(listener, topic.update)
        else:
            self._hint(topic)
        return listener

    def leave(self, listener: Listener) -> None:
        """Listen no longer; a topic without listeners is forgotten."""
        topic = self._of.pop(listener, None)
        if topic is None:
            return
        actor, count = self._actors.pop(listener.key)
        if count > 1:
            self._actors[listener.key] = (actor, count - 1)
        topic.listeners.discard(listener)
        if not topic.listeners:
            self._forget(topic)

    def _forget(self, topic: Topic[ActorT]) -> None:
        if self._topics.get(topic.key) is topic:
            del self._topics[topic.key]
        if topic.timer is not None:
            topic.timer.cancel()
        if topic.watched is not None:
            self._unwatch(topic, topic.watched.channel)

    def _unwatch(self, topic: Topic[ActorT], channel: str) -> None:
        others = self._by_channel.get(channel, set())
        others.discard(topic)
        if not others and self._by_channel.pop(channel, None) is not None:
            self._hints.drop(channel)

    # -- running -------------------------------------------------------------------------------

    def _on_hint(self, channel: str) -> None:
        for topic in self._by_channel.get(channel, ()):
            self._hint(topic)

    def _hint(self, topic: Topic[ActorT], *, after: float = 0.0) -> None:
        """Have a topic executed: now, or as soon as it may be again."""
        topic.is_stale = True
        if topic.is_running or topic.timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = max(topic.ran_at + self.settings.at_most_every - loop.time(), after)
        if wait > 0:
            topic.timer = loop.call_later(wait, self._start, topic)
        else:
            self._start(topic)

    def _start(self, topic: Topic[ActorT]) -> None:
        topic.timer, topic.is_stale, topic.is_running = None, False, True
        topic.ran_at = asyncio.get_running_loop().time()
        self._spawn(self._run(topic))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)

    async def _run(self, topic: Topic[ActorT]) -> None:
        loop = asyncio.get_running_loop()
        performed: Performed | None = None
        try:
            performed = await loop.run_in_executor(self._threads, self._perform, topic.admitted)
        except Exception as error:
            _log.error("push failed", exc_info=error)
        topic.is_running = False
        if not topic.listeners:
            return
        if performed is None or performed.watched is None:
            self._fail(topic, performed)
            return
        watched, before = performed.watched, topic.watched
        if before is None or before.channel != watched.channel:
            if before is not None:
                self._unwatch(topic, before.channel)
            self._watch_channel(topic, watched.channel)
        topic.watched = watched
        if topic.update is None or topic.update.revision != watched.revision:
            update = framed(performed.body, revision=watched.revision, is_final=watched.is_final)
            topic.update = update
            for listener in topic.listeners:
                self._give(listener, update)
        if topic.is_stale:
            self._hint(topic)

    def _watch_channel(self, topic: Topic[ActorT], channel: str) -> None:
        others = self._by_channel.setdefault(channel, set())
        others.add(topic)
        if len(others) == 1:
            self._hints.want(channel)

    def _fail(self, topic: Topic[ActorT], performed: Performed | None) -> None:
        if topic.update is not None and (performed is None or performed.is_of_the_moment):
            self._hint(topic, after=_AGAIN)
            return
        update = framed(_internal() if performed is None else performed.body)
        for listener in list(topic.listeners):
            listener.offer(update)
            listener.finish(End.COMPLETE)
        self._forget(topic)

    def _give(self, listener: Listener, update: Update) -> None:
        listener.touched = asyncio.get_running_loop().time()
        listener.offer(update)
        if update.is_final:
            listener.finish(End.COMPLETE)

    # -- watching ------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Heartbeats, dead keys, and revisions: often while Redis is away, else for what it has lost."""
        loop = asyncio.get_running_loop()
        step = min(0.5, self.settings.heartbeat / 2, self.settings.key_check / 2)
        keys_at = polled_at = loop.time()
        while True:
            await asyncio.sleep(step)
            now = loop.time()
            try:
                self._beat(now)
                if now - keys_at >= self.settings.key_check:
                    keys_at = now
                    await self._check_keys()
                every = self.settings.poll if self._hints.is_connected else self.settings.poll_away
                if now - polled_at >= every and self._by_channel:
                    polled_at = now
                    await self._poll()
            except Exception as error:
                _log.warning("push could not look after its keys", error=str(error))

    def _beat(self, now: float) -> None:
        for listener in self._of:
            if now - listener.touched >= self.settings.heartbeat:
                listener.touched = now
                listener.beat()

    async def _check_keys(self) -> None:
        loop = asyncio.get_running_loop()
        for key, (actor, _) in list(self._actors.items()):
            found = await loop.run_in_executor(self._threads, self._find_actor, key)
            if found is None or self._shared(found) != self._shared(actor):
                for listener in [one for one in self._of if one.key == key]:
                    listener.finish(End.REVOKED)

    def _poll_soon(self) -> None:
        """Look once for all channels that have just been subscribed to."""
        if self._polling is None:
            self._polling = asyncio.get_running_loop().call_later(_TOGETHER, self._poll_now)

    def _poll_now(self) -> None:
        self._polling = None
        self._spawn(self._poll())

    async def _poll(self) -> None:
        """Find topics whose subject has changed without a word."""
        watched = [next(iter(topics)).watched for topics in self._by_channel.values() if topics]
        asked = [one for one in watched if one is not None]
        if not asked:
            return
        loop = asyncio.get_running_loop()
        try:
            revisions = await loop.run_in_executor(self._threads, self._pulses, asked)
        except Exception as error:
            # The database is away, as a rule: what is being listened to stays, and is looked for again.
            _log.warning("push could not look for changes", error=str(error))
            return
        for channel, revision in revisions.items():
            for topic in self._by_channel.get(channel, ()):
                if topic.watched is not None and topic.watched.revision != revision:
                    self._hint(topic)

    # -- the end -------------------------------------------------------------------------------

    def finish(self) -> None:
        """End every listener's stream; from now on nobody can join."""
        self._is_closing = True
        for listener in self._of:
            listener.finish(End.SHUTDOWN)

    async def close(self) -> None:
        """End everything."""
        self.finish()
        for task in (*self._tasks, *self._runs):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._runs, return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown)


def _busy() -> Answer:
    return error_response(
        status=429,
        code=ErrorCode.RATE_LIMITED,
        message="The server has as many listeners as it takes. Try again later.",
        request_id=http.request_id({}),
        headers=((b"retry-after", b"5"),),
        content_type=JSON_TYPE,
    )


def _internal() -> bytes:
    error = {"message": "internal error", "extensions": {"code": ErrorCode.INTERNAL.value}}
    return orjson.dumps({"errors": [error], "data": None})
