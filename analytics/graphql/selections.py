"""Saved selections: the numbers a member or an app chose for its scorecards."""

import datetime as dt
from typing import Annotated, Final
from uuid import UUID

import strawberry

from analytics.graphql.changes import UserError, invalid, not_found
from analytics.graphql.figures import chosen_metrics
from analytics.graphql.metrics import SessionMetric
from analytics.graphql.pages import Info, computed, needs, node_id, own_id
from analytics.metrics import Metric
from analytics.models import MetricSelection as Row
from analytics.plans.selections import (
    delete_selection,
    metrics_of,
    own_selections,
    save_selection,
    selections,
)
from config.api.cost import reads
from config.api.errors import ApiError

LETTER: Final = "Q"
MOST_METRICS: Final = 16
LONGEST_NAME: Final = 100


@strawberry.type(description="Numbers of a session somebody chose, under a name.")
class MetricSelection:
    id: strawberry.ID = strawberry.field(description="An opaque id, for `scorecard`.")
    name: str = strawberry.field(description="Its name, one of its owner's.")
    owner: str = strawberry.field(description="Whose it is: the name of the key.")
    metrics: list[SessionMetric] = strawberry.field(description="What was chosen, in order.")
    changed_at: dt.datetime = strawberry.field(description="When it was saved last.")


@strawberry.input(description="A choice to keep; what the key had under this name is replaced.")
class SaveMetricSelectionInput:
    name: str = strawberry.field(description="Its name, 1 to 100 characters.")
    metrics: list[SessionMetric] = strawberry.field(description="One to 16 numbers, in order, each once.")


@strawberry.input(description="A choice to take away.")
class DeleteMetricSelectionInput:
    id: strawberry.ID = strawberry.field(description="Which one; of the key's own.")


@strawberry.type(description="What became of it.")
class SaveMetricSelectionPayload:
    selection: MetricSelection | None = strawberry.field(
        description="The choice as it is kept; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


@strawberry.type(description="What became of it.")
class DeleteMetricSelectionPayload:
    selection: MetricSelection | None = strawberry.field(
        description="The choice that was taken away; null when there are user errors."
    )
    user_errors: list[UserError] = strawberry.field(description="What the caller did wrong.")


SaveArgument = Annotated[SaveMetricSelectionInput, strawberry.argument(description="The choice.")]
DeleteArgument = Annotated[DeleteMetricSelectionInput, strawberry.argument(description="Which one.")]


def shown_selection(row: Row) -> MetricSelection:
    """A selection as the API shows it."""
    return MetricSelection(
        id=node_id(LETTER, row.id),
        name=row.name,
        owner=row.owner,
        metrics=[SessionMetric[metric.key.upper()] for metric in metrics_of(row)],
        changed_at=row.changed_at,
    )


def list_selections(info: Info) -> list[MetricSelection]:
    """The key's own selections, by name."""
    return [shown_selection(row) for row in own_selections(actor=needs(info, "read"))[:100]]


def selected_metrics(info: Info, selection_id: UUID | None) -> list[Metric] | None:
    """The metrics of any selection of the partner; None where there is no such one."""
    found = selections(actor=needs(info, "read"))
    row = None if selection_id is None else found.filter(id=selection_id).first()
    return None if row is None else metrics_of(row)


@strawberry.type
class SelectionQueries:
    """Part of the root's queries: saved selections."""

    @computed(description="The key's own saved selections, by name; the first hundred.")
    @reads(size=20)
    def metric_selections(self, info: Info) -> list[MetricSelection]:
        return list_selections(info)


@strawberry.type
class SelectionMutations:
    """Part of the root's mutations: saved selections."""

    @computed(description="Keep chosen numbers under a name. Needs the scope `manage`.")
    def save_metric_selection(self, info: Info, input: SaveArgument) -> SaveMetricSelectionPayload:
        actor, name = needs(info, "manage"), input.name.strip()
        if not 1 <= len(name) <= LONGEST_NAME:
            error = invalid("name", message=f"A name has 1 to {LONGEST_NAME} characters.")
            return SaveMetricSelectionPayload(selection=None, user_errors=[error])
        try:
            metrics = chosen_metrics(input.metrics, most=MOST_METRICS)
        except ApiError as wrong:
            error = invalid("metrics", message=wrong.message)
            return SaveMetricSelectionPayload(selection=None, user_errors=[error])
        row = save_selection(name=name, metrics=metrics, actor=actor, now=info.context.now)
        return SaveMetricSelectionPayload(selection=shown_selection(row), user_errors=[])

    @computed(description="Take one of the key's own selections away. Needs the scope `manage`.")
    def delete_metric_selection(self, info: Info, input: DeleteArgument) -> DeleteMetricSelectionPayload:
        actor, identity = needs(info, "manage"), own_id(input.id, LETTER)
        row = identity and delete_selection(identity, actor=actor, now=info.context.now)
        if not row:
            error = not_found("id", message="None of the key's own selections has this id.")
            return DeleteMetricSelectionPayload(selection=None, user_errors=[error])
        return DeleteMetricSelectionPayload(selection=shown_selection(row), user_errors=[])
