"""The portal's own GraphQL documents: what its pages ask, and nothing else."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "documents"


@cache
def texts() -> dict[str, str]:
    """The documents by name."""
    return {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.graphql"))}


@cache
def ids() -> dict[str, str]:
    """What a page sends instead of a document's text, by name."""
    return {name: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for name, text in texts().items()}
