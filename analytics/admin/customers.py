"""Customers by the id of their shop, how each was won and what came of it; nothing here names a person."""

from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from analytics.models import CustomerLife, CustomerPrediction
from analytics.queries.lives import Life, lives_of
from analytics.queries.predictions import predictions_of
from commerce.admin.persons import PersonPage
from commerce.admin.scope import PartnerFilter, actor_of
from commerce.models import Customer

BASIS: Final = "NET"


class LivingList(ChangeList):  # type: ignore[misc]  # Its package says nothing of types.
    """A page of customers with the lives of all of them, read by one statement."""

    result_list: list[Any]

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows, each with its life."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        lives = lives_of([row.pk for row in self.result_list], actor=actor_of(request))
        for row in self.result_list:
            row.life = lives.get(row.pk)


class WonFilter(admin.SimpleListFilter):
    """How customers were won."""

    title = "first purchase"
    parameter_name = "won"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Live or not, or none yet."""
        return [("live", "Live"), ("elsewhere", "Not live"), ("none", "None yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        """Customers won in the chosen way."""
        lives = CustomerLife.objects.filter(partner_id=OuterRef("partner_id"), customer_id=OuterRef("pk"))
        match self.value():
            case "live":
                return queryset.filter(Exists(lives.filter(is_live=True)))
            case "elsewhere":
                return queryset.filter(Exists(lives.filter(is_live=False)))
            case "none":
                return queryset.exclude(Exists(lives))
        return queryset


@admin.register(Customer)
class CustomerPage(PersonPage):
    """Customers, the latest first, to be read or erased; found by the whole id of their shop."""

    list_display = (
        "external_id", "source", "partner", "country", "first_purchase", "orders", "lifetime_value",
        "consent_marketing",
    )  # fmt: skip
    list_filter = (PartnerFilter, WonFilter, "consent_marketing")
    search_fields = ("external_id__exact",)
    ordering = ("-id",)
    readonly_fields = (
        "first_purchase", "won_live", "orders", "last_purchase", "lifetime_value", "paid_value", "prediction",
    )  # fmt: skip

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[LivingList]:
        """The list that reads lives."""
        return LivingList

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Customer | None:
        """A customer with the life and what is predicted, walled as who looks is."""
        customer: Customer | None = super().get_object(request, object_id, from_field)
        if customer is not None:
            actor = actor_of(request)
            lives, said = (read([customer.pk], actor=actor) for read in (lives_of, predictions_of))
            customer.life = lives.get(customer.pk)  # type: ignore[attr-defined]
            customer.said = said.get(customer.pk)  # type: ignore[attr-defined]
        return customer

    @admin.display(description="First purchase")
    def first_purchase(self, customer: Customer) -> Any:
        """When the first paid order was placed."""
        life = _life(customer)
        return None if life is None else life.first_at

    @admin.display(description="Won live")
    def won_live(self, customer: Customer) -> str | None:
        """Whether that order was a session's, and on which channel."""
        life = _life(customer)
        if life is None:
            return None
        return "No" if life.session_id is None else f"Yes, {life.channel}"

    @admin.display(description="Paid orders")
    def orders(self, customer: Customer) -> int:
        """How many, in the currency of the first one."""
        life = _life(customer)
        return 0 if life is None else life.orders

    @admin.display(description="Last purchase")
    def last_purchase(self, customer: Customer) -> Any:
        """When the latest paid order was placed."""
        life = _life(customer)
        return None if life is None else life.last_at

    @admin.display(description="Lifetime value so far (net)")
    def lifetime_value(self, customer: Customer) -> str | None:
        """Paid orders less refunds and cancellations."""
        return _sales(customer, BASIS)

    @admin.display(description="Paid, before refunds")
    def paid_value(self, customer: Customer) -> str | None:
        """Paid orders as they were paid."""
        return _sales(customer, "PAID")

    @admin.display(description="Predicted")
    def prediction(self, customer: Customer) -> str | None:
        """What the latest run of the models says, if it says anything."""
        said: CustomerPrediction | None = customer.said  # type: ignore[attr-defined]
        if said is None:
            return None
        quarter, year = (_money(value, said.run.currency) for value in (said.value_90d, said.value_365d))
        segment = f"; segment {said.segment}" if said.segment else ""
        return f"{quarter} in 90 days, {year} in a year{segment}; as of {said.run.observed_to}"


def _life(customer: Customer) -> Life | None:
    life: Life | None = customer.life  # type: ignore[attr-defined]
    return life


def _sales(customer: Customer, basis: str) -> str | None:
    life = _life(customer)
    return None if life is None else _money(life.sales[basis], life.currency)


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount.quantize(Decimal('0.01'))} {currency}"
