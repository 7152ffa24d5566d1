"""Violations of sessions, and the appeals against them."""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Final
from uuid import UUID

import strawberry
from django.db.models import F, Q

from analytics.graphql.changes import UserError, conflict, invalid, not_found
from analytics.graphql.pages import Info, Node, SessionPart, computed, needs, node_id, own_id
from commerce import models
from commerce.access import Actor, scoped
from commerce.appeals import NotNow, appeal, decide, find_violation
from config.api.cost import reads

LETTER: Final = "V"
SESSION_LETTER: Final = "S"
MOST: Final = 50
LONGEST_TEXT: Final = 10_000


@strawberry.enum(description="Where a violation is in its life.")
class ViolationState(enum.Enum):
    OPEN = strawberry.enum_value("OPEN", description="Nobody has contested it.")
    APPEALED = strawberry.enum_value("APPEALED", description="It is contested; the platform has to decide.")
    UPHELD = strawberry.enum_value("UPHELD", description="The platform stays with it.")
    OVERTURNED = strawberry.enum_value("OVERTURNED", description="The platform took it back.")


@strawberry.enum(description="What a platform decided about an appeal.")
class AppealOutcome(enum.Enum):
    UPHELD = strawberry.enum_value("UPHELD", description="The violation stands.")
    OVERTURNED = strawberry.enum_value("OVERTURNED", description="The violation is taken back.")


@strawberry.type(description="How a violation was contested.")
class Appeal:
    text: str = strawberry.field(description="Why it is contested.")
    appealed_at: dt.datetime = strawberry.field(description="When it was contested.")
    appealed_by: str = strawberry.field(description="Who contested it: a login, or the name of a key.")
    decision: str = strawberry.field(description="What the platform answered; empty before that.")
    decided_at: dt.datetime | None = strawberry.field(description="When that was written down.")
    decided_by: str | None = strawberry.field(description="Who wrote it down.")


@strawberry.type(description="A platform's complaint about a session.")
class Violation(Node):
    external_id: str = strawberry.field(description="The id its source gave it.")
    source: str = strawberry.field(description="Who tells about it.")
    session_id: strawberry.ID | None = strawberry.field(
        description="The session it is about, for `liveSession` and `node`."
    )
    occurred_at: dt.datetime | None = strawberry.field(description="When it was told first.")
    code: str = strawberry.field(description="What it is, as the platform's word; empty when not told.")
    reason: str = strawberry.field(description="What it is, in words; empty when not told.")
    severity: str = strawberry.field(description="How grave it is, as told; empty when not told.")
    remediation: str = strawberry.field(description="What the platform asks for; empty when not told.")
    state: ViolationState = strawberry.field(description="Whether it is contested, and with what outcome.")
    appeal: Appeal | None = strawberry.field(description="How it was contested; null while it is open.")


def shown_violation(row: models.Violation, contested: models.ViolationAppeal | None) -> Violation:
    """A violation with its appeal."""
    return Violation(
        id=node_id(LETTER, row.pk),
        external_id=row.external_id,
        source=row.source,
        session_id=None if row.session_id is None else node_id(SESSION_LETTER, row.session_id),
        occurred_at=row.occurred_at,
        code=row.code,
        reason=row.reason,
        severity=row.severity,
        remediation=row.remediation,
        state=ViolationState.OPEN if contested is None else ViolationState[contested.state],
        appeal=None
        if contested is None
        else Appeal(
            text=contested.text,
            appealed_at=contested.appealed_at,
            appealed_by=contested.appealed_by,
            decision=contested.decision,
            decided_at=contested.decided_at,
            decided_by=contested.decided_by or None,
        ),
    )


def violation_by_id(info: Info, identity: UUID) -> Violation | None:
    """The violation of an id."""
    row = find_violation(identity, actor=needs(info, "read"))
    return None if row is None else shown_violation(row, _appeals([row]).get(row.pk))


def _appeals(rows: Sequence[models.Violation]) -> dict[UUID, models.ViolationAppeal]:
    contested = models.ViolationAppeal.objects.filter(
        partner_id__in={row.partner_id for row in rows}, violation__in=[row.pk for row in rows]
    )
    return {one.violation_id: one for one in contested}


