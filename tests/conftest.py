"""One private PostgreSQL and Valkey for the whole run; every test works for a partner of its own.

The process plays the web: its default connection has the web's role; facts are written through the worker's.
Isolation is the product's own: tests commit, and see only the rows of the partners they made.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

_DATA = Path(tempfile.mkdtemp(prefix="liveledger-tests-"))
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
for _name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_WEB_URL", "REDIS_URL"):
    os.environ.pop(_name, None)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["LIVELEDGER_DATA"] = str(_DATA)
os.environ["LIVELEDGER_ROLE"] = "web"

import django  # noqa: E402

django.setup()

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402

from commerce.models import Partner  # noqa: E402
from tests.servers import migrate  # noqa: E402

PartnerFactory = Callable[..., Partner]


@pytest.fixture(scope="session", autouse=True)
def servers() -> Iterator[None]:
    """The real thing, started from the wheels; stopped at the end."""
    settings.LOCAL_SERVERS.ensure()
    try:
        migrate(data_dir=_DATA)
        yield
    finally:
        settings.LOCAL_SERVERS.stop()


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


