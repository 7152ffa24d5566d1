"""Tables as a printed document: a page after the other, written to disk and read back in chunks.

Latin and Thai text carry their letters with them. Korean, Chinese and Japanese are set in a font that readers
of PDF bring along; where one has none of it, such letters are missing there, and nothing else is.
"""

import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from analytics.exports.files import CHUNK_BYTES
from analytics.exports.statements import exact
from analytics.exports.tables import Cell, Table

LATIN: Final = "NotoSans"
THAI: Final = "NotoSansThai"
EASTERN: Final = "HYSMyeongJo-Medium"
MARGIN: Final = 40.0
SIZE: Final = 8.0
LEADING: Final = 12.0
WIDTH, HEIGHT = A4


@cache
def _letters() -> dict[str, frozenset[int]]:
    """Fonts made known, with the characters each has."""
    known = {}
    for name, package, file in (
        (LATIN, "fontpkg_noto_sans", "NotoSans[wdth,wght].ttf"),
        (THAI, "fontpkg_noto_sans_thai", "NotoSansThai[wdth,wght].ttf"),
    ):
        with (files(package) / "files" / file).open("rb") as stream:
            font = TTFont(name, stream)
        pdfmetrics.registerFont(font)
        known[name] = frozenset(font.face.charToGlyph)
    pdfmetrics.registerFont(UnicodeCIDFont(EASTERN))
    return known


def _font(character: str) -> str:
    known = _letters()
    if ord(character) in known[LATIN]:
        return LATIN
    if ord(character) in known[THAI]:
        return THAI
    return EASTERN if unicodedata.east_asian_width(character) in "WF" else ""


def _runs(text: str) -> list[tuple[str, str]]:
    """(font, text) of the parts of a text; what no font has is a question mark."""
    composed = unicodedata.normalize("NFC", text)
    runs = [(font, "".join(part)) for font, part in groupby(composed, key=_font)]
    return [(font or LATIN, part if font else "?" * len(part)) for font, part in runs]


def _wide(text: str, size: float) -> float:
    return sum(float(pdfmetrics.stringWidth(part, font, size)) for font, part in _runs(text))


def _fitting(text: str, width: float) -> str:
    """A text, cut where it is wider than its column."""
    if _wide(text, SIZE) <= width:
        return text
    while text and _wide(f"{text}…", SIZE) > width:
        text = text[:-1]
    return f"{text}…"


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    told = exact(cell)
    return f"{told:,f}" if isinstance(told, Decimal) else str(told)


class _Pages:
    """A canvas that begins a new page where one is full."""

    def __init__(self, file: Any, *, title: str) -> None:
        self.canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1)
        self.canvas.setTitle(title)
        self.number, self.y = 1, HEIGHT - MARGIN
        self.headers: tuple[Sequence[str], Sequence[float]] | None = None

    def line(self, cells: Sequence[Cell], lefts: Sequence[float], *, size: float = SIZE) -> None:
        """A line of cells, each from its place on; numbers end where the next column begins."""
        if self.y < MARGIN + LEADING:
            self.turn()
        for place, cell in enumerate(cells):
            left = lefts[place]
            end = lefts[place + 1] - 6 if place + 1 < len(lefts) else WIDTH - MARGIN
            text = _fitting(_written(cell), end - left) if size == SIZE else _written(cell)
            is_number = len(cells) > 2 and isinstance(cell, Decimal | int)
            self._draw(text, end - _wide(text, size) if is_number else left, size)
        self.y -= LEADING * size / SIZE

    def turn(self) -> None:
        """End a page; the next one begins with the headers of the table that goes on."""
        self.end()
        self.canvas.showPage()
        self.number, self.y = self.number + 1, HEIGHT - MARGIN
        if self.headers is not None:
            headers, lefts = self.headers
            self.line(headers, lefts)

    def end(self) -> None:
        """The number of the page, at its foot."""
        self._draw(str(self.number), WIDTH - MARGIN - _wide(str(self.number), SIZE), SIZE, y=MARGIN / 2)

    def _draw(self, text: str, x: float, size: float, *, y: float | None = None) -> None:
        for font, part in _runs(text):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, self.y if y is None else y, part)
            x += float(pdfmetrics.stringWidth(part, font, size))


def _lefts(count: int) -> list[float]:
    """Where columns begin: the first is twice as wide as the others, which are never very wide."""
    step = (WIDTH - 2 * MARGIN) / max(count + 1, 6)
    return [MARGIN, *(MARGIN + step * place for place in range(2, count + 1))]


def document_chunks(tables: Iterable[Table], *, title: str) -> Iterator[bytes]:
    """Tables below each other, with their headers on each page."""
    _letters()
    with tempfile.TemporaryFile() as file:
        pages = _Pages(file, title=title)
        pages.line([title], [MARGIN], size=14)
        for table in tables:
            lefts = _lefts(len(table.headers))
            pages.headers = None
            pages.line([], lefts)
            pages.line(table.headers, lefts)
            pages.headers = (table.headers, lefts)
            for row in table.rows:
                pages.line(row, lefts)
        pages.end()
        pages.canvas.save()
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
