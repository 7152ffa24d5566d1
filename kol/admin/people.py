"""KOLs as the public knows them, and the partners' rosters."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from commerce.admin.scope import FactLines, FactPage, PartnerFilter, actor_of
from kol import changes
from kol.access import scoped
from kol.admin.acting import ActPage, ReasonForm, lines_field, slug_field
from kol.admin.roster_files import RosterFiles
from kol.models import Kol, KolAccount, KolFollowers, RosterEntry

ACCOUNTS = "One a line: the platform and the handle, and how many follow: `TIKTOK mei 3000`."


class AccountLines(FactLines):
    """The accounts of a KOL."""

    model = KolAccount
    verbose_name_plural = "Accounts"
    fields = ("platform", "handle", "followers_now", "counted_on")
    readonly_fields = ("followers_now", "counted_on")
    ordering = ("platform", "handle")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of KOLs the person's partners work with, with the latest count."""
        rows = scoped(KolAccount.objects.prefetch_related("followers"), actor=actor_of(request))
        return rows.order_by(*self.ordering)

    def _latest(self, account: KolAccount) -> KolFollowers | None:
        return max(account.followers.all(), key=lambda one: one.on_date, default=None)

    @admin.display(description="Followers")
    def followers_now(self, account: KolAccount) -> str:
        """How many there were at the latest count."""
        latest = self._latest(account)
        return "" if latest is None else f"{latest.followers:,}"

    @admin.display(description="Counted on")
    def counted_on(self, account: KolAccount) -> str:
        """The day of the latest count."""
        latest = self._latest(account)
        return "" if latest is None else str(latest.on_date)


@admin.register(Kol)
class KolPage(FactPage):
    """KOLs whom the person's partners work with; they come from rosters."""

    list_display = ("name", "country", "created_at")
    list_select_related: ClassVar[tuple[str, ...]] = ()
    list_filter = ()
    search_fields = ("name", "accounts__handle")
    ordering = ("name", "id")
    inlines = (AccountLines,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """KOLs are no partner's; these the person's partners work with."""
        rows = scoped(Kol.objects.all(), actor=actor_of(request))
        return rows.order_by(*self.ordering)


class EntryForm(ReasonForm):
    """What a roster says of a KOL."""

    agency = slug_field(required=False)

    class Meta:
        model = RosterEntry
        fields = ("agency", "note")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        agency = self.instance.agency
        self.initial["agency"] = "" if agency is None else agency.slug

    def act(self) -> RosterEntry:
        """Say it."""
        told = self.cleaned_data
        return changes.update_entry(
            self.instance.pk, agency=told["agency"] or None, note=told["note"], **self.whom
        )


class NewEntryForm(ReasonForm):
    """A KOL for a roster; one of whom an account is known is that KOL, whose name stays."""

    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    country = forms.CharField(
        required=False, max_length=2, widget=UnfoldAdminTextInputWidget, help_text="Two letters, such as SG."
    )
    accounts = lines_field(help_text=ACCOUNTS)
    agency = slug_field(required=False)
    note = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

    class Meta:
        model = RosterEntry
        fields = ("partner",)

    def clean_accounts(self) -> list[changes.AccountWish]:
        """Each line as an account."""
        found = []
        for line in filter(None, (line.split() for line in self.cleaned_data["accounts"].splitlines())):
            if len(line) not in (2, 3) or (len(line) == 3 and not line[2].isdecimal()):
                raise forms.ValidationError("Each line has a platform, a handle, and maybe a whole number.")
            followers = int(line[2]) if len(line) == 3 else None
            found.append(changes.AccountWish(platform=line[0].upper(), handle=line[1], followers=followers))
        return found

    def act(self) -> RosterEntry:
        """Take the KOL onto the roster."""
        told = self.cleaned_data
        wish = changes.KolWish(
            name=told["name"], country=told["country"], accounts=told["accounts"],
            agency=told["agency"] or None, note=told["note"] or None,
        )  # fmt: skip
        return changes.create_kol(wish, partner_id=told["partner"].pk, **self.whom)


@admin.register(RosterEntry)
class RosterPage(RosterFiles, ActPage):
    """Whom each partner knows; taken in one by one, or from a file."""

    list_display = ("kol", "partner", "agency", "note")
    list_select_related: ClassVar[tuple[str, ...]] = ("partner", "kol", "agency")
    list_filter = (PartnerFilter,)
    search_fields = ("kol__name", "kol__accounts__handle")
    ordering = ("-id",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Who it is stays."""
        return super().get_form(
            request, obj, change, **options, form=NewEntryForm if obj is None else EntryForm
        )

    def get_fields(self, request: HttpRequest, obj: RosterEntry | None = None) -> list[Any]:
        """Who it is, and what the partner says of the KOL."""
        if obj is None:
            return ["partner", "name", "country", "accounts", "agency", "note", "reason"]
        return ["partner", "kol", "agency", "note", *(["reason"] if self._may(request, obj) else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: RosterEntry | None = None) -> list[str]:
        """Who it is stays."""
        return [] if obj is None else ["partner", "kol"]

    def _may(self, request: HttpRequest, obj: RosterEntry) -> bool:
        return bool(self.has_change_permission(request, obj))
