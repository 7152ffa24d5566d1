"""Two partners' worlds with rows of every kind, and a walk through every field there is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import models
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    is_leaf_type,
    is_list_type,
)

from analytics import advice, debriefs, followups
from analytics.fills import uplift
from analytics.graphql.pages import node_id
from analytics.lifetime import beside, predicting
from analytics.models import CadenceReport, FollowUpList, MetricSelection, ModelRun, Review, Target
from analytics.plans import reporting
from commerce import privacy
from commerce.access import Actor
from commerce.models import (
    Customer,
    LiveSession,
    Order,
    Partner,
    Product,
    Rejection,
    Spend,
    Violation,
)
from config.api.errors import classify
from config.graphql import schema
from tests import factories
from tests.analytics.graphql_client import actor_of, ask, execute
from tests.config.campaigns import FEES, Stage, stage
from tests.config.sources import SUMS, late_of, told_of
from tests.factories import NOW, deliver, fill, minute

BEFORE: Final = NOW - timedelta(hours=2)
DEPTH: Final = 12
ENTANGLED: Final = frozenset({"Campaign", "Collaboration", "Kol", "Statement", "Claim"})
NUMBERS: Final = "[REACH, ORDERS, SALES, COST]"
OF_SHOPS: Final = {
    "split.by": "PRODUCT", "trend.metrics": "[SALES]", "compare.metrics": "[SALES]",
    "compare.with": "PREVIOUS_PERIOD",
}  # fmt: skip
OF_CAMPAIGNS: Final = (("Campaign", "compare"), ("Campaign", "trend"), ("Collaboration", "trend"))
ALL: Final = ("read", "read:audience", "manage")

SET = "mutation ($input: SetTargetInput!) { setTarget(input: $input) { userErrors { message } } }"
SAVE = """mutation ($input: SaveMetricSelectionInput!) {
  saveMetricSelection(input: $input) { userErrors { message } } }"""
APPEAL = """mutation ($input: AppealViolationInput!) {
  appealViolation(input: $input) { userErrors { message } } }"""
MERGE = "mutation ($input: MergeSessionsInput!) { mergeSessions(input: $input) { userErrors { message } } }"
KEEP = """mutation ($input: KeepSessionsApartInput!) {
  keepSessionsApart(input: $input) { userErrors { message } } }"""

# -- two worlds --------------------------------------------------------------------------------


@dataclass
class Side:
    """One partner, its mark, and ids of its rows by the letters of their types."""

    partner: Partner
    mark: str
    stage: Stage
    ids: dict[str, str] = field(default_factory=dict)


def side(mark: str) -> Side:
    """A partner with rows of every kind."""
    made = factories.partner(slug=f"{mark}-p{factories.partner().id.hex[-8:]}", name=f"{mark} brand")
    assert deliver(made, told_of(mark, price=SUMS[mark][0]), now=BEFORE).rejected == 1
    fill(made, now=BEFORE)
    _forget(made, mark)
    assert deliver(made, late_of(mark, price=SUMS[mark][0])).rejected == 0
    fill(made)
    ids = {
        "S": _id(LiveSession, "S", partner=made, external_id=f"{mark}-live"),
        "G": _id(Product, "G", partner=made, external_id=f"{mark}-sku"),
        "O": _id(Order, "O", partner=made, external_id=f"{mark}-order"),
        "R": _id(Rejection, "R", partner=made),
        "U": _id(Customer, "U", partner=made, external_id=f"{mark}-customer"),
        "V": _id(Violation, "V", partner=made),
        "D": _id(Spend, "D", partner=made),
        "P": str(node_id("P", made.id)),
    }
    _set_up(made, mark, ids)
    fill(made)
    on = stage(made, mark)
    uplift.estimate_uplift(partner_id=made.id, now=NOW)
    advice.learn_from_past(partner_id=made.id, now=NOW)
    assert advice.advise(partner_id=made.id, now=NOW) == 1
    assert debriefs.write_due(partner_id=made.id, now=NOW) >= 1
    assert reporting.report_closed(partner_id=made.id, now=NOW) >= 1
    assert predicting.predict_customers(partner_id=made.id, now=NOW) == 1
    assert beside.compare_customers(partner_id=made.id, now=NOW) == 1
    assert followups.make_due(partner_id=made.id, now=minute(24 * 60)) >= 1
    ids["F"] = _id(FollowUpList, "F", partner=made, session__external_id=f"{mark}-live")
    ids["v"] = _id(Review, "v", partner=made)
    ids["B"] = _id(ModelRun, "B", partner=made)
    ids["Q"] = _id(MetricSelection, "Q", partner=made)
    ids["t"] = _id(Target, "t", partner=made, session__isnull=False)
    ids["r"] = _id(CadenceReport, "r", partner=made)
    return Side(partner=made, mark=mark, stage=on, ids=ids | on.ids)


def _id(model: Any, letter: str, **where: Any) -> str:
    rows: models.QuerySet[Any, UUID] = model.objects.using("worker").filter(**where)
    found = rows.order_by("id").values_list("id", flat=True)[0]
    return str(node_id(letter, found))


def _forget(made: Partner, mark: str) -> None:
    """Erase somebody: what is kept of that is a row too."""
    actor = actor_of(made, scopes=(*ALL, "read:pii"))
    name = privacy.Name(external_customer=f"{mark}-gone")
    privacy.erase_person(name, partner_id=made.id, actor=actor, reason="asked to", now=NOW)


def _set_up(made: Partner, mark: str, ids: Mapping[str, str]) -> None:
    """What a partner's people do through the API."""

    def do(mutation: str, **given: Any) -> None:
        (answer,) = ask(mutation, of=made, scopes=ALL, input=given).values()
        assert answer["userErrors"] == []

    aim = {"metric": "VIEWERS", "value": "9", "owner": f"{mark} owner"}
    on_air = _id(LiveSession, "S", partner=made, external_id=f"{mark}-now")
    both = [_id(LiveSession, "S", partner=made, external_id=f"{mark}-{one}") for one in ("east", "west")]
    do(SET, cadence="WEEKLY", **aim)
    do(SET, sessionId=on_air, **aim)
    do(SAVE, name=f"{mark} choice", metrics=["VIEWERS"])
    do(APPEAL, id=ids["V"], text=f"{mark} says no")
    do(KEEP, ids=[ids["S"], on_air], reason=f"{mark} two")
    do(MERGE, ids=both, reason=f"{mark} one")


