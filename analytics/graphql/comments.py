"""Comments of a session, and the session again: its trend, markers and comments on one clock."""

import datetime as dt
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from analytics.graphql.markers import (
    FromSecondArgument,
    Marker,
    ToSecondArgument,
    clock_of,
    markers_of,
)
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    SessionPart,
    bad_input,
    computed,
    connection_of,
    needs,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.replays import replay_at
from analytics.graphql.series import MetricsArgument, TimeSeries, session_trend
from analytics.queries.comments import CommentRow, session_comments
from analytics.queries.markers import MOST, Clock
from config.api.cost import reads
from config.api.scalars import FloatSeries, parse_date_time

ORDER = "comments"
LONGEST_SECONDS = 10**9


@strawberry.type(description="A comment of a session.")
class Comment:
    at: dt.datetime = strawberry.field(description="When it was written.")
    offset: int | None = strawberry.field(
        description="Seconds from the session's start; null where that is unknown."
    )
    text: str = strawberry.field(
        description="What was written; what looks like an e-mail address or a phone number is left out."
    )
    is_question: bool = strawberry.field(
        description="Whether it has the form of a question in English, Thai, Malay, Korean or Indonesian: a "
        "guess from its words."
    )
    language: str = strawberry.field(
        description="en, th, ms, ko or id as far as script and words tell; empty where they tell nothing."
    )
    viewer_id: str | None = strawberry.field(
        description="Who wrote it, by the id the source's player gave; null when nobody told, and to a key "
        "without the scope `read:audience`."
    )
    replay_url: str | None = strawberry.field(
        description="Where the replay can be watched from there on; null without a replay."
    )


AroundArgument = Annotated[
    int | None,
    strawberry.argument(
        description="Seconds from the session's start: up to half of the page lies before that moment. Not "
        "together with after."
    ),
]
QuestionsArgument = Annotated[bool, strawberry.argument(description="Only what looks like a question.")]


def _shown(row: CommentRow, clock: Clock, *, shows_viewers: bool) -> Comment:
    offset = clock.seconds(row.at)
    return Comment(
        at=row.at,
        offset=offset,
        text=row.text,
        is_question=row.is_question,
        language=row.language,
        viewer_id=row.viewer if shows_viewers else None,
        replay_url=None if offset is None else replay_at(clock.replay_url, offset),
    )


def comments_of(
    info: Info,
    part: SessionPart,
    *,
    first: int,
    after: str | None,
    around: int | None = None,
    questions_only: bool = False,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> Connection[Comment]:
    """A page of one session's comments, read for all of its page of sessions at once."""
    actor, size = needs(info, "read"), page_size(first)
    if after is not None and around is not None:
        raise bad_input("after goes on in a list, around begins one: give one of them.")
    if around is not None and abs(around) > LONGEST_SECONDS:
        raise bad_input(f"around is at most {LONGEST_SECONDS} seconds from the start.")
    place = read_cursor(after, order=ORDER, kinds=(parse_date_time, UUID))
    answer = partial(
        session_comments,
        actor=actor,
        limit=size + 1,
        after=None if place is None else (place[0], place[1]),
        around=around,
        questions_only=questions_only,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    question = (ORDER, size, after, around, questions_only, starts_at, ends_at)
    rows = part.siblings.load(question, answer).get(part.identity, [])
    clock = clock_of(info, part.siblings, part.identity)
    shows_viewers = "read:audience" in actor.scopes
    return connection_of(
        rows,
        size=size,
        after=after,
        cursor=lambda row: write_cursor(ORDER, (row.at.isoformat(), row.id)),
        node=lambda row: _shown(row, clock, shows_viewers=shows_viewers),
    )


@strawberry.type(
    description="A session, or a part of it, again: trend, markers and comments on one clock, whose seconds "
    "count from the session's start."
)
class SessionReplay:
    starts_at: dt.datetime | None = strawberry.field(
        description="The session's start, second 0; null while unknown."
    )
    url: str | None = strawberry.field(
        description="Where the part can be watched again, from its first second; null without a replay."
    )
    trend: TimeSeries = strawberry.field(description="Its numbers minute by minute.")
    offsets: FloatSeries = strawberry.field(
        description="For each timestamp of the trend, its seconds from the start; the first minute may have "
        "begun before it."
    )
    markers: list[Marker] = strawberry.field(
        description=f"What went on in it, in the order of time, the first {MOST}."
    )
    part: strawberry.Private[SessionPart]
    first_at: strawberry.Private[dt.datetime | None]
    last_at: strawberry.Private[dt.datetime | None]

    @computed(description="What was written in it, in the order of time.")
    def comments(
        self,
        info: Info,
        first: FirstArgument = 20,
        after: AfterArgument = None,
        questions_only: QuestionsArgument = False,
    ) -> Connection[Comment]:
        return comments_of(
            info,
            self.part,
            first=first,
            after=after,
            questions_only=questions_only,
            starts_at=self.first_at,
            ends_at=self.last_at,
        )


@strawberry.type
class CommentsOfSession(SessionPart):
    """Fields of a live session: what was written, and all of it again."""

    @computed(description="What was written, in the order of time, a page at a time.")
    def comments(
        self,
        info: Info,
        first: FirstArgument = 20,
        after: AfterArgument = None,
        around: AroundArgument = None,
        questions_only: QuestionsArgument = False,
    ) -> Connection[Comment]:
        return comments_of(info, self, first=first, after=after, around=around, questions_only=questions_only)

    @computed(description="It again, or a part of it: trend, markers and comments on one clock.")
    @reads(weight=240 + MOST)
    def replay(
        self,
        info: Info,
        metrics: MetricsArgument,
        from_second: FromSecondArgument = None,
        to_second: ToSecondArgument = None,
    ) -> SessionReplay:
        return replayed(info, self, metrics, from_second=from_second, to_second=to_second)


def replayed(
    info: Info,
    part: SessionPart,
    metrics: MetricsArgument,
    *,
    from_second: int | None,
    to_second: int | None,
) -> SessionReplay:
    """The seconds [from_second, to_second) of a session, or all of it."""
    for given in (from_second, to_second):
        if given is not None and not 0 <= given <= LONGEST_SECONDS:
            raise bad_input(f"from and to are seconds from the session's start, 0 to {LONGEST_SECONDS}.")
    clock = clock_of(info, part.siblings, part.identity)

    def moment(second: int | None) -> dt.datetime | None:
        if second is None or clock.starts_at is None:
            return None
        return clock.starts_at + dt.timedelta(seconds=second)

    first_at, last_at = moment(from_second), moment(to_second)
    trend = session_trend(
        info,
        part.siblings,
        part.identity,
        metrics=metrics,
        window=None,
        starts_at=first_at,
        ends_at=last_at,
        is_live=part.is_live,
    )
    start = clock.starts_at
    return SessionReplay(
        starts_at=start,
        url=replay_at(clock.replay_url, from_second),
        trend=trend,
        offsets=FloatSeries(
            [None if start is None else (at - start).total_seconds() for at in trend.timestamps]
        ),
        markers=markers_of(info, part, kinds=None, from_second=from_second, to_second=to_second),
        part=part,
        first_at=first_at,
        last_at=last_at,
    )