def _of_sessions(sessions: Sequence[UUID], *, actor: Actor) -> Mapping[UUID, list[Violation]]:
    rows = list(
        scoped(models.Violation.objects.defer("versions"), actor=actor)
        .filter(Q(session__in=list(sessions)) | Q(session__merged_into__in=list(sessions)))
        .annotate(whole_id=F("session__merged_into"))
        .order_by("occurred_at", "id")[: MOST * len(sessions)]
    )
    contested = _appeals(rows)
    found: dict[UUID, list[Violation]] = defaultdict(list)
    for row in rows:
        told = shown_violation(row, contested.get(row.pk))
        for session_id in {row.session_id, row.whole_id} & set(sessions):
            found[session_id].append(told)
    return found


@strawberry.type
class ViolationsOfSession(SessionPart):
    """Fields of a live session: what its platform complained of."""

    @computed(description=f"What its platform complained of, in the order of time, the first {MOST}.")
    @reads(weight=1, size=MOST)
    def violations(self, info: Info) -> list[Violation]:
        answer = partial(_of_sessions, actor=needs(info, "read"))
        return self.siblings.load("violations", answer).get(self.identity, [])[:MOST]


# -- appeals -------------------------------------------------------------------------------------


@strawberry.input(description="A violation to contest.")
class AppealViolationInput:
    id: strawberry.ID = strawberry.field(description="The violation.")
    text: str = strawberry.field(description="Why it is contested, 1 to 10,000 characters.")


@strawberry.input(description="A platform's decision about an appeal.")
class DecideAppealInput:
    id: strawberry.ID = strawberry.field(description="The violation.")
    outcome: AppealOutcome = strawberry.field(description="What was decided.")
    text: str = strawberry.field(
        default="", description="What the platform answered, at most 10,000 characters."
    )


@strawberry.type(description="What became of a step in an appeal.")
class ViolationPayload:
    violation: Violation | None = strawberry.field(
        description="The violation as it is now; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _refused(error: UserError) -> ViolationPayload:
    return ViolationPayload(violation=None, user_errors=[error])


def _found(info: Info, identity: str, text: str, *, least: int) -> models.Violation | UserError:
    actor = needs(info, "manage")
    if not least <= len(text) <= LONGEST_TEXT:
        return invalid("text", message=f"A text of {least} to {LONGEST_TEXT} characters.")
    if "\0" in text:
        return invalid("text", message="Text must not contain the NUL character.")
    own = own_id(identity, LETTER)
    row = None if own is None else find_violation(own, actor=actor)
    return row or not_found("id", message="No violation has this id.")


@strawberry.type
class AppealMutations:
    """Part of the root's mutations: contesting what a platform complained of."""

    @computed(description="Contest a violation that is open. Needs the scope `manage`; on record.")
    def appeal_violation(
        self,
        info: Info,
        input: Annotated[AppealViolationInput, strawberry.argument(description="Which, and why.")],
    ) -> ViolationPayload:
        row = _found(info, input.id, input.text.strip(), least=1)
        if isinstance(row, UserError):
            return _refused(row)
        try:
            made = appeal(row, actor=info.context.actor, text=input.text.strip(), now=info.context.now)
        except NotNow as error:
            return _refused(conflict("id", message=str(error)))
        return ViolationPayload(violation=shown_violation(row, made), user_errors=[])

    @computed(
        description="Write down what the platform decided of an appeal. Needs the scope `manage`; on record."
    )
    def decide_appeal(
        self,
        info: Info,
        input: Annotated[DecideAppealInput, strawberry.argument(description="Which, and what.")],
    ) -> ViolationPayload:
        row = _found(info, input.id, input.text.strip(), least=0)
        if isinstance(row, UserError):
            return _refused(row)
        try:
            decided = decide(
                row,
                actor=info.context.actor,
                outcome=models.ViolationAppeal.State[input.outcome.name],
                text=input.text.strip(),
                now=info.context.now,
            )
        except NotNow as error:
            return _refused(conflict("id", message=str(error)))
        return ViolationPayload(violation=shown_violation(row, decided), user_errors=[])
