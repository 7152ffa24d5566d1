"""Parsed, guarded and validated documents, kept by their text: three quarters of a request's work saved."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse, validate

from config.api.errors import MAX_SHOWN, ApiError, ErrorCode
from config.api.guard import Guard, Measured, refuse

_LONGEST_KEPT = 16_384
_NESTED = "The query is nested too deeply."


class Document(NamedTuple):
    """A document ready to run on its schema."""

    tree: DocumentNode
    measured: Measured


class RefusedError(Exception):
    """A document that must not run, with the errors that say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Documents:
    """The documents of one schema: at most `size` in memory, and those known beforehand by their hash."""

    def __init__(self, *, schema: GraphQLSchema, guard: Guard, size: int, persisted: Iterable[str]) -> None:
        self._schema = schema
        self._guard = guard
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._persisted = {f"sha256:{hashlib.sha256(text.encode()).hexdigest()}": text for text in persisted}
        self._persisted_texts = frozenset(self._persisted.values())

    def persisted(self, document_id: str) -> str | None:
        """The text of a persisted document by `sha256:<hex>`."""
        return self._persisted.get(document_id.lower())

    def is_persisted(self, text: str) -> bool:
        """Whether a text is one of the persisted documents."""
        return text in self._persisted_texts

    def get(self, text: str) -> Document:
        """The document of a text, from memory or prepared now; raises RefusedError."""
        with self._lock:
            known = self._kept.get(text)
            if known is not None:
                self._kept.move_to_end(text)
                return known
        document = self._prepare(text)
        if len(text) <= _LONGEST_KEPT:
            with self._lock:
                self._kept[text] = document
                if len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return document

    def _prepare(self, text: str) -> Document:
        tokens = self._guard.limits.tokens
        try:
            tree = parse(text, max_lexical_tokens=tokens, max_comments=tokens)
            measured = self._guard.measure(tree)
            errors = validate(self._schema, tree, max_errors=MAX_SHOWN, hide_suggestions=True)
        except GraphQLSyntaxError as error:
            if error.description.startswith("Document contains more"):
                raise RefusedError([refuse(what="tokens", allowed=tokens)]) from None
            raise RefusedError([error]) from None
        except GraphQLError as error:
            raise RefusedError([error]) from None
        except RecursionError:
            raise RefusedError([ApiError(_NESTED, code=ErrorCode.COST_LIMIT_EXCEEDED)]) from None
        if errors:
            raise RefusedError(errors)
        return Document(tree=tree, measured=measured)
