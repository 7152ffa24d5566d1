"""Setting, revising and retiring targets through the API."""

import datetime as dt
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from analytics.graphql.changes import UserError, UserErrorCode
from analytics.graphql.metrics import BetterWhen, Cadence, MetricKey, MetricScope
from analytics.graphql.pages import Info, computed, needs, own_id
from analytics.graphql.targets import LETTER, RevisionReason, Target, TargetKind, shown_target
from analytics.graphql.values import SalesBasis
from analytics.metrics import Cadence as DeclaredCadence
from analytics.metrics import Direction, Scope
from analytics.plans.current import standing_of, today_of
from analytics.plans.targets import Refused, Wish, retire_target, revise_target, set_target
from commerce import models, queries
from commerce.access import Actor
from commerce.graphql.sessions import LETTER as SESSION_LETTER
from config.api.scalars import CurrencyCode


@strawberry.input(description="A target to set: for one session, or for every period of a cadence.")
class SetTargetInput:
    metric: MetricKey = strawberry.field(description="The number to reach.")
    about: MetricScope = strawberry.field(
        default=MetricScope.SESSION,
        description="What the metric is of. For a session: SESSION. For periods: SESSION (all sessions that "
        "begin in the period) or SHOP.",
    )
    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="The session it is for; exactly one of this and the cadence."
    )
    cadence: Cadence | None = strawberry.field(
        default=None, description="The periods it is for; exactly one of this and the session."
    )
    starts_on: dt.date | None = strawberry.field(
        default=None,
        description="A day of the first period it is for, not before the current one; left out: the current.",
    )
    kind: TargetKind = strawberry.field(default=TargetKind.ABSOLUTE, description="What the value means.")
    value: Decimal = strawberry.field(description="The value, at most six decimals.")
    direction: BetterWhen | None = strawberry.field(
        default=None, description="Which way is better, UP or DOWN; left out: as the metric says."
    )
    basis: SalesBasis = strawberry.field(
        default=SalesBasis.PAID, description="Which orders count, where sales matter."
    )
    currency: CurrencyCode | None = strawberry.field(
        default=None,
        description="The currency whose orders count; left out: the session's, else the partner's.",
    )
    owner: str = strawberry.field(description="Who answers for it, 1 to 200 characters.")
    reason: str = strawberry.field(default="", description="Why, at most 2000 characters.")


@strawberry.input(description="Another value or owner for a target.")
class ReviseTargetInput:
    id: strawberry.ID = strawberry.field(description="The target.")
    value: Decimal | None = strawberry.field(default=None, description="The new value; left out: as it is.")
    owner: str | None = strawberry.field(default=None, description="The new owner; left out: as it is.")
    why: RevisionReason = strawberry.field(description="Why.")
    note: str = strawberry.field(default="", description="Why in words, at most 2000 characters.")


@strawberry.input(description="A target to end; it stays with its history.")
class RetireTargetInput:
    id: strawberry.ID = strawberry.field(description="The target.")
    why: RevisionReason = strawberry.field(description="Why.")
    note: str = strawberry.field(default="", description="Why in words, at most 2000 characters.")


@strawberry.type(description="What became of a change of a target.")
class TargetPayload:
    target: Target | None = strawberry.field(description="The target; null when there are user errors.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


SetArgument = Annotated[SetTargetInput, strawberry.argument(description="The target.")]
ReviseArgument = Annotated[ReviseTargetInput, strawberry.argument(description="What to change.")]
RetireArgument = Annotated[RetireTargetInput, strawberry.argument(description="Which one, and why.")]


def _refused(error: Refused) -> TargetPayload:
    field = "id" if error.field == "id" else _camel(error.field)
    told = UserError(
        field=["input", field], code=UserErrorCode[error.kind.upper()], message=error.message
    )
    return TargetPayload(target=None, user_errors=[told])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _wish(info: Info, told: SetTargetInput, actor: Actor) -> Wish:
    if (told.session_id is None) is (told.cadence is None):
        raise Refused("session_id", "A target is for a session or for a cadence: give exactly one.")
    session = None
    if told.session_id is not None:
        identity = own_id(told.session_id, SESSION_LETTER)
        session = None if identity is None else queries.session(identity, actor=actor)
        if session is None:
            raise Refused("session_id", "No session has this id.", kind="not_found")
        if told.starts_on is not None:
            raise Refused("starts_on", "A session has its own time.")
    partner = _partner(actor, session)
    return Wish(
        partner_id=partner.id,
        currency=told.currency or (session.currency if session is not None else None) or partner.currency,
        metric=told.metric.name.lower(),
        about=Scope[told.about.name],
        session_id=None if session is None else session.id,
        cadence=None if told.cadence is None else DeclaredCadence[told.cadence.name],
        today=today_of(partner, info.context.now),
        week_starts_on=partner.week_starts_on,
        day=told.starts_on,
        kind=told.kind.name,
        value=told.value,
        direction=None if told.direction is None else Direction[told.direction.name],
        basis=told.basis.name,
        owner=told.owner,
        reason=told.reason,
    )


def _partner(actor: Actor, session: models.LiveSession | None) -> models.Partner:
    rows = queries.partners(actor=actor)
    if session is not None:
        return next(row for row in rows if row.id == session.partner_id)
    if len(rows) != 1:
        raise Refused("cadence", "Periods are of one partner, and this key sees several.")
    return rows[0]


def _shown(info: Info, target_id: UUID) -> TargetPayload:
    told = standing_of(target_id, actor=info.context.actor, now=info.context.now)
    return TargetPayload(target=shown_target(told), user_errors=[])


@strawberry.type
class TargetMutations:
    """Part of the root's mutations: targets."""

    @computed(description="Set a target. On record. Needs the scope `manage`.")
    def set_target(self, info: Info, input: SetArgument) -> TargetPayload:
        actor = needs(info, "manage")
        try:
            target = set_target(_wish(info, input, actor), actor=actor, now=info.context.now)
        except Refused as error:
            return _refused(error)
        return _shown(info, target.id)

    @computed(
        description="Give a target another value or owner, with the reason. On record. "
        "Needs the scope `manage`."
    )
    def revise_target(self, info: Info, input: ReviseArgument) -> TargetPayload:
        actor = needs(info, "manage")
        try:
            target = revise_target(
                own_id(input.id, LETTER),
                value=input.value,
                owner=input.owner,
                why=input.why.name,
                note=input.note,
                actor=actor,
                now=info.context.now,
            )
        except Refused as error:
            return _refused(error)
        return _shown(info, target.id)

    @computed(description="End a target, with the reason. On record. Needs the scope `manage`.")
    def retire_target(self, info: Info, input: RetireArgument) -> TargetPayload:
        actor = needs(info, "manage")
        try:
            target = retire_target(
                own_id(input.id, LETTER),
                why=input.why.name,
                note=input.note,
                actor=actor,
                now=info.context.now,
            )
        except Refused as error:
            return _refused(error)
        return _shown(info, target.id)
