"""Connectors: each turns the files or payloads of one kind of source into events of the vocabulary.

`FILES` are those for files: from the content of a mapping to something whose `events` reads a source.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from commerce.connectors.invoice_lines import InvoiceLines
from commerce.files import Piece, Source


class FileConnector(Protocol):
    """What reads a file as events."""

    def events(self, source: Source) -> Iterator[Piece]:
        """The events of a file, or what stood in their place with the reason."""


FILES: Final[dict[str, Callable[[dict[str, Any], str], FileConnector]]] = {
    "invoice-lines": lambda written, name: InvoiceLines(written, name=name),
}
