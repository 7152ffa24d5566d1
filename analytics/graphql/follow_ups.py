"""Whom to follow up after a session: who is on the list, why, and what came of it."""

import datetime as dt
import enum
import math
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.exports import Cell, Table, csv_chunks
from analytics.followups import HORIZON, Rung
from analytics.followups import FollowUpReason as Reason
from analytics.graphql.changes import UserError, not_found
from analytics.graphql.pages import (
    AfterArgument,
    Connection,
    FirstArgument,
    Info,
    Node,
    computed,
    connection_of,
    needs,
    node_id,
    own_id,
    page_size,
    read_cursor,
    write_cursor,
)
from analytics.graphql.values import Money, MoneyRatio, Provenance, Rate, Z, money, money_ratio, rate
from analytics.queries.follow_ups import (
    EntryRow,
    GroupRow,
    ListRow,
    follow_up_groups,
    follow_up_list,
    follow_up_lists,
    follow_ups,
)
from commerce.record import put_on_record
from config.api.cost import reads
from config.api.scalars import BigInt, CurrencyCode, parse_date_time

LETTER: Final = "F"
SESSION_LETTER: Final = "S"
CUSTOMER_LETTER: Final = "U"
SCOPE: Final = "read:audience"
MOST_EXPORTED: Final = 10_000
FOUR: Final = Decimal("0.0001")


@strawberry.enum(description="What speaks for a follow-up.")
class FollowUpReason(enum.Enum):
    BOUGHT = strawberry.enum_value(Reason.BOUGHT.value, description="Bought in the session or its tail.")
    LEFT_A_CART = strawberry.enum_value(
        Reason.LEFT_A_CART.value, description="Put something into a cart and did not buy."
    )
    CLICKED_PRODUCTS = strawberry.enum_value(Reason.CLICKED_PRODUCTS.value, description="Clicked products.")
    COMMENTED = strawberry.enum_value(Reason.COMMENTED.value, description="Wrote comments.")
    STAYED_LONG = strawberry.enum_value(
        Reason.STAYED_LONG.value, description="Watched half of the session or more."
    )
    CAME_AGAIN = strawberry.enum_value(Reason.CAME_AGAIN.value, description="Had watched an earlier session.")
    BOUGHT_BEFORE = strawberry.enum_value(
        Reason.BOUGHT_BEFORE.value, description="Had bought before the session."
    )


@strawberry.enum(description="Ways to score viewers; each is used only where it tells more than those above.")
class ScoreRung(enum.Enum):
    MEAN = strawberry.enum_value(
        Rung.MEAN.value, description="Everybody alike: what viewers spend on average."
    )
    CELLS = strawberry.enum_value(
        Rung.CELLS.value,
        description="Averages by influencer, bought or not, came again or not; of few, drawn to the mean.",
    )
    PURCHASES = strawberry.enum_value(
        Rung.PURCHASES.value,
        description="Buyers by how often and for how much they bought (BG/NBD, Gamma-Gamma).",
    )
    RIDGE = strawberry.enum_value(
        Rung.RIDGE.value, description="Two penalised models of all that viewers did: whether, and how much."
    )


@strawberry.type(description="How a way to score did on sessions later than those it had learnt from.")
class ScoreTrial:
    rung: ScoreRung = strawberry.field(description="The way.")
    top_tenth_share: float = strawberry.field(
        description="The share of all spending that fell to the tenth of viewers it put first; 0.1 is chance."
    )
    calibration: float | None = strawberry.field(
        description="What it expected of all of them / what they spent; 1 is right."
    )
    is_used: bool = strawberry.field(description="Whether this list is scored by it.")


@strawberry.type(description="Somebody on a list.")
class FollowUp:
    place: BigInt = strawberry.field(description="From 1, the highest score.")
    customer_id: strawberry.ID = strawberry.field(description="The customer.")
    score: Money = strawberry.field(
        description="What is expected of the customer in the 90 days after the session's tail: margin where "
        "all costs are known, else net sales."
    )
    reasons: list[FollowUpReason] = strawberry.field(description="What speaks for it.")
    is_holdout: bool = strawberry.field(
        description="Whether the customer is to be left alone: drawn at random, to see the effect on others."
    )


@strawberry.type(description="Those of a list who are approached, or those who are left alone.")
class FollowUpGroup:
    people: BigInt = strawberry.field(description="How many.")
    buyers: Rate = strawberry.field(
        description="Those who bought in the 90 days since the list was made / all."
    )
    sales: Money = strawberry.field(description="What they bought for, NET.")
    sales_each: MoneyRatio = strawberry.field(description="It for each of them.")


