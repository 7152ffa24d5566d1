"""A column mapping: from the rows of a flat CSV to events."""

import string
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import orjson
from msgspec import Struct

from commerce.files.moments import CellError, Moments, convert, rfc3339
from commerce.files.reading import Piece, Source
from commerce.files.tables import Row, read_rows, refused_row

_TRUE: Final = frozenset({"true", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "no", "n", "0"})
_MOST_ITEMS: Final = 500
Path = tuple[str | int, ...]


class Cell(Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a value comes from: a column, or a template of columns such as `{order}-{line}`.

    `values` translates what stands there, and then nothing else may stand there; an empty cell gives none.
    """

    column: str | None = None
    template: str | None = None
    type: Literal["text", "integer", "decimal", "boolean", "time"] = "text"
    values: dict[str, str | int | bool] | None = None

    def __post_init__(self) -> None:
        if (self.column is None) == (self.template is None):
            raise ValueError("give either column or template")


class _Written(Struct, kw_only=True, forbid_unknown_fields=True):
    """A mapping file as it is written."""

    source: str
    type: str | Cell
    id: str | Cell
    time: Moments
    subject: str | Cell | None = None
    delimiter: str = ","
    data: dict[str, Any] = {}


class Mapping:
    """A mapping that was checked, ready for rows."""

    def __init__(self, written: dict[str, Any], *, name: str) -> None:
        told: _Written = convert(written, _Written, name=name)
        self.source, self.delimiter, self._time = told.source, told.delimiter, told.time
        if len(self.delimiter) != 1:
            raise ValueError(f"{name}: $.delimiter is one character")
        self._type = _cell(told.type, name=f"{name}: $.type")
        self._id = _cell(told.id, name=f"{name}: $.id")
        self._subject = None if told.subject is None else _cell(told.subject, name=f"{name}: $.subject")
        self._data = list(_flat(told.data, (), name))

    @property
    def columns(self) -> list[str]:
        """Every column the mapping names, each once."""
        cells = [self._type, self._id, self._subject, *(value for _, value in self._data)]
        named = [self._time.column]
        for cell in cells:
            if isinstance(cell, Cell):
                named += [cell.column] if cell.column is not None else _fields(cell.template or "")
        return list(dict.fromkeys(named))

    def events(self, source: Source) -> Iterator[Piece]:
        """An event for each row, or the row itself with the reason why it is none."""
        for row in read_rows(source, delimiter=self.delimiter, needed=self.columns):
            if row.problem is not None:
                yield refused_row(row, name=source.name, rule=row.problem)
                continue
            try:
                yield Piece(self._event(row), row.line)
            except _UnmappedError as error:
                yield refused_row(row, name=source.name, rule=str(error), path=error.path)

    def _event(self, row: Row) -> bytes:
        try:
            time = rfc3339(self._time.read(row.cells[self._time.column].strip()))
        except CellError as error:
            raise _UnmappedError(f"column {self._time.column!r}: {error}", "/time") from None
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": self._needed(self._id, row, "/id"),
            "source": self.source,
            "type": self._needed(self._type, row, "/type"),
            "time": time,
        }
        if self._subject is not None and (subject := self._value(self._subject, row, "/subject")) is not None:
            event["subject"] = subject
        data: dict[str, Any] = {}
        for path, cell in self._data:
            if (value := self._value(cell, row, "/data/" + "/".join(map(str, path)))) is not None:
                _put(data, path, value)
        event["data"] = _packed(data)
        return orjson.dumps(event)

    def _needed(self, cell: Any, row: Row, path: str) -> Any:
        if (value := self._value(cell, row, path)) is None:
            raise _UnmappedError(f"nothing stands where the mapping takes {path[1:]!r} from", path)
        return value

    def _value(self, cell: Any, row: Row, path: str) -> Any:
        if not isinstance(cell, Cell):
            return cell
        if cell.column is not None:
            text, name = row.cells[cell.column].strip(), f"column {cell.column!r}"
        else:
            fields = _fields(cell.template or "")
            parts = {field: row.cells[field].strip() for field in fields}
            # A template with a gap names nothing: two rows with gaps would get one id.
            text = "" if not all(parts.values()) else str(cell.template).format(**parts)
            name = f"template {cell.template!r}"
        if not text:
            return None
        if cell.values is not None:
            if text not in cell.values:
                raise _UnmappedError(f"{name}: {text[:40]!r} is not among the mapping's values", path)
            return cell.values[text]
        try:
            return rfc3339(self._time.read(text)) if cell.type == "time" else typed(text, cell.type)
        except CellError as error:
            raise _UnmappedError(f"{name}: {error}", path) from None


class _UnmappedError(Exception):
    """Why a row gives no event."""

    def __init__(self, rule: str, path: str) -> None:
        super().__init__(rule)
        self.path = path


def typed(text: str, kind: str) -> str | int | bool:
    """A cell's text as what its column holds; amounts stay text, so that no digit is lost."""
    if kind == "integer":
        number = decimal_of(text)
        if number != number.to_integral_value():
            raise CellError(f"{text[:40]!r} is not a whole number")
        return int(number)
    if kind == "decimal":
        return f"{decimal_of(text):f}"
    if kind == "boolean":
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise CellError(f"{text[:40]!r} is not true or false")
    return text


def decimal_of(text: str) -> Decimal:
    """A finite number of at most 40 characters; raises CellError for anything else."""
    try:
        number = Decimal(text) if len(text) <= 40 else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise CellError(f"{text[:40]!r} is not a number")
    return number


def _cell(told: str | Cell, *, name: str) -> str | Cell:
    """A text with {columns} in it is a template; any other stands for itself."""
    if isinstance(told, str):
        if not _fields(told, name=name):
            return told.format()  # Doubled braces stand for single ones.
        return Cell(template=told)
    if told.template is not None:
        _fields(told.template, name=name)
    return told


def _fields(template: str, *, name: str = "") -> list[str]:
    """The columns of a template."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{name}: {template!r}: {error}") from None
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError(f"{name}: {template!r}: a template holds plain {{columns}}")
    return [field for _, field, _, _ in parts if field]


def _flat(told: dict[str, Any], path: Path, name: str) -> Iterator[tuple[Path, Any]]:
    """(path, cell or constant) of every value of `data`, nested or dotted."""
    for key, value in told.items():
        here = (*path, *(int(part) if part.isdigit() else part for part in key.split(".")))
        place = f"{name}: $.data.{'.'.join(map(str, here))}"
        if any(isinstance(part, int) and part >= _MOST_ITEMS for part in here):
            raise ValueError(f"{place}: at most {_MOST_ITEMS} items")
        if isinstance(value, dict) and {"column", "template"} & value.keys():
            yield here, _cell(convert(value, Cell, name=place), name=place)
        elif isinstance(value, dict):
            yield from _flat(value, here, name)
        else:
            yield here, _cell(value, name=place) if isinstance(value, str) else value


def _put(data: dict[Any, Any], path: Path, value: Any) -> None:
    *parents, last = path
    for part in parents:
        data = data.setdefault(part, {})
    data[last] = value


def _packed(data: Any) -> Any:
    """Tables whose keys are all numbers, as lists: `items.0.price` is the price of the first item."""
    if not isinstance(data, dict):
        return data
    if data and all(isinstance(key, int) for key in data):
        return [_packed(data[key]) for key in sorted(data)]
    return {str(key): _packed(value) for key, value in data.items()}