# -- the walk ----------------------------------------------------------------------------------


@dataclass
class Walk:
    """Queries that ask every field, made from the schema; arguments are given where they are needed."""

    given: Mapping[str, str]
    without: frozenset[str] = frozenset()
    asked: set[str] = field(default_factory=set)
    above: list[str] = field(default_factory=list)

    def queries(self) -> dict[str, str]:
        """A query for each root field."""
        root = schema._schema.query_type
        assert root is not None
        return {name: f"{{ {self.field(root, name, 0)} }}" for name in root.fields}

    def field(self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, level: int) -> str:
        """One field with its arguments and all that is below it."""
        definition = parent.fields[name]
        self.asked.add(f"{parent.name}.{name}")
        told = [self.argument(parent, name, key, argument) for key, argument in definition.args.items()]
        arguments = f"({', '.join(filter(None, told))})" if any(told) else ""
        below = get_named_type(definition.type)
        if is_leaf_type(below):
            return name + arguments
        return f"{name}{arguments} {self.selection(below, level + 1)}"

    def selection(self, below: Any, level: int) -> str:
        """All fields of a type; of an interface those of every type that has it."""
        assert level <= DEPTH
        met = [name for name in self.above if name in ENTANGLED]
        if below.name in ENTANGLED and (below.name in met or len(met) == (1 if "Node" in self.above else 2)):
            return "{ __typename id }"  # Asked whole where it is nearer: these point at each other.
        self.above.append(below.name)
        told = self._selection(below, level)
        self.above.pop()
        return told

    def _selection(self, below: Any, level: int) -> str:
        parts = ["__typename", *(self.field(below, name, level) for name in self.names(below))]
        if isinstance(below, GraphQLInterfaceType):
            for kind in schema._schema.get_implementations(below).objects:
                # Named apart: fields of two types may share a name and not their nullability.
                names = self.names(kind)
                own = [f"{kind.name}_{name}: {self.field(kind, name, level + 1)}" for name in names]
                parts.append(f"... on {kind.name} {{ {' '.join(own)} }}")
        return f"{{ {' '.join(parts)} }}"

    def names(self, of: GraphQLObjectType | GraphQLInterfaceType) -> list[str]:
        """The fields of a type that the walk does not leave out."""
        return [name for name in of.fields if f"{of.name}.{name}" not in self.without]

    def argument(
        self, parent: GraphQLObjectType | GraphQLInterfaceType, name: str, key: str, argument: GraphQLArgument
    ) -> str:
        """An argument when the walk has a value for it, or it needs one."""
        value = self.given.get(f"{parent.name}.{name}.{key}") or self.given.get(key)
        is_needed = isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
        if value is None and is_needed:
            value = self.value(argument.type)
        return "" if value is None else f"{key}: {value}"

    def value(self, of: Any) -> str:
        """Some value of an input type; only kinds that a required argument has."""
        named = get_named_type(of)
        if isinstance(named, GraphQLEnumType):
            first = next(iter(named.values))
            return f"[{first}]" if is_list_type(of.of_type) else first
        assert isinstance(named, GraphQLInputObjectType), named
        told = {key: self.given[str(get_named_type(one.type))] for key, one in named.fields.items()}
        return f"{{{', '.join(f'{key}: {value}' for key, value in told.items())}}}"


