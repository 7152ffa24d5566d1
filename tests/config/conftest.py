"""One run of `up` for all tests of what stands in its panel and in the README."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import LocalServers
from tests.config.up_run import Up, free_port


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that nobody has used."""
    directory = tmp_path_factory.mktemp("up") / "data"
    yield directory
    LocalServers(directory).stop()


@pytest.fixture(scope="session")
def port() -> int:
    """A port that nobody uses."""
    return free_port()


@pytest.fixture(scope="session")
def first(data_dir: Path, port: int) -> Iterator[Up]:
    """The first start on an empty directory, ready and answering."""
    began = time.monotonic()
    up = Up(data_dir=data_dir, port=port)
    try:
        up.wait_for('{"data"')
        print(f"ready after {time.monotonic() - began:.1f} s")
        yield up
    finally:
        up.process.kill()
        up.process.wait()
