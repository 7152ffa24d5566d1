"""The words of the pages, one catalogue a language; pages and scripts read the same."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from django.http import HttpRequest

FOLDER: Final = Path(__file__).parent / "words"
LANGUAGES: Final = {
    "en": "English",
    "th": "ไทย",
    "ms": "Bahasa Melayu",
    "ko": "한국어",
    "id": "Bahasa Indonesia",
}
COOKIE: Final = "portal_language"


@cache
def catalogue(language: str) -> dict[str, str]:
    """All words of a language by key."""
    words: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text())
    return words


def language_of(request: HttpRequest) -> str:
    """The language somebody chose, else the first of the browser's that there is, else English."""
    chosen = request.COOKIES.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted: list[tuple[float, str]] = []
    for part in request.headers.get("Accept-Language", "").split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(wanted, key=lambda one: one[0]) if tag in LANGUAGES), "en")
