"""The root of the GraphQL schema."""

from typing import Annotated

import strawberry
from graphql import build_schema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig

from analytics.graphql.advice import AdviceQueries
from analytics.graphql.audiences import AudienceMutations
from analytics.graphql.follow_ups import FollowUpMutations, FollowUpQueries
from analytics.graphql.kpis import BasisArgument, CurrencyArgument
from analytics.graphql.lifetime import LifetimeQueries
from analytics.graphql.metrics import MetricDefinition, MetricScope, catalogue
from analytics.graphql.pages import AfterArgument, Connection, FirstArgument, Info, Node, computed
from analytics.graphql.plans import PlanQueries
from analytics.graphql.returning import ReturningQueries
from analytics.graphql.reviews import ReviewMutations, ReviewQueries
from analytics.graphql.selections import SelectionMutations, SelectionQueries
from analytics.graphql.shop import PeriodInput, Shop
from analytics.graphql.values import SalesBasis
from commerce.graphql import nodes as nodes_of_facts
from commerce.graphql.actors import Actor, RateLimit, rate_limit, who_asks
from commerce.graphql.cohorts import CohortQueries
from commerce.graphql.comparisons import ComparisonQueries
from commerce.graphql.customers import CustomerQueries
from commerce.graphql.facts import (
    Order,
    OrderFilterArgument,
    Product,
    Rejection,
    RejectionFilterArgument,
    SearchArgument,
    list_orders,
    list_products,
    list_rejections,
)
from commerce.graphql.merging import MergeMutations, MergeProposal, SinceArgument, list_proposals
from commerce.graphql.moments import MomentMutations
from commerce.graphql.mutations import EventMutations
from commerce.graphql.nodes import find_node
from commerce.graphql.privacy import PrivacyMutations
from commerce.graphql.push import Subscription
from commerce.graphql.sessions import (
    LiveSession,
    LiveSessionBy,
    SessionsFilterArgument,
    SessionsOrderArgument,
    find_session,
    list_sessions,
)
from commerce.graphql.shop import shop
from commerce.graphql.spend import SpendQueries
from commerce.graphql.targets import TargetMutations
from commerce.graphql.violations import AppealMutations
from config.api.cost import reads
from config.api.scalars import SCALAR_MAP, TimeZone
from kol.graphql import nodes as nodes_of_campaigns
from kol.graphql.changes import CampaignMutations
from kol.graphql.changes_of_links import LinkMutations
from kol.graphql.changes_of_people import PeopleMutations
from kol.graphql.changes_of_statements import StatementMutations
from kol.graphql.files_of_statements import StatementFileMutations
from kol.graphql.lists import CampaignQueries
from kol.graphql.rate_cards import RateCardMutations, RateCardQueries
from kol.graphql.statements import StatementQueries

FINDERS = {**nodes_of_facts.FINDERS, **nodes_of_campaigns.FINDERS}


@strawberry.type(description="Everything that can be asked.")
class Query(
    PlanQueries,
    AdviceQueries,
    CohortQueries,
    ComparisonQueries,
    CustomerQueries,
    FollowUpQueries,
    LifetimeQueries,
    ReturningQueries,
    SelectionQueries,
    CampaignQueries,
    RateCardQueries,
    ReviewQueries,
    SpendQueries,
    StatementQueries,
):
    @computed(description="Who asks: the holder of the key.")
    def me(self, info: Info) -> Actor:
        return who_asks(info)

    @computed(description="The budget of the key.")
    @reads(weight=0)
    def rate_limit(self, info: Info) -> RateLimit:
        return rate_limit(info)

    @computed(description="One live session; null when there is none.")
    def live_session(
        self,
        info: Info,
        by: Annotated[LiveSessionBy, strawberry.argument(description="Which session is meant.")],
    ) -> LiveSession | None:
        return find_session(info, by)

    @computed(description="Live sessions, a page at a time.")
    def live_sessions(
        self,
        info: Info,
        filter: SessionsFilterArgument = None,
        order_by: SessionsOrderArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[LiveSession]:
        return list_sessions(info, where=filter, order_by=order_by, first=first, after=after)

    @computed(description="Sessions that may be broadcasts of one. Needs the scope `manage`.")
    def merge_proposals(
        self, info: Info, since: SinceArgument = None, first: FirstArgument = 10
    ) -> list[MergeProposal]:
        return list_proposals(info, since, first)

    @computed(description="The catalogue: what every number means.")
    @reads(weight=1, size=0)
    def metrics(
        self,
        info: Info,
        scope: Annotated[
            MetricScope | None, strawberry.argument(description="Only numbers about this; all when left out.")
        ] = None,
    ) -> list[MetricDefinition]:
        return catalogue(info, scope)

    @computed(description="The shop over a period.")
    def shop(
        self,
        info: Info,
        period: Annotated[PeriodInput, strawberry.argument(description="Which days.")],
        timezone: Annotated[
            TimeZone | None,
            strawberry.argument(
                description="Whose days are meant; the partner's own when left out. In another one a period "
                "has at most 400 days, and numbers of orders alone."
            ),
        ] = None,
        basis: BasisArgument = SalesBasis.PAID,
        currency: CurrencyArgument = None,
    ) -> Shop:
        return shop(info, period=period, timezone=timezone, basis=basis, currency=currency)

    @computed(description="Products by their external ids, a page at a time.")
    def products(
        self,
        info: Info,
        search: SearchArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Product]:
        return list_products(info, search=search, first=first, after=after)

    @computed(description="Orders, the latest first, a page at a time.")
    def orders(
        self,
        info: Info,
        filter: OrderFilterArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Order]:
        return list_orders(info, where=filter, first=first, after=after)

    @computed(description="Refused events, the latest first. Needs the scope `manage` or `ingest`.")
    def rejections(
        self,
        info: Info,
        filter: RejectionFilterArgument = None,
        first: FirstArgument = 20,
        after: AfterArgument = None,
    ) -> Connection[Rejection]:
        return list_rejections(info, where=filter, first=first, after=after)

    @computed(description="Anything by its id; null when there is nothing of it to see.")
    def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id.")]
    ) -> Node | None:
        return find_node(info, id, finders=FINDERS)


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    AppealMutations,
    AudienceMutations,
    CampaignMutations,
    EventMutations,
    FollowUpMutations,
    LinkMutations,
    MergeMutations,
    MomentMutations,
    PeopleMutations,
    PrivacyMutations,
    RateCardMutations,
    ReviewMutations,
    SelectionMutations,
    StatementFileMutations,
    StatementMutations,
    TargetMutations,
):
    """Put together from the mutations of each subject."""


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALAR_MAP),
)


def sdl() -> str:
    """The schema in SDL, sorted: the same schema is the same text."""
    return print_schema(lexicographic_sort_schema(build_schema(schema.as_str()))) + "\n"