# Asked apart, so that the sessions of a list are told whatever becomes of it: only who may see people sees
# viewers, and only a session that has ended has files. Hours do not have every number of a shop.
OF_SESSIONS: Final = ("export", "viewers")
APART: Final = frozenset({*(f"LiveSession.{name}" for name in OF_SESSIONS), "ShopHour.kpis"})
HOURS: Final = """{ shop(period: {from: "2026-05-27", to: "2026-05-29"}) { hours(first: 48) {
  __typename kpis { __typename orders visits sales { amount } } } } }"""


def walk_for(foreign: Side, *, without: frozenset[str] = frozenset()) -> Walk:
    """A walk that tries a foreign session's id wherever it can."""
    return Walk(
        given={
            "by": f'{{id: "{foreign.ids["S"]}"}}',
            "period": '{from: "2026-05-01", to: "2026-06-02"}',
            "id": f'"{foreign.ids["S"]}"',
            "metrics": "[ORDERS, LIVE_SALES, VIEWS, CONCURRENT_VIEWERS]",
            "Query.report.id": f'"{foreign.ids["r"]}"',
            "Query.cohorts.by": "MONTH",
            "Query.cohorts.split": "PRODUCT",
            "Query.customer.by": f'{{id: "{foreign.ids["U"]}"}}',
            "Query.followUpList.by": f'{{id: "{foreign.ids["F"]}"}}',
            "Query.modelRun.by": f'{{id: "{foreign.ids["B"]}"}}',
            "Query.campaign.by": f'{{id: "{foreign.ids["C"]}"}}',
            "Query.kol.by": f'{{id: "{foreign.ids["K"]}"}}',
            "Campaign.compare.with": f'{{id: "{foreign.ids["C"]}"}}',
            "Kol.kpis.partner": f'"{foreign.ids["P"]}"',
            **{f"{kind}.{name}.metrics": NUMBERS for kind, name in OF_CAMPAIGNS},
            **{f"Shop.{name}": value for name, value in OF_SHOPS.items()},
            "LiveSession.replayAt.offset": "60",
            "with": f'{{id: "{foreign.ids["S"]}"}}',
            "Query.compareSessions.first": '{from: "2026-05-01", to: "2026-06-02"}',
            "Query.compareSessions.second": '{from: "2026-04-01", to: "2026-05-01"}',
        },
        without=without,
    )


