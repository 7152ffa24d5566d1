"""The layers hold; and the build breaks when a module has no place or imports what stands above it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from grimp import build_graph

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "commerce", "kol", "analytics")


def lint_imports(*, project: Path) -> subprocess.CompletedProcess[str]:
    """The import linter over a project, as a person runs it."""
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house once more, to be spoiled."""
    skip = shutil.ignore_patterns("__pycache__", "static")
    for package in (*PACKAGES, "tests/architecture"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=skip)
    (tmp_path / "tests" / "__init__.py").touch()
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_module_has_a_place_and_imports_only_what_stands_below() -> None:
    done = lint_imports(project=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_no_import_is_excused() -> None:
    assert "ignore_imports" not in (PROJECT / "pyproject.toml").read_text()


@pytest.mark.parametrize("module", ["commerce/stray.py", "config/api/stray.py", "kol/stray/__init__.py"])
def test_a_module_without_a_place_breaks_the_build(copy: Path, module: str) -> None:
    stray = copy / module
    stray.parent.mkdir(exist_ok=True)
    stray.touch()
    done = lint_imports(project=copy)
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert done.returncode == 1
    assert f"not listed as layers:\n\n- {name}\n" in done.stdout


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("commerce/ingest/door.py", "analytics.staleness"),
        ("commerce/models/base.py", "commerce.ingest"),
        ("analytics/metrics/declaration.py", "analytics.models"),
        ("analytics/tasks.py", "config.celery"),
        ("commerce/access.py", "config.api.errors"),
        ("config/api/view.py", "commerce.graphql"),
    ],
)
def test_an_import_upwards_breaks_the_build(copy: Path, module: str, forbidden: str) -> None:
    path = copy / module
    path.write_text(f"{path.read_text()}\nimport {forbidden}\n")
    done = lint_imports(project=copy)
    assert done.returncode == 1
    assert f"is not allowed to import {forbidden}:" in done.stdout


def test_nobody_reaches_through_a_package_above_places(copy: Path) -> None:
    (copy / "config" / "api" / "__init__.py").write_text("from commerce.models import Partner\n")
    path = copy / "config" / "api" / "guard.py"
    path.write_text(f"{path.read_text()}\nfrom config.api import Partner\n")
    done = lint_imports(project=copy)
    assert done.returncode == 1
    assert "not listed as layers:\n\n- config.api\n" in done.stdout


def test_the_oracle_imports_nothing_of_the_house() -> None:
    graph = build_graph("tests", *PACKAGES)
    truth = {"tests.oracle", *graph.find_descendants("tests.oracle")}
    assert {name for module in truth for name in graph.find_modules_directly_imported_by(module)} <= truth
