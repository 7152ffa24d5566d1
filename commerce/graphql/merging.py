"""Making one session of several broadcasts, and taking it apart."""

import datetime as dt
from typing import Annotated

import strawberry

from analytics.graphql.changes import UserError, UserErrorCode
from analytics.graphql.pages import Info, computed, needs, own_id, page_size
from analytics.queries.broadcasts import merge_proposals
from commerce import broadcasts
from commerce.graphql.sessions import LETTER, LiveSession, session_by_id, sessions_by_ids
from commerce.models import new_id
from commerce.tasks import wake


@strawberry.input(description="Sessions that are one.")
class MergeSessionsInput:
    ids: list[strawberry.ID] = strawberry.field(description="Ids of two or more, none of them merged.")
    reason: str = strawberry.field(default="", description="Why; kept on record.")


@strawberry.input(description="A merged session to take apart.")
class SplitSessionInput:
    id: strawberry.ID = strawberry.field(description="Its id.")
    reason: str = strawberry.field(default="", description="Why; kept on record.")


@strawberry.input(description="Sessions that are not one.")
class KeepSessionsApartInput:
    ids: list[strawberry.ID] = strawberry.field(description="Ids of two or more sessions.")
    reason: str = strawberry.field(default="", description="Why; kept on record.")


@strawberry.type(description="What became of sessions to be merged.")
class MergeSessionsPayload:
    live_session: LiveSession | None = strawberry.field(
        description="The one session; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What became of a session to be taken apart.")
class SplitSessionPayload:
    live_sessions: list[LiveSession] = strawberry.field(
        description="Its broadcasts, sessions again; empty when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What became of sessions to be kept apart.")
class KeepSessionsApartPayload:
    is_kept: bool = strawberry.field(description="Whether nobody proposes them together any more.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _wrong(refused: broadcasts.CannotMerge, field: str) -> list[UserError]:
    place = [] if refused.place is None else [str(refused.place)]
    path = ["input", field, *place]
    return [UserError(field=path, code=UserErrorCode[refused.code], message=refused.message)]


@strawberry.type(description="Sessions of one account, at most 30 minutes apart, that may be one.")
class MergeProposal:
    account: str = strawberry.field(description="The account, in lower case.")
    live_sessions: list[LiveSession] = strawberry.field(description="The sessions, the earliest first.")


SinceArgument = Annotated[
    dt.datetime | None,
    strawberry.argument(description="Only sessions started since then; the last 90 days when left out."),
]


def list_proposals(info: Info, since: dt.datetime | None, first: int) -> list[MergeProposal]:
    """Proposals, the latest first."""
    actor, most = needs(info, "manage"), page_size(first)
    found = merge_proposals(actor=actor, since=since or info.context.now - dt.timedelta(days=90))[:most]
    shown = sessions_by_ids(info, [identity for one in found for identity in one.session_ids])
    return [
        MergeProposal(account=one.account, live_sessions=[shown[identity] for identity in one.session_ids])
        for one in found
    ]


MergeArgument = Annotated[MergeSessionsInput, strawberry.argument(description="Which ones, and why.")]
SplitArgument = Annotated[SplitSessionInput, strawberry.argument(description="Which one, and why.")]
ApartArgument = Annotated[KeepSessionsApartInput, strawberry.argument(description="Which ones, and why.")]


@strawberry.type
class MergeMutations:
    """Part of the root's mutations: sessions made of several broadcasts."""

    @computed(description="Make one session of several broadcasts. Needs the scope `manage`.")
    def merge_sessions(self, info: Info, input: MergeArgument) -> MergeSessionsPayload:
        actor = needs(info, "manage")
        ids = [own_id(identity, LETTER) or new_id() for identity in input.ids]
        try:
            whole = broadcasts.merge(ids, actor=actor, reason=input.reason, now=info.context.now)
        except broadcasts.CannotMerge as refused:
            return MergeSessionsPayload(live_session=None, user_errors=_wrong(refused, "ids"))
        wake(whole.partner_id)
        return MergeSessionsPayload(live_session=session_by_id(info, whole.pk), user_errors=[])

    @computed(description="Take a merged session apart. Needs the scope `manage`.")
    def split_session(self, info: Info, input: SplitArgument) -> SplitSessionPayload:
        actor = needs(info, "manage")
        identity = own_id(input.id, LETTER) or new_id()
        try:
            rows = broadcasts.split(identity, actor=actor, reason=input.reason, now=info.context.now)
        except broadcasts.CannotMerge as refused:
            return SplitSessionPayload(live_sessions=[], user_errors=_wrong(refused, "id"))
        for partner_id in {row.partner_id for row in rows}:
            wake(partner_id)
        shown = [session_by_id(info, row.pk) for row in rows]
        return SplitSessionPayload(live_sessions=[one for one in shown if one], user_errors=[])

    @computed(description="Say that sessions are not one: nobody proposes it again. Needs `manage`.")
    def keep_sessions_apart(self, info: Info, input: ApartArgument) -> KeepSessionsApartPayload:
        actor = needs(info, "manage")
        ids = [own_id(identity, LETTER) or new_id() for identity in input.ids]
        try:
            broadcasts.keep_apart(ids, actor=actor, reason=input.reason, now=info.context.now)
        except broadcasts.CannotMerge as refused:
            return KeepSessionsApartPayload(is_kept=False, user_errors=_wrong(refused, "ids"))
        return KeepSessionsApartPayload(is_kept=True, user_errors=[])
