"""The statements of credits, with the columns of the models in their places; composed once a process."""

from functools import cache
from typing import Final

from psycopg import sql

from analytics.fills.composing import compose, listed, raw, updates
from analytics.models.credits import MODELS
from commerce.ingest import Kind

# Of touches at one moment the first.
KINDS: Final = ("LIVE_VIEW", "PRODUCT_CLICK", "LINK_CLICK", "AFFILIATE", "CODE")
# Models that may share an order; the others give all of it to one.
DIVIDING: Final = ("linear", "position", "time_decay", "shapley", "markov")
_WEIGHTS: Final = tuple(f"{model}_weight" for model in MODELS)
_SHARE: Final = (
    "order_id", "collaboration_id", "placed_at", "touches", "first_touched_at", "last_touched_at", "is_last",
    "is_direct", "basis", "is_payable", *_WEIGHTS,
)  # fmt: skip
_CREDIT: Final = (
    "order_id", "line_id", "collaboration_id", "kind", "refund_id", "placed_at", "occurred_at", "is_paid",
    "currency", "amount", *(f"{model}_amount" for model in MODELS),
)  # fmt: skip
_PLACE: Final = f"array_position(ARRAY[{', '.join(repr(kind) for kind in KINDS)}], kind::text)"


def _span() -> sql.Composable:
    """Contracts by the days they are in force: (collaboration, KOL, from, to, windows)."""
    return compose("attribution/span.sql")


def _written(columns: tuple[str, ...], key: frozenset[str]) -> dict[str, sql.Composable]:
    """A table's columns as they are written, read anew and compared."""
    return {
        "columns": listed(columns),
        "named": listed(f"n.{column}" for column in columns),
        "stored": listed(f"t.{column}" for column in columns),
        "updates": updates(column for column in columns if column not in key),
    }


@cache
def links() -> sql.Composed:
    """Touches of tracking links; answers (campaign, earliest moment) of what is another now."""
    return compose("attribution/links.sql")


@cache
def touches() -> sql.Composed:
    """All other touches from a moment on; answers collaborations of which one is another."""
    return compose("attribution/touches.sql", select_item=sql.Literal(int(Kind.select_item)))


@cache
def met() -> sql.Composed:
    """Makes the temporary table `met`: what each order's buyer met, inside its window."""
    return compose("attribution/met.sql", span=_span())


@cache
def steps() -> sql.Composed:
    """Fills `step` from `met`."""
    return compose("attribution/steps.sql", place=raw(_PLACE))


@cache
def never() -> sql.Composed:
    """Fills `journey` and `step` with the paths of who ordered nothing."""
    return compose("attribution/never.sql", place=raw(_PLACE))


@cache
def shares() -> sql.Composed:
    """Makes the temporary table `share`: the rows of `OrderShare`."""
    return compose(
        "attribution/shares.sql",
        span=_span(),
        weights=listed(f"COALESCE(w.{weight}, 0) AS {weight}" for weight in _WEIGHTS),
        bids=raw(" ".join(f"WHEN '{model.upper()}' THEN {model}_weight" for model in MODELS)),
        columns=listed(_WEIGHTS),
        nobodys=listed(f"(sum({weight}) = 0)::int::numeric" for weight in _WEIGHTS),
        holders=listed(
            f"count(*) FILTER (WHERE {model}_weight > 0) OVER (PARTITION BY order_id) AS {model}_holders"
            for model in DIVIDING
        ),
        is_somebody_missing=raw(" OR ".join(f"sum({weight}) = 0" for weight in _WEIGHTS)),
    )


@cache
def write_shares() -> sql.Composed:
    """`OrderShare` from `share`; answers (order, collaboration) of rows that are another."""
    key = frozenset({"order_id", "collaboration_id"})
    return compose("attribution/write_shares.sql", **_written(_SHARE, key))


@cache
def lines() -> sql.Composed:
    """Makes the temporary table `line`: what happened to each line of the orders of `share`."""
    happened = compose("attribution/lines.sql", orders=raw("(SELECT DISTINCT order_id FROM share)"))
    return sql.Composed([raw("CREATE TEMP TABLE line ON COMMIT DROP AS "), happened])


def _left_over(model: str) -> str:
    """What division leaves of a line by a model, and who is next to get some of it."""
    return (
        f"units - sum(floor({model}_exact)) OVER whole AS {model}_left, "
        f"row_number() OVER (PARTITION BY number ORDER BY {model}_exact > 0 DESC, "
        f"{model}_exact - floor({model}_exact) DESC, turn) AS {model}_place"
    )


def _part(model: str) -> str:
    """Ten-thousandths of a collaboration; weights cut at the last digit leave more than one each."""
    more = f"div({model}_left, {model}_holders) + ({model}_place <= mod({model}_left, {model}_holders))::int"
    return f"{model}_part + CASE WHEN {model}_place <= {model}_holders THEN {more} ELSE 0 END AS {model}_part"


@cache
def credits() -> sql.Composed:
    """`Credit` from `line` and `share`; answers (order, collaboration) of rows that are another."""
    key = frozenset({"order_id", "line_id", "kind", "refund_id", "collaboration_id"})
    return compose(
        "attribution/credits.sql",
        exact=listed(f"s.{model}_weight * l.units AS {model}_exact" for model in DIVIDING),
        holders=listed(f"s.{model}_holders" for model in DIVIDING),
        is_divided=raw(" OR ".join(f"s.{model}_weight NOT IN (0, 1)" for model in DIVIDING)),
        parts=listed(f"floor({model}_exact) AS {model}_part" for model in DIVIDING),
        left_over=listed(_left_over(model) for model in DIVIDING),
        exact_names=listed(f"{model}_exact" for model in DIVIDING),
        holder_names=listed(f"{model}_holders" for model in DIVIDING),
        amounts=listed(_part(model) for model in DIVIDING),
        credited=listed(
            f"(CASE WHEN s.{model}_weight IN (0, 1) THEN l.amount * s.{model}_weight "
            + (f"ELSE sign(l.amount) * p.{model}_part / 10000 " if model in DIVIDING else "")
            + f"END)::numeric(20, 4) AS {model}_amount"
            for model in MODELS
        ),
        **_written(_CREDIT, key),
    )


@cache
def due() -> sql.Composed:
    """Fills the temporary table `due`: what of each paid order is due to whom."""
    return compose("attribution/due.sql")
