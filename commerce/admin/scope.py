"""What all pages share: rows of the person's partners only, facts that nobody edits, counts with an end."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property

from commerce.access import Actor, scoped
from commerce.models import Partner

if TYPE_CHECKING:
    Page = admin.ModelAdmin[Any]
    Lines = admin.TabularInline[Any, Any]
    Form = forms.ModelForm[Any]
    Pages = Paginator[Any]
else:
    Form = forms.ModelForm
    Pages = Paginator
    from unfold.admin import ModelAdmin as Page
    from unfold.admin import TabularInline as Lines

COUNTED: Final = 100_000
"""Lists tell how many rows there are up to this; a filter or a search leads to the rest."""

LISTED: Final = 100
"""Partners a filter lists."""

NOBODY: Final = Actor(name="", partner_ids=(), scopes=frozenset())


def record(request: HttpRequest, rows: Sequence[models.Model], message: str) -> None:
    """Put on record, for each row, that the person did this."""
    LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, message)


def actor_of(request: HttpRequest) -> Actor:
    """Who is signed in, as the middleware found out; nobody's rows without one."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return actor


class BoundedPaginator(Pages):
    """Counts at most `COUNTED` rows: the pages of millions of rows cost what those of a few cost."""

    @cached_property
    def count(self) -> int:
        """How many rows there are to page through."""
        rows = self.object_list
        if not isinstance(rows, models.QuerySet):
            return len(rows)
        return rows.order_by()[:COUNTED].count()


class PartnerFilter(admin.SimpleListFilter):
    """One of the person's partners; where there are many, the address finds those that are not listed."""

    title = "partner"
    parameter_name = "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The partners whose rows the person may see."""
        rows = scoped(Partner.objects.all(), actor=actor_of(request)).order_by("slug")
        return list(rows.values_list("slug", "name")[:LISTED])

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Rows of the chosen partner."""
        return queryset if self.value() is None else queryset.filter(partner__slug=self.value())


class ScopedRows:
    """Narrows every queryset of a page or of its lines to the person's partners."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Only what the person may see."""
        rows: models.QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return scoped(rows, actor=actor_of(request))

    def formfield_for_foreignkey(
        self, db_field: "models.ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        """Choices are walled like rows."""
        choices = scoped(db_field.related_model._default_manager.all(), actor=actor_of(request))
        options.setdefault("queryset", choices)
        field: forms.ModelChoiceField[Any] | None = super().formfield_for_foreignkey(  # type: ignore[misc]
            db_field, request, **options
        )
        return field


class ScopedPage(ScopedRows, Page):
    """A page of rows of the person's partners."""

    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_select_related: ClassVar[tuple[str, ...]] = ("partner",)
    list_filter: ClassVar[tuple[Any, ...]] = (PartnerFilter,)


class ReadOnly:
    """Nobody adds, changes or deletes by hand what has one writer."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False


class FactPage(ReadOnly, ScopedPage):
    """A page of facts or numbers, to be read."""

    # The claims that won and the keyed hashes are the machine's; nobody reads anything from them.
    exclude: ClassVar[tuple[str, ...]] = ("id", "versions", "email_hash", "phone_hash")

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """Every field there is, then what the page adds."""
        if self.fields is not None:
            return list(self.fields)
        return [*_named(self.model, self.exclude), *self.readonly_fields]


class FactLines(ReadOnly, ScopedRows, Lines):
    """Facts that belong to the row shown, to be read."""

    extra = 0
    per_page = 25
    hide_title = True
    show_change_link = False
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Who sees the row sees its lines: the page itself asked already."""
        return True


class SuperuserOnly:
    """What concerns the whole house and not one partner."""

    def _is_superuser(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Superusers alone."""
        return self._is_superuser(request)


def _named(model: type[models.Model], without: Iterable[str]) -> list[str]:
    left_out = set(without)
    return [field.name for field in model._meta.fields if field.name not in left_out]