@strawberry.type(
    description="What following up did: a random tenth is left alone, so the difference is an effect of it, "
    "if the others were approached."
)
class FollowUpEffect:
    approached: FollowUpGroup = strawberry.field(description="Everybody else on the list.")
    holdout: FollowUpGroup = strawberry.field(description="Those left alone.")
    difference: Money | None = strawberry.field(
        description="Sales to one approached less sales to one left alone; null where a group has nobody."
    )
    low: Decimal | None = strawberry.field(
        description="Lower end of its 95 % interval; null under two people in a group."
    )
    high: Decimal | None = strawberry.field(description="Upper end of it.")
    is_complete: bool = strawberry.field(description="Whether the 90 days are over.")


@strawberry.type(description="Viewers of an ended session to follow up, scored when its tail was over.")
class FollowUpList(Node):
    session_id: strawberry.ID = strawberry.field(description="The session.")
    currency: CurrencyCode = strawberry.field(description="The currency of scores and sales.")
    rung: ScoreRung = strawberry.field(description="How viewers are scored.")
    trials: list[ScoreTrial] = strawberry.field(
        description="How each way did; empty where there were too few viewings to learn from."
    )
    learnt_from: BigInt = strawberry.field(
        description="Viewings of sessions whose tail was over 90 days before or earlier."
    )
    viewers: BigInt = strawberry.field(description="Viewers of the session, on the list or not.")
    made_at: dt.datetime = strawberry.field(description="When it was made; it does not change.")
    provenance: Provenance = strawberry.field(description="Where the scores come from.")
    row: strawberry.Private[ListRow]

    @computed(
        description="Customers who agreed to be approached, the highest score first; who has withdrawn that "
        "since is not told. Needs the scope `read:audience`."
    )
    @reads(weight=1)
    def entries(
        self, info: Info, first: FirstArgument = 20, after: AfterArgument = None
    ) -> Connection[FollowUp]:
        actor, size = needs(info, SCOPE), page_size(first)
        place = read_cursor(after, order="follow-ups", kinds=(int,))
        rows = follow_ups(self.row.id, actor=actor, after=place[0] if place else 0, limit=size + 1)
        return connection_of(
            rows,
            size=size,
            after=after,
            cursor=lambda row: write_cursor("follow-ups", (row.place,)),
            node=lambda row: _entry(row, self.row.currency),
        )

    @computed(description="What came of it so far.")
    @reads(weight=20)
    def effect(self, info: Info) -> FollowUpEffect:
        actor = needs(info, "read")
        return _effect(self.row, follow_up_groups([self.row.id], actor=actor)[self.row.id], info.context.now)


NOBODY: Final = GroupRow(people=0, buyers=0, sales=Decimal(0), variance=0.0)


def _entry(row: EntryRow, currency: str) -> FollowUp:
    return FollowUp(
        place=BigInt(row.place),
        customer_id=node_id(CUSTOMER_LETTER, row.customer_id),
        score=money(row.score, currency),
        reasons=[FollowUpReason(reason) for reason in row.reasons],
        is_holdout=row.is_holdout,
    )


def _group(row: GroupRow, currency: str) -> FollowUpGroup:
    return FollowUpGroup(
        people=BigInt(row.people),
        buyers=rate(row.buyers, row.people),
        sales=money(row.sales, currency),
        sales_each=money_ratio(row.sales, row.people, currency),
    )


def _effect(told: ListRow, groups: dict[bool, GroupRow], now: dt.datetime) -> FollowUpEffect:
    approached, alone = groups.get(False, NOBODY), groups.get(True, NOBODY)
    difference = low = high = None
    if approached.people and alone.people:
        difference = (approached.sales / approached.people - alone.sales / alone.people).quantize(FOUR)
        if min(approached.people, alone.people) > 1:
            error = math.sqrt(approached.variance / approached.people + alone.variance / alone.people)
            low, high = (difference + Decimal(repr(round(sign * Z * error, 4))) for sign in (-1, 1))
    return FollowUpEffect(
        approached=_group(approached, told.currency),
        holdout=_group(alone, told.currency),
        difference=None if difference is None else money(difference, told.currency),
        low=low,
        high=high,
        is_complete=told.made_at + HORIZON <= now,
    )


