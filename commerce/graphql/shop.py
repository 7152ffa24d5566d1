"""The shop of the partner whose key asks."""

from analytics.graphql.pages import Info, bad_input, needs
from analytics.graphql.shop import PeriodInput, Shop, shop_of
from analytics.graphql.values import SalesBasis
from commerce import queries
from commerce.models import Partner
from config.api.scalars import CurrencyCode, TimeZone


def only_partner(info: Info) -> Partner:
    """The one partner whose numbers are asked for; BAD_USER_INPUT to whoever sees several, or none."""
    partners = queries.partners(actor=needs(info, "read"))
    if len(partners) != 1:
        raise bad_input("A shop is of one partner, and this key sees several.")
    return partners[0]


def shop(
    info: Info,
    *,
    period: PeriodInput,
    timezone: TimeZone | None,
    basis: SalesBasis,
    currency: CurrencyCode | None,
) -> Shop:
    """The shop over a period of its own calendar, or of another time zone's."""
    partner = only_partner(info)
    return shop_of(
        info,
        partner_id=partner.id,
        calendar=partner.timezone,
        week_starts_on=partner.week_starts_on,
        period=period,
        timezone=timezone,
        basis=basis,
        currency=currency,
    )
