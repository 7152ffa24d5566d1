"""Deciding about claims, and taking statements from an estimate to paid."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from analytics.graphql.changes import UserError
from analytics.graphql.pages import Info, computed, needs
from analytics.graphql.shop import PeriodInput
from commerce.tasks import wake
from config.api.scalars import CurrencyCode
from kol import statements
from kol.graphql.claims import CLAIM_LETTER, STATEMENT_LETTER, Claim, claim_by_id
from kol.graphql.parts import COLLABORATION_LETTER
from kol.graphql.statements import Statement, statement_by_id
from kol.graphql.wishes import REASON, id_of, told
from kol.refusals import Refused


@strawberry.input(description="A claim to approve: one that waits, or one that was declined.")
class ApproveClaimInput:
    id: strawberry.ID = strawberry.field(description="The claim.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A claim to decline: one that waits, or one that is approved and not paid.")
class DeclineClaimInput:
    id: strawberry.ID = strawberry.field(description="The claim.")
    reason: str = strawberry.field(description="Why, 1 to 10,000 characters; the influencer's side reads it.")


@strawberry.input(description="A period of a collaboration to make a statement of.")
class CreateStatementInput:
    collaboration_id: strawberry.ID = strawberry.field(description="Whose statement it is.")
    period: PeriodInput = strawberry.field(description="Which days; they lie in no other statement's.")
    currency: CurrencyCode | None = strawberry.field(
        default=None, description="Of claims in this currency; left out: the campaign's."
    )
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="An estimate to approve; its period is over.")
class ApproveStatementInput:
    id: strawberry.ID = strawberry.field(description="The statement.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="An approved statement to lock.")
class LockStatementInput:
    id: strawberry.ID = strawberry.field(description="The statement.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.input(description="A locked statement that is paid.")
class PayStatementInput:
    id: strawberry.ID = strawberry.field(description="The statement.")
    reference: str = strawberry.field(description="By what it was paid, 1 to 200 characters.")
    reason: str = strawberry.field(default="", description=REASON)


@strawberry.type(description="What became of a claim.")
class ClaimPayload:
    claim: Claim | None = strawberry.field(
        description="The claim as it is now; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What became of a statement.")
class StatementPayload:
    statement: Statement | None = strawberry.field(
        description="The statement as it is now; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


def _whom(info: Info) -> dict[str, Any]:
    return {"actor": needs(info, "manage"), "now": info.context.now}


def _claim(info: Info, act: Callable[[], Any]) -> ClaimPayload:
    try:
        row = act()
    except Refused as refused:
        return ClaimPayload(claim=None, user_errors=[told(refused)])
    wake(row.partner_id)
    return ClaimPayload(claim=claim_by_id(info, row.pk), user_errors=[])


def _statement(info: Info, act: Callable[[], Any]) -> StatementPayload:
    try:
        row = act()
    except Refused as refused:
        return StatementPayload(statement=None, user_errors=[told(refused)])
    return StatementPayload(statement=statement_by_id(info, row.pk), user_errors=[])


Approve = Annotated[ApproveClaimInput, strawberry.argument(description="Which one, and why.")]
Decline = Annotated[DeclineClaimInput, strawberry.argument(description="Which one, and why.")]
Create = Annotated[CreateStatementInput, strawberry.argument(description="Of whom, and which days.")]
ApproveIt = Annotated[ApproveStatementInput, strawberry.argument(description="Which one, and why.")]
Lock = Annotated[LockStatementInput, strawberry.argument(description="Which one, and why.")]
Pay = Annotated[PayStatementInput, strawberry.argument(description="Which one, and by what.")]


@strawberry.type
class StatementMutations:
    """Part of the root's mutations: claims decided, statements made, approved, locked and paid."""

    @computed(
        description="Approve a claim before its return window is over, or one that was declined. On record. "
        "Needs the scope `manage`."
    )
    def approve_claim(self, info: Info, input: Approve) -> ClaimPayload:
        whom, identity = _whom(info), id_of(input.id, CLAIM_LETTER)
        return _claim(info, lambda: statements.approve_claim(identity, reason=input.reason, **whom))

    @computed(
        description="Decline a claim: nothing is due of it, and what a locked statement holds of it is taken "
        "back by the next. On record. Needs the scope `manage`."
    )
    def decline_claim(self, info: Info, input: Decline) -> ClaimPayload:
        whom, identity = _whom(info), id_of(input.id, CLAIM_LETTER)
        return _claim(info, lambda: statements.decline_claim(identity, reason=input.reason, **whom))

    @computed(
        description="Make an estimate of a period, with all that waits from before its end; asked for again "
        "it gathers anew. On record. Needs the scope `manage`."
    )
    def create_statement(self, info: Info, input: Create) -> StatementPayload:
        whom, identity = _whom(info), id_of(input.collaboration_id, COLLABORATION_LETTER)

        def act() -> Any:
            return statements.create_statement(
                identity, starts_on=input.period.starts_on, ends_on=input.period.ends_on,
                currency=input.currency, reason=input.reason, **whom,
            )  # fmt: skip

        return _statement(info, act)

    @computed(
        description="Approve an estimate: nothing joins it any more. On record. Needs the scope `manage`."
    )
    def approve_statement(self, info: Info, input: ApproveIt) -> StatementPayload:
        whom, identity = _whom(info), id_of(input.id, STATEMENT_LETTER)
        return _statement(info, lambda: statements.approve_statement(identity, reason=input.reason, **whom))

    @computed(
        description="Lock an approved statement: it never changes again. On record. Needs the scope `manage`."
    )
    def lock_statement(self, info: Info, input: Lock) -> StatementPayload:
        whom, identity = _whom(info), id_of(input.id, STATEMENT_LETTER)
        return _statement(info, lambda: statements.lock_statement(identity, reason=input.reason, **whom))

    @computed(
        description="Say that a locked statement is paid, and its claims with it; earlier ones below zero "
        "are settled with it. On record. Needs the scope `manage`."
    )
    def pay_statement(self, info: Info, input: Pay) -> StatementPayload:
        whom, identity = _whom(info), id_of(input.id, STATEMENT_LETTER)

        def act() -> Any:
            return statements.pay_statement(identity, reference=input.reference, reason=input.reason, **whom)

        return _statement(info, act)
