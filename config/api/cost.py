"""What a field costs: the rows it may read, times the rows above it.

A field with a resolver that gives objects reads rows: one a single object, `first` a connection, 20 a list
that declares no size. A field without a resolver is part of its parent's row and costs nothing by itself.
A field can say otherwise: `@reads(weight=...)` or `@reads(size=...)` on its resolver, and a weight of its own
for values of an enum argument that are written in the document: `@reads(weight=..., by={"window": {...}})`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from graphql import (
    EnumValueNode,
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from strawberry.types.field import StrawberryField

DEFAULT_SIZE = 20
ResolverT = TypeVar("ResolverT", bound=Callable[..., Any])
_HUGE = 10**9
_DECLARED = "_field_cost"
_PAGE_ARGUMENTS = ("first", "last")


class FieldCost(NamedTuple):
    """A declared cost: `weight` rows read once for the field itself, `size` the most items its list has.

    `by` has the weight of values of enum arguments, by the argument's name.
    """

    weight: int | None = None
    size: int | None = None
    by: Mapping[str, Mapping[str, int]] | None = None


def reads(
    *,
    weight: int | None = None,
    size: int | None = None,
    by: Mapping[str, Mapping[str, int]] | None = None,
) -> Callable[[ResolverT], ResolverT]:
    """Declares what a resolver reads: `weight` rows for itself, at most `size` items in its list.

    Where the document itself says which value of an enum argument is meant, `by` may have another weight.
    """

    def declare(resolver: ResolverT) -> ResolverT:
        setattr(resolver, _DECLARED, FieldCost(weight=weight, size=size, by=by))
        return resolver

    return declare


class VariableSize(NamedTuple):
    """A list size that is only known with the request's variables."""

    variable: str
    default: int


class Term(NamedTuple):
    """`factor` times a size from a variable times the cost of one item."""

    factor: int
    size: VariableSize
    item: "Rows"


class Rows(NamedTuple):
    """A number of rows: a constant and the terms that depend on variables."""

    constant: int = 0
    terms: tuple[Term, ...] = ()

    def plus(self, other: "Rows") -> "Rows":
        """The sum of two."""
        if not other.terms:
            return Rows(self.constant + other.constant, self.terms)
        return Rows(self.constant + other.constant, self.terms + other.terms)

    def times(self, size: "int | VariableSize") -> "Rows":
        """So many times as many."""
        if isinstance(size, VariableSize):
            return Rows(0, (Term(1, size, self),)) if self.constant or self.terms else self
        if not self.terms:
            return Rows(min(self.constant * size, _HUGE))
        terms = tuple(Term(min(term.factor * size, _HUGE), term.size, term.item) for term in self.terms)
        return Rows(min(self.constant * size, _HUGE), terms)

    def count(self, variables: Mapping[str, object]) -> int:
        """The number with the values of one request; never above a thousand million."""
        total = self.constant
        for factor, (variable, default), item in self.terms:
            value = variables.get(variable)
            size = value if isinstance(value, int) and not isinstance(value, bool) else default
            total += factor * min(max(size, 0), _HUGE) * item.count(variables)
        return min(total, _HUGE)


NOTHING = Rows()


class Reading(NamedTuple):
    """What a selection reads: once (`flat`), and for every item of the list that its page size governs."""

    flat: Rows = NOTHING
    items: Rows = NOTHING

    def plus(self, other: "Reading") -> "Reading":
        """The sum of two."""
        return Reading(self.flat.plus(other.flat), self.items.plus(other.items))


class FieldRule(NamedTuple):
    """The form of one field of the schema as far as cost needs it."""

    child: str | None
    is_plain: bool
    is_list: bool
    is_paged: bool
    page: int
    declared: FieldCost


# A field nobody declared: validation refuses it later, until then it counts as one object.
UNKNOWN = FieldRule(
    child=None, is_plain=False, is_list=False, is_paged=True, page=DEFAULT_SIZE, declared=FieldCost()
)


def _rule(field: GraphQLField, declared: FieldCost | None) -> FieldRule:
    definition = (field.extensions or {}).get("strawberry-definition")
    if isinstance(definition, StrawberryField):
        is_plain = definition.is_basic_field
        if declared is None and definition.base_resolver is not None:
            declared = getattr(definition.base_resolver.wrapped_func, _DECLARED, None)
    else:
        is_plain = field.resolve is None
    bare = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    named = get_named_type(field.type)
    page_argument = next((field.args[name] for name in _PAGE_ARGUMENTS if name in field.args), None)
    default = getattr(page_argument, "default_value", None)
    return FieldRule(
        child=None if is_leaf_type(named) else named.name,
        is_plain=is_plain,
        is_list=isinstance(bare, GraphQLList),
        is_paged=page_argument is not None,
        page=default if isinstance(default, int) else DEFAULT_SIZE,
        declared=declared or FieldCost(),
    )


def _rules(
    schema: GraphQLSchema, declared: Mapping[tuple[str, str], FieldCost]
) -> Iterator[tuple[tuple[str, str], FieldRule]]:
    for name, named in schema.type_map.items():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in named.fields.items():
                place = (name, field_name)
                yield place, _rule(field, declared.get(place))


def field_rules(
    *, schema: GraphQLSchema, declared: Mapping[tuple[str, str], FieldCost]
) -> dict[tuple[str, str], FieldRule]:
    """The rule of every field of a schema by (type, field); a declaration here wins over one on the field."""
    return dict(_rules(schema, declared))


def _page_size(node: FieldNode, rule: FieldRule) -> int | VariableSize:
    for argument in node.arguments or ():
        if argument.name.value in _PAGE_ARGUMENTS:
            value = argument.value
            if isinstance(value, VariableNode):
                return VariableSize(value.name.value, rule.page)
            if isinstance(value, IntValueNode):
                # More digits than any limit: not worth turning into a number.
                return max(int(value.value), 0) if len(value.value) < 10 else _HUGE
    return rule.page


def _weight(node: FieldNode, declared: FieldCost) -> int | None:
    for argument in node.arguments or () if declared.by else ():
        weights = (declared.by or {}).get(argument.name.value, {})
        if isinstance(argument.value, EnumValueNode) and argument.value.value in weights:
            return weights[argument.value.value]
    return declared.weight


def read_by_field(*, node: FieldNode, rule: FieldRule, inside: Reading) -> Reading:
    """What one field reads, given what its selection reads."""
    weight, size = _weight(node, rule.declared), rule.declared.size
    if rule.child is None and rule is not UNKNOWN:
        return Reading(Rows(weight or 0))
    listed = DEFAULT_SIZE if size is None else size
    one_item = inside.flat.plus(inside.items.times(DEFAULT_SIZE))
    if rule.is_plain:
        if not rule.is_list:
            return Reading(Rows(weight or 0).plus(inside.flat), inside.items)
        if size is None:
            return Reading(Rows(weight or 0), one_item)
        return Reading(Rows(weight or 0).plus(one_item.times(size)))
    if rule.is_list:
        page = _page_size(node, rule) if rule.is_paged else listed
        return Reading(Rows(weight or 0).plus(Rows(1).plus(one_item).times(page)))
    own = Rows(1 if weight is None else weight)
    if rule.is_paged:
        page = _page_size(node, rule)
        return Reading(own.plus(inside.flat).plus(Rows(1).plus(inside.items).times(page)))
    return Reading(own.plus(inside.flat).plus(inside.items.times(listed)))