def _shown(row: ListRow) -> FollowUpList:
    return FollowUpList(
        id=node_id(LETTER, row.id),
        session_id=node_id(SESSION_LETTER, row.session_id),
        currency=CurrencyCode(row.currency),
        rung=ScoreRung(row.rung),
        trials=[
            ScoreTrial(
                rung=ScoreRung(one["rung"]),
                top_tenth_share=one["top_share"],
                calibration=one["calibration"],
                is_used=one["is_used"],
            )
            for one in row.rungs
        ],
        learnt_from=BigInt(row.learnt_from),
        viewers=BigInt(row.viewers),
        made_at=row.made_at,
        provenance=Provenance.PREDICTED,
        row=row,
    )


def list_by_id(info: Info, identity: UUID) -> FollowUpList | None:
    """The list of an id, if the actor may see it."""
    row = follow_up_list(actor=needs(info, "read"), list_id=identity)
    return None if row is None else _shown(row)


@strawberry.input(one_of=True, description="Which list is meant: exactly one of these.")
class FollowUpListBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Its id.")
    session: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The id of its session."
    )


@strawberry.type
class FollowUpQueries:
    @computed(description="Lists of whom to follow up, the latest first, a page at a time.")
    def follow_up_lists(
        self, info: Info, first: FirstArgument = 20, after: AfterArgument = None
    ) -> Connection[FollowUpList]:
        actor, size = needs(info, "read"), page_size(first)
        place = read_cursor(after, order="follow-up lists", kinds=(parse_date_time, UUID))
        rows = follow_up_lists(
            actor=actor, after=None if place is None else (place[0], place[1]), limit=size + 1
        )
        return connection_of(
            rows,
            size=size,
            after=after,
            cursor=lambda row: write_cursor("follow-up lists", (row.made_at, row.id)),
            node=_shown,
        )

    @computed(description="One list; null when there is none.")
    def follow_up_list(
        self,
        info: Info,
        by: Annotated[FollowUpListBy, strawberry.argument(description="Which list is meant.")],
    ) -> FollowUpList | None:
        if by.id:
            identity = own_id(by.id, LETTER)
            return None if identity is None else list_by_id(info, identity)
        session = own_id(by.session or "", SESSION_LETTER)
        if session is None:
            return None
        row = follow_up_list(actor=needs(info, "read"), session_id=session)
        return None if row is None else _shown(row)


# -- taking one out ----------------------------------------------------------------------------


@strawberry.input(description="A list to take out.")
class ExportFollowUpListInput:
    id: strawberry.ID = strawberry.field(description="The list.")


@strawberry.type(description="A list as a table.")
class ExportFollowUpListPayload:
    csv: str | None = strawberry.field(
        description="A line a customer to approach, the highest score first, below a line of names; without "
        "those left alone. Null when there are user errors."
    )
    rows: BigInt = strawberry.field(description="How many customers it has, at most 10,000.")
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


NAMES: Final = ("place", "customer_id", "source", "score", "currency", "reasons")


def _line(row: EntryRow, currency: str) -> list[Cell]:
    return [row.place, row.external_id, row.source, row.score, currency, " ".join(row.reasons)]


@strawberry.type
class FollowUpMutations:
    """Part of the root's mutations: lists taken out, on record."""

    @computed(
        description="Take a list out as CSV, with the ids by which sources know the customers; it is put on "
        "record. Needs the scope `read:pii`."
    )
    @reads(weight=200)
    def export_follow_up_list(
        self,
        info: Info,
        input: Annotated[ExportFollowUpListInput, strawberry.argument(description="Which list.")],
    ) -> ExportFollowUpListPayload:
        actor = needs(info, "read:pii")
        identity = own_id(input.id, LETTER)
        row = None if identity is None else follow_up_list(actor=actor, list_id=identity)
        if row is None:
            error = not_found("id", message="There is no such list.")
            return ExportFollowUpListPayload(csv=None, rows=BigInt(0), user_errors=[error])
        found = follow_ups(row.id, actor=actor, after=0, limit=MOST_EXPORTED, without_holdout=True)
        put_on_record(
            actor=actor,
            partner_id=row.partner_id,
            action="export_follow_up_list",
            subject_kind="follow_up_list",
            subject_id=row.id,
            now=info.context.now,
            details={"rows": len(found)},
        )
        table = Table(
            name="Follow-ups", headers=list(NAMES), rows=(_line(one, row.currency) for one in found)
        )
        csv = b"".join(csv_chunks(table)).decode()
        return ExportFollowUpListPayload(csv=csv, rows=BigInt(len(found)), user_errors=[])
