"""One private PostgreSQL and Valkey for the whole run; every test works for a partner of its own.

The process plays the web: its default connection has the web's role; facts are written through the worker's.
Isolation is the product's own: tests commit, and see only the rows of the partners they made. So the
processes that share a run's tests share its servers and its database too.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any
from uuid import UUID

# A process that another one started to share its tests; its environment is the other's.
_IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
if not _IS_WORKER:
    os.environ["LIVELEDGER_DATA"] = tempfile.mkdtemp(prefix="liveledger-tests-")
    atexit.register(shutil.rmtree, os.environ["LIVELEDGER_DATA"], ignore_errors=True)
for _name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_WEB_URL", "REDIS_URL"):
    os.environ.pop(_name, None)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["LIVELEDGER_ROLE"] = "web"
# By this name a test knows the connections of its own process and of what that started.
os.environ["PGAPPNAME"] = f"tests {os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"

import django  # noqa: E402

django.setup()

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402

from commerce.models import Partner  # noqa: E402
from tests.servers import serve  # noqa: E402

PartnerFactory = Callable[..., Partner]

MOST_WORKERS = 4
"""More would wait for each other: one database is under them all."""
TOGETHER = {
    "tests/config/test_docs_campaigns.py": "one run of `up`",
    "tests/config/test_docs_customers.py": "one run of `up`",
    "tests/config/test_docs_sessions.py": "one run of `up`",
    "tests/acceptance/test_online_retail.py": "one load of half a year",
    "tests/acceptance/test_retail_cohorts.py": "one load of half a year",
    "tests/config/test_readme.py": "one run of `up`",
    "tests/config/test_up.py": "one run of `up`",
    "tests/kol/test_portal_pages.py": "one browser, installed once",
    "tests/kol/test_portal_reading.py": "one browser, installed once",
}
"""Files that share something costly stay in one process, one after the other."""
APART = {
    "tests/analytics/test_advice_estimates.py",
    "tests/analytics/test_live_fill.py",
    "tests/analytics/test_numbers.py",
    "tests/analytics/test_stateful.py",
    "tests/architecture/test_source.py",
}
"""Long tests that share nothing with their file go wherever there is room."""
EARLY = {
    "tests/commerce/test_admin.py",
    "tests/commerce/test_admin_changes.py",
    "tests/commerce/test_appeals.py",
    "tests/commerce/test_broadcast_admin.py",
    "tests/kol/test_kol_admin.py",
    "tests/kol/test_people_admin.py",
}
"""Who sees all partners in them sees those of every test before, thousands in the end: these come first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long begins before what is short, so that no process waits for another in the end."""

    def place(item: pytest.Item) -> tuple[bool, bool, bool]:
        file = item.nodeid.split("::", 1)[0]
        return file not in EARLY, file not in TOGETHER, file not in APART

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process for every core, but no other one for tests of files that are named."""
    if all(".py" in argument for argument in config.args):
        return 0
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """A file's tests stay in one process, in their order, but for those TOGETHER and APART."""
    from xdist.scheduler import LoadFileScheduling

    # As they were collected, not by their number.
    config.option.loadscopereorder = False

    class ByFile(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return nodeid if file in APART else TOGETHER.get(file, file)

    return ByFile(config, log)


def pytest_unconfigure() -> None:
    """Whoever made the servers' directory stops them, when all are done."""
    if not _IS_WORKER:
        settings.LOCAL_SERVERS.stop()


@pytest.fixture(scope="session", autouse=True)
def servers() -> None:
    """The real thing, started from the wheels by whoever comes first."""
    serve(settings.LOCAL_SERVERS)


@pytest.fixture
def make_partner() -> PartnerFactory:
    """Makes partners; the defaults are a shop in Singapore."""

    def make(**given: object) -> Partner:
        from tests.factories import partner

        return partner(**given)

    return make


@pytest.fixture
def partner(make_partner: PartnerFactory) -> Partner:
    """A partner nobody else knows."""
    return make_partner()


@pytest.fixture
def partner_id(partner: Partner) -> UUID:
    """Its id."""
    return partner.id
