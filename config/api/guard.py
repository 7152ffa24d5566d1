"""The guard: refuses a document that asks too much before anything expensive looks at it.

One walk over the parsed document, linear in its size: a fragment is walked once and its totals are used
wherever it is spread, so fragments that double n times cost n steps and not 2^n.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from config.api.cost import (
    DEFAULT_SIZE,
    UNKNOWN,
    FieldCost,
    FieldRule,
    Reading,
    Rows,
    field_rules,
    read_by_field,
)
from config.api.errors import ApiError, ErrorCode

# Introspection fields that lead from a type to further types: each may be on a path once.
_SCHEMA_LISTS = frozenset({"types", "fields", "inputFields", "interfaces", "possibleTypes", "args"})
_SCHEMA_ROOTS = {"__schema": "__Schema", "__type": "__Type"}
_MAX_LEVEL = 100


class Limits(NamedTuple):
    """The most a document may have of each; `cost` is in rows."""

    tokens: int = 2_000
    depth: int = 10
    introspection_depth: int = 20
    introspections: int = 2
    root_fields: int = 20
    aliases: int = 30
    same_key: int = 10
    directives: int = 20
    directives_a_node: int = 3
    fragments: int = 50
    operations: int = 10
    selections: int = 500
    mutations: int = 4
    cost: int = 1_000
    introspection_cost: int = 50


def refuse(*, what: str, allowed: int) -> ApiError:
    """The error of a passed limit: what there is too much of, and how much is allowed."""
    return ApiError(
        f"The query has too much of: {what}. {allowed} are allowed.",
        code=ErrorCode.COST_LIMIT_EXCEEDED,
        extensions={"exceeded": what, "allowed": allowed},
    )


@dataclass(slots=True)
class _Shape:
    """The totals of one selection set, its fragments expanded."""

    depth: int = 0
    selections: int = 0
    aliases: int = 0
    introspections: int = 0
    names: list[str] = field(default_factory=list)
    parts: list["_Shape"] = field(default_factory=list)
    schema_lists: frozenset[str] = frozenset()
    reading: Reading = Reading()  # noqa: RUF009


_EMPTY = _Shape()


class OperationCost(NamedTuple):
    """The cost of one operation and the defaults of its variables."""

    kind: OperationType
    rows: Rows
    defaults: Mapping[str, int]


class Measured(NamedTuple):
    """A document within the limits: the cost of its operations by name, and the steps the guard took."""

    operations: Mapping[str | None, OperationCost]
    steps: int

    def operation(self, name: str | None) -> OperationCost | None:
        """The operation a request means; None when it means none or is ambiguous."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        return self.operations.get(name)

    def cost(self, *, operation_name: str | None, variables: Mapping[str, object]) -> int:
        """The cost of one request in rows, at least 1."""
        asked = self.operation(operation_name)
        if asked is None or not asked.rows.terms:
            return max(asked.rows.constant, 1) if asked else 1
        return max(asked.rows.count({**asked.defaults, **variables}), 1)


class Guard:
    """Measures documents against one schema."""

    def __init__(
        self,
        *,
        schema: GraphQLSchema,
        limits: Limits,
        declared: Mapping[tuple[str, str], FieldCost] | None = None,
    ) -> None:
        self.limits = limits
        self._rules = field_rules(schema=schema, declared=declared or {})
        self._roots: dict[OperationType, str] = {}
        for kind in OperationType:
            root = schema.get_root_type(kind)
            self._roots[kind] = root.name if root else ""

    def measure(self, document: DocumentNode) -> Measured:
        """The measured document; raises ApiError when it passes a limit."""
        return self.begin(document).measure()

    def begin(self, document: DocumentNode) -> "Walk":
        """A walk that has not started; its `steps` can be read even when it is refused."""
        return Walk(document=document, limits=self.limits, rules=self._rules, roots=self._roots)


