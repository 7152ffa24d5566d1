"""Tables from files: uploaded, shown row by row with what is wrong, and taken in when confirmed."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from import_export.admin import ImportMixin
from import_export.formats import base_formats
from import_export.forms import ConfirmImportForm
from import_export.results import InvalidRow, Result, RowResult
from import_export.tmp_storages import BaseStorage
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from commerce import tables
from commerce.access import scoped
from commerce.admin.scope import actor_of, record
from commerce.models import Partner

LARGEST_FILE: Final = 512 * 1024
LONGEST_REASON: Final = 2000
SALT: Final = "table file"


class CarriedFile(BaseStorage):  # type: ignore[misc]  # Its package says nothing of types.
    """A file on its way from the preview to the confirmation: packed and signed in the form itself.

    Nothing of it lies on a disk of this machine, and any process can go on with it.
    """

    def save(self, content: bytes) -> None:
        """Pack it into its own name."""
        packed = base64.b64encode(zlib.compress(content)).decode()
        self.name = signing.dumps(packed, salt=SALT)

    def read(self) -> bytes:
        """Unpack it; raises `Unreadable` for what was not packed here a day ago at most."""
        try:
            packed = signing.loads(self.name, salt=SALT, max_age=86_400)
            return zlib.decompress(base64.b64decode(packed))
        except (signing.BadSignature, binascii.Error, zlib.error):
            raise tables.Unreadable("The file is not as it was shown: upload it again.") from None

    def remove(self) -> None:
        """Nothing is kept anywhere."""


# -- formats ---------------------------------------------------------------------------------------


class Csv(base_formats.CSV):  # type: ignore[misc]  # Its package says nothing of types.
    """CSV in UTF-8, with commas, semicolons or tabs."""

    layout: ClassVar[tables.Layout]

    def get_read_mode(self) -> str:
        """As bytes: what they mean is found out here."""
        return "rb"

    def create_dataset(self, content: bytes) -> list[tables.Row]:
        """The rows; raises `Unreadable`."""
        return tables.read_csv(tables.decoded(content), layout=self.layout)


class Workbook(base_formats.XLSX):  # type: ignore[misc]  # Its package says nothing of types.
    """The first sheet of an XLSX file."""

    layout: ClassVar[tables.Layout]

    def create_dataset(self, content: bytes) -> list[tables.Row]:
        """The rows; raises `Unreadable`."""
        return tables.read_workbook(content, layout=self.layout)


# -- forms -----------------------------------------------------------------------------------------


class TableFileForm(ImportForm):  # type: ignore[misc]  # Its package says nothing of types.
    """Whose table, which file, and why."""

    partner = forms.ModelChoiceField(Partner.objects.none(), widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why, for the record.",
    )

    def __init__(self, *arguments: Any, partners: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["partner"].queryset = partners

    def clean_import_file(self) -> Any:
        """A file that is small enough to be carried along."""
        file = self.cleaned_data["import_file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(f"At most {LARGEST_FILE // 1024} KiB.")
        return file


class ConfirmTableForm(ConfirmImportForm):  # type: ignore[misc]  # Its package says nothing of types.
    """The same, seen and confirmed."""

    partner = forms.ModelChoiceField(Partner.objects.none(), widget=forms.HiddenInput)
    reason = forms.CharField(required=False, max_length=LONGEST_REASON, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, partners: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["partner"].queryset = partners

    def clean_import_file_name(self) -> str:
        """The file itself, still as it was shown."""
        name: str = self.cleaned_data["import_file_name"]
        try:
            CarriedFile(name=name).read()
        except tables.Unreadable as unreadable:
            raise ValidationError(unreadable.message) from None
        return name


# -- pages -----------------------------------------------------------------------------------------


class TableFiles(ImportMixin):  # type: ignore[misc]  # Its package says nothing of types.
    """Part of a page: taking a table in from a file, once it was seen what that would change."""

    layout: tables.Layout
    adds: str
    """The permission that it takes."""
    noun: str
    """What is taken in, for the record of the admin."""
    import_form_class = TableFileForm
    confirm_form_class = ConfirmTableForm
    tmp_storage_class = CarriedFile
    skip_import_confirm = False

    def get_import_formats(self) -> list[Any]:
        """CSV and XLSX, with the columns of this table."""
        told = {"layout": self.layout}
        return [type(kind.__name__, (kind,), told) for kind in (Csv, Workbook)]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may add such rows, or change them."""
        return bool(request.user.has_perm(self.adds))

    def get_import_form_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Choices are walled like rows."""
        return {**super().get_import_form_kwargs(request), "partners": _partners(request)}

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        """Choices are walled like rows."""
        return {**super().get_confirm_form_kwargs(request, import_form), "partners": _partners(request)}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        """Whose table and why go along."""
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            told = import_form.cleaned_data
            initial |= {"partner": told["partner"].pk, "reason": told["reason"]}
        return initial

    def get_import_data_kwargs(self, **told: Any) -> dict[str, Any]:
        """Who asks, for whom and why."""
        request, given = told["request"], told["form"].cleaned_data
        asked = {
            "actor": actor_of(request), "partner_id": given["partner"].pk, "reason": given["reason"],
            "now": timezone.now(),
        }  # fmt: skip
        return {"asked": asked}

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        """What is wrong with the file, in words."""
        message = "The file cannot be read as this format."
        if isinstance(error, tables.Unreadable):
            message = error.message
        form.add_error("import_file", message)

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Back to the list; to the form where what was shown a moment ago holds no more."""
        if not result.has_validation_errors():
            answer: HttpResponse = super().process_result(result, request)
            return answer
        messages.error(request, "Nothing was taken in: upload the file again to see what is wrong with it.")
        app, model = self.get_model_info()
        return HttpResponseRedirect(reverse(f"admin:{app}_{model}_import"))

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """One entry for the file: what it says is on record by itself."""
        partner = _partners(request).filter(pk=request.POST.get("partner")).first()
        if partner is not None:
            new, changed = (result.totals[one] for one in ("new", "update"))
            record(request, [partner], f"{self.noun} imported: {new} new rows, {changed} changed.")


def _partners(request: HttpRequest) -> Any:
    return scoped(Partner.objects.order_by("slug"), actor=actor_of(request))


# -- what is shown ---------------------------------------------------------------------------------


def columns_shown(names: Sequence[str]) -> list[Any]:
    """The columns of a file, as the form lists them."""
    return [type("Column", (), {"column_name": name})() for name in names]


def show_row(
    result: Result,
    *,
    line: int,
    kind: str,
    values: Sequence[str],
    errors: Sequence[tuple[str, str]],
) -> None:
    """Add a row to what a preview shows: new, changed, skipped, or what is wrong with which column."""
    result.totals[kind] += 1
    shown = RowResult()
    shown.import_type = kind
    shown.diff = [escape(value) for value in values]
    result.append_row_result(shown)
    if errors:
        wrong: dict[str, list[str]] = {}
        for column, message in errors:
            wrong.setdefault(column or "row", []).append(message)
        result.invalid_rows.append(InvalidRow(line, ValidationError(wrong), tuple(values)))
