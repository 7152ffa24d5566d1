"""Pages whose changes are acts: a form tries the act out, and shows what it says, before it is done."""

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from commerce.admin.scope import Form, Lines, ScopedPage, ScopedRows, actor_of
from commerce.tasks import wake
from kol.access import scoped
from kol.changes.rules import LONGEST_REASON
from kol.models import Agency, Kol
from kol.refusals import Refused

if TYPE_CHECKING:
    from django.contrib import admin

    Stacked = admin.StackedInline[Any, Any]
else:
    from unfold.admin import StackedInline as Stacked

REASON: Final = "reason"
PUBLIC: Final[tuple[type[models.Model], ...]] = (Agency, Kol)
"""Who is no partner's: those whom the person's partners work with."""


def whom_of(request: HttpRequest) -> dict[str, Any]:
    """Who does it, why and when: what every act is told."""
    reason = request.POST.get(REASON, "")
    return {"actor": actor_of(request), REASON: reason, "now": timezone.now()}


class ActForm(Form):
    """A form of a change that the domain decides about; `request` is set by the page."""

    request: ClassVar[HttpRequest]

    def act(self) -> models.Model:
        """Do what the form asks for; raises `Refused`."""
        raise NotImplementedError

    def take_back(self) -> models.Model:
        """Undo the row that the form shows; raises `Refused`."""
        raise NotImplementedError

    @property
    def whom(self) -> dict[str, Any]:
        """Who does it, why and when: what every act is told."""
        return whom_of(self.request)

    def _post_clean(self) -> None:
        """Try the act out, in place of the model's own rules: nothing is left of the trial."""
        if self.errors or not self.has_changed():
            return
        try:
            with transaction.atomic(), transaction.atomic(using="worker"):
                self.act()
                transaction.set_rollback(True)
                transaction.set_rollback(True, using="worker")
        except Refused as refused:
            self.blame(refused)

    def blame(self, refused: Refused) -> None:
        """Show what was refused beside the field that is at fault."""
        field = next((name for name in refused.path if name in self.fields), None)
        self.add_error(field, refused.message)


class ReasonForm(ActForm):
    """An act of its own, with the reason for it and for what stands in the lines below."""

    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why, for the record of this and of the lines below.",
    )


class ActRows(ScopedRows):
    """Rows and choices of the person's partners; of KOLs and agencies those they work with."""

    def formfield_for_foreignkey(
        self, db_field: "models.ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        """Choices are walled like rows."""
        if db_field.related_model in PUBLIC:
            rows = db_field.related_model._default_manager.all()
            options["queryset"] = scoped(rows, actor=actor_of(request))
            # Not by the wall of partners' rows: they are no partner's.
            beyond: Any = super(ScopedRows, self)
            field: forms.ModelChoiceField[Any] | None = beyond.formfield_for_foreignkey(
                db_field, request, **options
            )
            return field
        return super().formfield_for_foreignkey(db_field, request, **options)


class ActPage(ActRows, ScopedPage):
    """A page whose form is an act, and whose lines are acts too: all of one request, or none."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: what was agreed stays on record."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """The form, which knows who fills it in."""
        form = super().get_form(request, obj, change, **options)
        return type(form.__name__, (form,), {"request": request})

    def get_inline_instances(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """Lines belong to a row that there is."""
        return [] if obj is None else super().get_inline_instances(request, obj)

    def changeform_view(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        """The page; an act that was possible a moment ago and is no more undoes all of the request."""
        try:
            with transaction.atomic():
                answer: HttpResponse = super().changeform_view(request, *arguments, **options)
                return answer
        except Refused as refused:
            messages.error(request, refused.message)
            return HttpResponseRedirect(request.get_full_path())

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """What is different: the reason is none of it, and on record with the act."""
        form.changed_data = [name for name in form.changed_data if name != REASON]
        return super().construct_change_message(request, form, formsets, add)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Do what the form asks for."""
        _become(obj, form.act())
        _wake(obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Do what each line asks for."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for line in formset.initial_forms:
            # What is there is shown and never edited; a form that names no row of these is of nothing.
            is_known = not line.instance._state.adding
            if is_known and formset.can_delete and formset._should_delete_form(line):
                formset.deleted_objects.append(line.take_back())
        for line in formset.extra_forms:
            if line.has_changed() and not (formset.can_delete and formset._should_delete_form(line)):
                _become(line.instance, line.act())
                formset.new_objects.append(line.instance)


class ActLines(ActRows, Lines):
    """Lines that are added by acts; what is there already is shown, and taken back where that can be."""

    form: type[ActForm]
    extra = 0
    per_page = 25
    hide_title = True
    show_change_link = False
    can_delete = False
    ordering: ClassVar[tuple[str, ...]] = ("-id",)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: another line says what is different now."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Who sees the row sees its lines: the page itself asked already."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Who may add such rows."""
        return bool(request.user.has_perm(f"kol.add_{self.model._meta.model_name}"))

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Who may take such rows back, where that can be."""
        return self.can_delete and bool(request.user.has_perm(f"kol.delete_{self.model._meta.model_name}"))

    def get_formset(self, request: HttpRequest, obj: models.Model | None = None, **options: Any) -> Any:
        """The lines, whose forms know who fills them in."""
        form = type(self.form.__name__, (self.form,), {"request": request})
        return super().get_formset(request, obj, form=form, **options)


class StackedActLines(ActLines, Stacked):
    """The same, one below the other: for rows of many fields."""


def _become(row: models.Model, made: models.Model) -> None:
    """The row of a form is what the act made."""
    row.__dict__.update(made.__dict__)


def _wake(row: models.Model) -> None:
    if (partner_id := getattr(row, "partner_id", None)) is not None:
        wake(partner_id)


def slug_field(*, required: bool = True) -> forms.CharField:
    """An agency by its short name: whoever it is, its name is public."""
    return forms.CharField(
        required=required,
        max_length=63,
        widget=UnfoldAdminTextInputWidget,
        help_text="The agency's short name." + ("" if required else " Empty: nobody."),
    )


def lines_field(*, help_text: str) -> forms.CharField:
    """Several values, one a line."""
    return forms.CharField(
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=help_text,
    )
