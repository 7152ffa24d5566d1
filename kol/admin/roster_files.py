"""Rosters from files: uploaded, shown row by row with what is wrong, and taken in when confirmed."""

import base64
import binascii
import zipfile
import zlib
from dataclasses import asdict
from io import BytesIO
from typing import Any, Final

import openpyxl
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import escape
from import_export.admin import ImportMixin
from import_export.formats import base_formats
from import_export.forms import ConfirmImportForm
from import_export.resources import ModelResource
from import_export.results import InvalidRow, Result, RowResult
from import_export.tmp_storages import BaseStorage
from openpyxl.utils.exceptions import InvalidFileException
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from commerce.access import scoped
from commerce.admin.scope import actor_of, record
from commerce.models import Partner
from kol import roster
from kol.changes.rules import LONGEST_REASON
from kol.models import RosterEntry
from kol.refusals import Refused

LARGEST_FILE: Final = 512 * 1024
LARGEST_SHEET: Final = 20 * 1024 * 1024
"""Bytes of a workbook when it is unpacked."""
MOST_COLUMNS: Final = 50
SALT: Final = "roster file"
SHOWN_AS: Final = {
    roster.Status.NEW: RowResult.IMPORT_TYPE_NEW,
    roster.Status.CHANGED: RowResult.IMPORT_TYPE_UPDATE,
    roster.Status.SAME: RowResult.IMPORT_TYPE_SKIP,
    roster.Status.REFUSED: RowResult.IMPORT_TYPE_INVALID,
}


# -- files -----------------------------------------------------------------------------------------


class CarriedFile(BaseStorage):  # type: ignore[misc]  # Its package says nothing of types.
    """A file on its way from the preview to the confirmation: packed and signed in the form itself.

    Nothing of it lies on a disk of this machine, and any process can go on with it.
    """

    def save(self, content: bytes) -> None:
        """Pack it into its own name."""
        packed = base64.b64encode(zlib.compress(content)).decode()
        self.name = signing.dumps(packed, salt=SALT)

    def read(self) -> bytes:
        """Unpack it; raises `Refused` for what was not packed here a day ago at most."""
        try:
            packed = signing.loads(self.name, salt=SALT, max_age=86_400)
            return zlib.decompress(base64.b64decode(packed))
        except (signing.BadSignature, binascii.Error, zlib.error):
            raise Refused(
                "import_file", message="The file is not as it was shown: upload it again."
            ) from None

    def remove(self) -> None:
        """Nothing is kept anywhere."""


class Csv(base_formats.CSV):  # type: ignore[misc]  # Its package says nothing of types.
    """CSV in UTF-8, with commas, semicolons or tabs."""

    def get_read_mode(self) -> str:
        """As bytes: what they mean is found out here."""
        return "rb"

    def create_dataset(self, content: bytes) -> list[roster.RosterRow]:
        """The rows; raises `Refused`."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Refused("import_file", message="The file is not in UTF-8.") from None
        return roster.read_csv(text, field="import_file")


class Workbook(base_formats.XLSX):  # type: ignore[misc]  # Its package says nothing of types.
    """The first sheet of an XLSX file."""

    def create_dataset(self, content: bytes) -> list[roster.RosterRow]:
        """The rows; raises `Refused`."""
        try:
            with zipfile.ZipFile(BytesIO(content)) as archive:
                if sum(part.file_size for part in archive.infolist()) > LARGEST_SHEET:
                    raise Refused("import_file", message="The workbook is too large when it is unpacked.")
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(max_col=MOST_COLUMNS, max_row=roster.MOST_ROWS + 2, values_only=True)
            told = [(line, list(cells)) for line, cells in enumerate(rows, 1)]
        except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError, SyntaxError):
            raise Refused("import_file", message="The file is no XLSX workbook.") from None
        if not told:
            raise Refused("import_file", message="It is empty: a header names the columns.")
        return roster.rows_of(told[0][1], told[1:], field="import_file")


# -- forms -----------------------------------------------------------------------------------------


class RosterFileForm(ImportForm):  # type: ignore[misc]  # Its package says nothing of types.
    """Whose roster, which file, and why."""

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


class ConfirmRosterForm(ConfirmImportForm):  # type: ignore[misc]  # Its package says nothing of types.
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
        except Refused as refused:
            raise ValidationError(refused.message) from None
        return name


# -- what is shown ---------------------------------------------------------------------------------


class RosterResource(ModelResource):  # type: ignore[misc]  # Its package says nothing of types.
    """The import as its pages show it; what it does is the roster's own."""

    class Meta:
        model = RosterEntry
        name = "Roster"

    def get_user_visible_fields(self) -> list[Any]:
        """The columns of a file."""
        return [type("Column", (), {"column_name": name})() for name in roster.COLUMNS]

    def import_data(self, dataset: list[roster.RosterRow], dry_run: bool = False, **told: Any) -> Result:
        """Take the rows in, or with `dry_run` say what that would change."""
        outcome = roster.import_roster(dataset, preview=dry_run, **told["asked"])
        result = Result()
        result.diff_headers = [*roster.COLUMNS, "changes"]
        result.total_rows = len(outcome.rows)
        for row in outcome.rows:
            _show(result, row)
        return result


def _show(result: Result, one: roster.RowOutcome) -> None:
    values = [value for name, value in asdict(one.row).items() if name != "line"]
    kind = SHOWN_AS[one.status]
    result.totals[kind] += 1
    told = "; ".join(f"{change.column}: {change.before or '-'} > {change.after}" for change in one.changes)
    if one.known_as:
        told = f"known as {one.known_as}; {told}"
    shown = RowResult()
    shown.import_type = kind
    shown.diff = [escape(value) for value in [*values, told]]
    result.append_row_result(shown)
    if one.errors:
        wrong: dict[str, list[str]] = {}
        for column, message in one.errors:
            wrong.setdefault(column, []).append(message)
        result.invalid_rows.append(InvalidRow(one.row.line, ValidationError(wrong), (*values, told)))


class RosterFiles(ImportMixin):  # type: ignore[misc]  # Its package says nothing of types.
    """Part of the page of rosters: taking one in from a file."""

    resource_classes = (RosterResource,)
    formats = (Csv, Workbook)
    import_form_class = RosterFileForm
    confirm_form_class = ConfirmRosterForm
    tmp_storage_class = CarriedFile
    skip_import_confirm = False

    def get_import_formats(self) -> list[Any]:
        """CSV and XLSX."""
        return list(self.formats)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may add to rosters."""
        return bool(self.has_add_permission(request))

    def get_import_form_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Choices are walled like rows."""
        return {**super().get_import_form_kwargs(request), "partners": _partners(request)}

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        """Choices are walled like rows."""
        return {**super().get_confirm_form_kwargs(request, import_form), "partners": _partners(request)}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        """Whose roster and why go along."""
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
        message = error.message if isinstance(error, Refused) else "The file cannot be read as this format."
        form.add_error("import_file", message)

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """One entry for the file: what the roster says is on record by itself."""
        partner = _partners(request).filter(pk=request.POST.get("partner")).first()
        if partner is not None:
            new, changed = (result.totals[one] for one in ("new", "update"))
            record(request, [partner], f"Roster imported: {new} new rows, {changed} changed.")


def _partners(request: HttpRequest) -> Any:
    return scoped(Partner.objects.order_by("slug"), actor=actor_of(request))
