"""What a listener waits at: the latest update it has not had yet, and how far behind it is."""

import asyncio
import enum
from collections.abc import Callable
from typing import Final, NamedTuple

MOST_BEHIND: Final = 2
"""A listener with more updates than these undelivered is let go: nothing is kept for it."""


class PushSettings(NamedTuple):
    """What an operator can set; times in seconds."""

    heartbeat: float = 12.0
    at_most_every: float = 1.0
    key_check: float = 4.0
    poll_away: float = 1.5
    poll: float = 5.0
    ping: float = 5.0
    init: float = 3.0
    threads: int = 2
    listeners: int = 20_000
    a_connection: int = 10
    message_limit: int = 262_144
    origins: tuple[str, ...] = ()


class Update(NamedTuple):
    """One answer, encoded and framed once for all who get it; `revision` is empty for errors."""

    body: bytes
    event: bytes
    text: str
    revision: str
    is_final: bool


def framed(body: bytes, *, revision: str = "", is_final: bool = False) -> Update:
    """An answer with its frames: one event of a stream, and the text of a message's payload."""
    identity = b"id: %s\n" % revision.encode() if revision else b""
    return Update(
        body=body,
        event=b"%sevent: next\ndata: %s\n\n" % (identity, body),
        text=body.decode(),
        revision=revision,
        is_final=is_final,
    )


class End(enum.Enum):
    """Why nothing more comes."""

    COMPLETE = "complete"
    SLOW = "slow"
    REVOKED = "revoked"
    SHUTDOWN = "shutdown"


class Beat(enum.Enum):
    """Nothing is new, and the listener shall know that it is still heard."""

    BEAT = "beat"


class Listener:
    """One subscription's mailbox with one place.

    `cut` is called when waiting for the receiver has no sense any more: it is too slow, or the key is dead.
    """

    __slots__ = ("_beats", "_behind", "_end", "_slot", "_waiter", "cut", "key", "seen", "touched")

    def __init__(self, *, key: str, seen: str | None = None) -> None:
        self.key = key
        self.seen = seen
        self.cut: Callable[[], object] | None = None
        self.touched = 0.0
        self._slot: Update | None = None
        self._behind = 0
        self._beats = False
        self._end: End | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def end(self) -> End | None:
        """Why nothing more comes; None while more may."""
        return self._end

    def offer(self, update: Update) -> None:
        """Put the latest update in place of one that is still there; let go of who is too far behind."""
        if self._end is not None:
            return
        if update.revision and update.revision == self.seen:
            return
        self.seen = None
        self._behind += 1
        if self._behind > MOST_BEHIND:
            self._slot = None
            self.finish(End.SLOW)
            return
        self._slot = update
        self._wake()

    def beat(self) -> None:
        """Have a sign of life sent, unless something is on its way."""
        if self._waiter is not None and self._slot is None and self._end is None:
            self._beats = True
            self._wake()

    def finish(self, why: End) -> None:
        """Nothing more will come; what is in place is still delivered, unless the receiver is cut off."""
        if self._end is None:
            self._end = why
            self._wake()
            if why is End.SLOW and self.cut is not None:
                self.cut()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self) -> Update | Beat | End:
        """What to send now; calling it says that what it gave before was delivered."""
        self._behind = 0 if self._slot is None else 1
        while True:
            if self._slot is not None:
                update, self._slot = self._slot, None
                return update
            if self._end is not None:
                return self._end
            if self._beats:
                self._beats = False
                return Beat.BEAT
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
            # What came while this waited is about to be delivered, and nothing else.
            self._behind = min(self._behind, 1)