@dataclass
class Told:
    """Everything that an actor is answered, as one text; and the codes of errors by root field."""

    text: str
    errors: dict[str, set[str]]

    @property
    def codes(self) -> set[str]:
        """The codes of all errors."""
        return set().union(*self.errors.values())

    @property
    def types(self) -> set[str]:
        """The types of what was told."""
        return {part.split('"', 1)[0] for part in self.text.split('"__typename": "')[1:]}


def told(actor: Actor, foreign: Side, *, behind: Actor | None = None) -> Told:
    """What an actor is answered who asks for everything, and for what is foreign by name."""
    session = schema._schema.type_map["LiveSession"]
    assert isinstance(session, GraphQLObjectType)
    apart = [walk_for(foreign).field(session, name, 2) for name in OF_SESSIONS]
    queries = [
        *walk_for(foreign, without=APART).queries().values(),
        *(f'{{ liveSession(by: {{id: "{foreign.ids["S"]}"}}) {{ {one} }} }}' for one in apart),
        HOURS,
    ]
    queries += [f'{{ node(id: "{one}") {{ id __typename }} }}' for one in foreign.ids.values()]
    queries += [
        f'{{ liveSession(by: {{externalId: "{foreign.mark}-{name}"}}) {{ id title kpis {{ views }} }} }}'
        for name in ("live", "now", "east")
    ]
    queries += [
        f'{{ {root}(search: "{foreign.mark}") {{ edges {{ node {{ id }} }} }} }}'
        for root in ("products", "customers")
    ]
    queries += [
        f'{{ customer(by: {{externalId: "{foreign.mark}-customer"}}) {{ id }} }}',
        f'{{ followUpList(by: {{session: "{foreign.ids["S"]}"}}) {{ id }} }}',
        f'{{ liveLtvIndex(kol: "{foreign.ids["K"]}") {{ index {{ value }} }} }}',
    ]
    queries += [
        f'{{ orders(filter: {{externalId: "{foreign.mark}-order"}}) {{ edges {{ node {{ id }} }} }} }}'
    ]
    answers: list[str] = []
    errors: dict[str, set[str]] = {}
    for query in queries:
        result = execute(query, actor=actor, behind=behind)
        answers.append(json.dumps(result.data, default=str))
        for error in result.errors or ():
            errors.setdefault(str((error.path or ["query"])[0]), set()).add(classify(error).value)
    return Told(text="\n".join(answers), errors=errors)


def foreign_values(text: str, foreign: Side) -> list[str]:
    """What of a foreign partner is in a text: marks, ids, its sum of sales, and what it pays."""
    others = [identity for ids in foreign.stage.others.values() for identity in ids]
    pays = FEES[foreign.mark].values()
    secrets = (
        foreign.mark,
        foreign.mark.upper(),
        SUMS[foreign.mark][1],
        *foreign.ids.values(),
        *others,
        *pays,
    )
    return [one for one in secrets if one in text]


def reached(root: GraphQLObjectType | None) -> set[str]:
    """The types of objects that can be told from a root on."""
    assert root is not None
    found: set[str] = set()
    waiting: list[Any] = [root]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, GraphQLInterfaceType):
            waiting += schema._schema.get_implementations(kind).objects
        if not hasattr(kind, "fields") or kind.name in found:
            continue
        found.add(kind.name)
        waiting += [get_named_type(one.type) for one in kind.fields.values()]
    return found
