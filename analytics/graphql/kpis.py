"""The numbers of a live session as its `kpis`."""

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from analytics.graphql.metrics import Kpis, declared
from analytics.graphql.pages import Info, Siblings, bad_input, computed, needs
from analytics.graphql.values import Provenance, SalesBasis
from analytics.metrics import Scope, definition_version
from analytics.queries import Numbers, Past, past_session_numbers, session_numbers
from config.api.scalars import CurrencyCode

BasisArgument = Annotated[
    SalesBasis, strawberry.argument(description="Which orders count, and at which value.")
]
CurrencyArgument = Annotated[
    CurrencyCode | None,
    strawberry.argument(description="Only sales in this currency; the subject's own when left out."),
]
AsOfArgument = Annotated[
    dt.datetime | None,
    strawberry.argument(
        description="What was known then, from facts that had come and been counted; later than now is now. "
        "Of a moment more than a day ago while the session was live, at most a minute's less."
    ),
]
ShippingArgument = Annotated[
    bool,
    strawberry.argument(
        description="Whether sales, what is divided from them and the paid sales include shipping."
    ),
]
TaxArgument = Annotated[
    bool,
    strawberry.argument(
        description="Whether sales, what is divided from them and the paid sales include tax."
    ),
]


@strawberry.type(description="The numbers of a live session: one field a metric, in one currency and basis.")
@declared(Scope.SESSION)
class SessionKpis(Kpis):
    basis: SalesBasis = strawberry.field(description="Which orders count, and at which value.")
    currency: CurrencyCode = strawberry.field(
        description="The one currency of all amounts and order counts here."
    )
    other_currencies: list[CurrencyCode] = strawberry.field(
        description="Currencies this session also sold in, which these numbers leave out."
    )
    as_of: dt.datetime = strawberry.field(description="What was known at this moment.")
    computed_at: dt.datetime | None = strawberry.field(
        description="When the numbers were computed; null before that."
    )
    is_fresh: bool = strawberry.field(description="Whether no fact waits that may change these numbers.")
    definition_version: int = strawberry.field(
        description="Grows when the meaning of any of these numbers changes."
    )
    provenance: Provenance = strawberry.field(description="Where the numbers come from.")

    def __init__(self, numbers: Numbers, **given: object) -> None:
        super().__init__(numbers, **given)


VERSION = definition_version(Scope.SESSION)

KnownT = TypeVar("KnownT")


class _Kept(dict[str, Any]):
    """Stored numbers of an earlier moment; what is not among them is not kept."""

    def __missing__(self, key: str) -> Any:
        raise bad_input(f"No history is kept of {key}: ask without asOf.")


def known_then(past: Past[KnownT]) -> KnownT:
    """What was known at an earlier moment; raises BAD_USER_INPUT for one before the history begins."""
    if past.kept_from is not None:
        begins = past.kept_from.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        raise bad_input(f"What was known of this session is kept from {begins} on.")
    return past.known


def session_kpis(
    info: Info,
    siblings: Siblings,
    session_id: UUID,
    *,
    basis: SalesBasis,
    include_shipping: bool,
    include_tax: bool,
    currency: CurrencyCode | None,
    as_of: dt.datetime | None,
) -> SessionKpis:
    """The numbers of one session, read for all of its page at once."""
    actor, now = needs(info, "read"), info.context.now
    parts = (("shipping", include_shipping), ("tax", include_tax))
    include = frozenset(part for part, is_wanted in parts if is_wanted)
    asked: dict[str, Any] = {
        "actor": actor,
        "basis": basis.name,
        "currency": currency,
        "include": include,
    }
    if as_of is not None and as_of < now:
        past = partial(past_session_numbers, as_of=as_of, **asked)
        known = known_then(siblings.load(("kpis", basis, currency, include, as_of), past)[session_id])
        numbers = replace(known, stored=_Kept(known.stored))
    else:
        as_of, present = now, partial(session_numbers, **asked)
        numbers = siblings.load(("kpis", basis, currency, include), present)[session_id]
    return SessionKpis(
        numbers,
        basis=basis,
        currency=numbers.currency,
        other_currencies=numbers.other_currencies,
        as_of=as_of,
        computed_at=numbers.computed_at,
        is_fresh=numbers.is_fresh,
        definition_version=numbers.definition_version or VERSION,
        provenance=Provenance.MEASURED,
    )


@strawberry.type
class KpisNow:
    """The field `kpis` of what shows a session as it is now; never a type of the schema itself."""

    identity: strawberry.Private[UUID]
    siblings: strawberry.Private[Siblings]

    @computed(description="Its numbers, as they are known now.")
    def kpis(
        self,
        info: Info,
        basis: BasisArgument = SalesBasis.PAID,
        include_shipping: ShippingArgument = False,
        include_tax: TaxArgument = False,
        currency: CurrencyArgument = None,
    ) -> SessionKpis:
        return session_kpis(
            info,
            self.siblings,
            self.identity,
            basis=basis,
            include_shipping=include_shipping,
            include_tax=include_tax,
            currency=currency,
            as_of=None,
        )
