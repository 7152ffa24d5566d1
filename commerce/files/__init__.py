"""Events from files: NDJSON, JSON, and flat CSV with a column mapping."""

import json
import tomllib
from pathlib import Path
from typing import Any

from commerce.files.mapping import Mapping
from commerce.files.reading import FileError, Piece, Source, open_source, read_json

__all__ = ["FileError", "Mapping", "Piece", "Source", "load_mapping", "open_source", "read_json"]


def load_mapping(path: str) -> dict[str, Any]:
    """The content of a mapping file, TOML or JSON; raises FileError that names the place."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        told = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
    except OSError as error:
        raise FileError(f"{path}: cannot be opened: {error.strerror}.") from None
    except ValueError as error:
        raise FileError(f"{path}: {error}.") from None
    if not isinstance(told, dict):
        raise FileError(f"{path}: a mapping is an object.")
    return told