class Walk:
    """One walk over one document."""

    def __init__(
        self,
        *,
        document: DocumentNode,
        limits: Limits,
        rules: Mapping[tuple[str, str], FieldRule],
        roots: Mapping[OperationType, str],
    ) -> None:
        self.limits = limits
        self.rules = rules
        self.roots = roots
        self.steps = 0
        self.directives = 0
        self.expanded = 0
        self.operations: list[OperationDefinitionNode] = []
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.shapes: dict[str, _Shape | None] = {}
        self.definitions = document.definitions

    def measure(self) -> Measured:
        """Walks everything once."""
        self.sort()
        operations = {
            operation.name.value if operation.name else None: self.operation(operation)
            for operation in self.operations
        }
        # Whatever operations do not reach is not measured, so it must not reach validation either.
        unused = next((name for name in self.fragments if name not in self.shapes), None)
        if unused is not None:
            raise ApiError(f"Fragment {unused[:40]} is never used.", code=ErrorCode.BAD_USER_INPUT)
        return Measured(operations=operations, steps=self.steps)

    def sort(self) -> None:
        """Sorts the definitions into operations and fragments."""
        for definition in self.definitions:
            self.steps += 1
            if isinstance(definition, OperationDefinitionNode):
                self.operations.append(definition)
            elif isinstance(definition, FragmentDefinitionNode):
                self.fragments[definition.name.value] = definition
            else:
                raise ApiError("Only operations and fragments can run.", code=ErrorCode.BAD_USER_INPUT)
        self.check("operations", len(self.operations), self.limits.operations)
        self.check("fragments", len(self.fragments), self.limits.fragments)

    def check(self, what: str, asked: int, allowed: int) -> None:
        if asked > allowed:
            raise refuse(what=what, allowed=allowed)

    def count_directives(self, directives: tuple[DirectiveNode, ...] | None) -> None:
        if directives:
            self.steps += len(directives)
            self.directives += len(directives)
            self.check("directives on one node", len(directives), self.limits.directives_a_node)
            self.check("directives", self.directives, self.limits.directives)

    def operation(self, node: OperationDefinitionNode) -> OperationCost:
        self.count_directives(node.directives)
        defaults: dict[str, int] = {}
        for definition in node.variable_definitions or ():
            self.steps += 1
            self.count_directives(definition.directives)
            default = definition.default_value
            if isinstance(default, IntValueNode) and len(default.value) < 10:
                defaults[definition.variable.name.value] = int(default.value)
        shape = self.selections(node.selection_set, self.roots[node.operation], 0)
        limits, width = self.limits, self.count_names(shape)
        self.expanded += shape.selections
        self.check("selections", self.expanded, limits.selections)
        self.check("levels", shape.depth, limits.depth)
        self.check("root fields", width, limits.root_fields)
        self.check("introspections", shape.introspections, limits.introspections)
        if node.operation is OperationType.MUTATION:
            self.check("mutations", width, limits.mutations)
        rows = shape.reading.flat.plus(shape.reading.items.times(DEFAULT_SIZE))
        return OperationCost(kind=node.operation, rows=rows, defaults=defaults)

    def fragment(self, name: str, level: int) -> _Shape:
        """The totals of a fragment, walked at most once; an unknown one is empty and left to validation."""
        if name in self.shapes:
            known = self.shapes[name]
            if known is None:
                raise ApiError("Fragments must not spread themselves.", code=ErrorCode.BAD_USER_INPUT)
            return known
        definition = self.fragments.get(name)
        if definition is None:
            return _EMPTY
        self.shapes[name] = None
        self.count_directives(definition.directives)
        shape = self.selections(definition.selection_set, definition.type_condition.name.value, level + 1)
        self.shapes[name] = shape
        return shape

    def selections(self, node: SelectionSetNode, parent: str, level: int) -> _Shape:
        """The totals of one selection set on one type."""
        if level > _MAX_LEVEL:
            raise refuse(what="levels", allowed=self.limits.depth)
        total = _Shape()
        for selection in node.selections:
            self.steps += 1
            self.count_directives(selection.directives)
            if isinstance(selection, FieldNode):
                self.add_field(total, selection, parent, level)
            else:
                if isinstance(selection, FragmentSpreadNode):
                    part = self.fragment(selection.name.value, level)
                else:
                    assert isinstance(selection, InlineFragmentNode)
                    on = selection.type_condition.name.value if selection.type_condition else parent
                    part = self.selections(selection.selection_set, on, level + 1)
                self.add_part(total, part)
            self.check("selections", total.selections, self.limits.selections)
            self.check("aliases", total.aliases, self.limits.aliases)
        return total

    def add_part(self, total: _Shape, part: _Shape) -> None:
        """Adds an inline or a named fragment: same level, same object."""
        total.selections += 1 + part.selections
        total.aliases += part.aliases
        total.introspections += part.introspections
        total.depth = max(total.depth, part.depth)
        total.schema_lists |= part.schema_lists
        total.reading = total.reading.plus(part.reading)
        total.parts.append(part)

    def count_names(self, shape: _Shape) -> int:
        """The fields of one object, fragments expanded; raises when one name occurs too often.

        No memory is needed: all objects together have fewer fields than `selections` allows, which is checked
        before.
        """
        times: dict[str, int] = {}
        waiting, width = [shape], 0
        while waiting:
            part = waiting.pop()
            waiting.extend(part.parts)
            width += len(part.names)
            self.steps += 1 + len(part.names)
            for name in part.names:
                times[name] = times.get(name, 0) + 1
        if times:
            self.check("fields with the same name in one place", max(times.values()), self.limits.same_key)
        return width

    def add_field(self, total: _Shape, node: FieldNode, parent: str, level: int) -> None:
        """Adds a field and what is below it."""
        name = node.name.value
        total.names.append(node.alias.value if node.alias else name)
        rule = self.rules.get((parent, name), UNKNOWN)
        inside = _EMPTY
        if node.selection_set:
            child = _SCHEMA_ROOTS.get(name) or rule.child or ""
            inside = self.selections(node.selection_set, child, level + 1)
            self.count_names(inside)
        total.selections += 1 + inside.selections
        total.aliases += inside.aliases + (node.alias is not None)
        total.introspections += inside.introspections
        if name in _SCHEMA_ROOTS:
            self.check("levels of introspection", inside.depth, self.limits.introspection_depth)
            total.introspections += 1
            total.depth = max(total.depth, 1)
            total.reading = total.reading.plus(Reading(Rows(self.limits.introspection_cost)))
            return
        total.depth = max(total.depth, 1 + inside.depth)
        total.schema_lists |= inside.schema_lists
        if parent.startswith("__"):
            if name in _SCHEMA_LISTS:
                if name in inside.schema_lists:
                    raise refuse(what=f"{name} within {name}", allowed=1)
                total.schema_lists |= {name}
            return
        if node.selection_set or rule.declared.weight:
            total.reading = total.reading.plus(read_by_field(node=node, rule=rule, inside=inside.reading))
