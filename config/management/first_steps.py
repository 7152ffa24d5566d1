"""What `up` does to a database before it serves: roles, tables, a demo, keys and a login."""

import json
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from shlex import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from commerce.access import issue_key
from commerce.connection import close_worker_connection
from commerce.models import Partner
from config.local.credentials import Credentials
from config.local.tree import attached
from kol.models import Agency, AgencyMembership

DEMO_PARTNER = "demo"
DEMO_SEED = 7
# Holds the moment a demo that is being seeded goes up to, so that the next start ends what this one began.
UNFINISHED_DEMO = "demo.unfinished"
ADMIN_LOGIN = "admin"
# Of the demo's agencies, the one that has most to see in the portal.
AGENCY_LOGIN = DEMO_AGENCY = "northlight"
WORKER = "worker"
SAMPLE_QUERY = (
    "{ liveSessions(first: 2) { edges { node { title status startedAt "
    "kpis { viewers peakConcurrentViewers viewerToBuyerRate { value } liveSales { amount currency } } "
    "} } } }"
)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a request was answered with; status 0 when nobody answered."""

    status: int
    body: str


def create_schema() -> None:
    """Create the roles, bring the tables up to date, and wall off those that are new."""
    said = StringIO()
    try:
        call_command("migrate", stdout=said, stderr=said)
    except CommandError as error:
        raise CommandError(f"migrate: {error}\n{said.getvalue()}") from error


def first_partner() -> tuple[str, str] | None:
    """(id, slug) of the demo's partner, else of the oldest one; None in an empty database."""
    # As the worker: row security would hide partners from an owner who is no superuser.
    partners = list(Partner.objects.using(WORKER).order_by("created_at").values_list("id", "slug"))
    connections[WORKER].close()
    partners.sort(key=lambda partner: partner[1] != DEMO_PARTNER)
    return (str(partners[0][0]), partners[0][1]) if partners else None


def seed_demo(*, data_dir: Path, environment: Mapping[str, str]) -> None:
    """Fill an empty database with the small demo, its progress shown in the terminal."""
    unfinished = data_dir / UNFINISHED_DEMO
    if not unfinished.exists():
        unfinished.write_text(timezone.now().replace(minute=0, second=0, microsecond=0).isoformat())
    demo = ["demo", "--size", "small", "--seed", str(DEMO_SEED), "--until", unfinished.read_text()]
    # In a process of its own, as an operator would run it: this one is connected as the owner.
    finished = subprocess.run(
        attached([sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *demo]),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        check=False,
        start_new_session=True,
    )
    if finished.returncode:
        raise CommandError(f"`manage.py {' '.join(demo)}` failed with exit code {finished.returncode}.")
    unfinished.unlink()


def is_demo_wanted(partner: tuple[str, str] | None, *, data_dir: Path) -> bool:
    """Whether there is no partner yet, or a start that broke off has left the demo's half done."""
    return partner is None or (partner[1] == DEMO_PARTNER and (data_dir / UNFINISHED_DEMO).exists())


def issue_keys(credentials: Credentials, *, partner: tuple[str, str]) -> None:
    """Put a fresh read key and a fresh ingest key of a partner, (id, slug), into the credentials."""
    credentials.partner_id, _ = partner
    credentials.read_key, credentials.ingest_key = (
        issue_key(partner_id=UUID(credentials.partner_id), scopes=[scope], name="up", now=timezone.now())[0]
        for scope in ("read", "ingest")
    )
    close_worker_connection()


def ensure_admin(credentials: Credentials) -> None:
    """Create the admin's login with a random password, once; one that a person made or changed stays."""
    users = get_user_model()._default_manager
    admin = users.filter(username=ADMIN_LOGIN).first()
    if admin is None:
        credentials.admin_password = secrets.token_urlsafe(15)
        get_user_model().objects.create_superuser(ADMIN_LOGIN, password=credentials.admin_password)
    elif not admin.check_password(credentials.admin_password):
        credentials.admin_password = ""


def ensure_agency(credentials: Credentials) -> None:
    """Create a login of the demo's agency with a random password, once; none without the agency."""
    agency = Agency.objects.using(WORKER).filter(slug=DEMO_AGENCY).first()
    users = get_user_model()._default_manager
    member = users.filter(username=AGENCY_LOGIN).first()
    if agency is None:
        credentials.agency_password = ""
    elif member is None:
        credentials.agency_password = secrets.token_urlsafe(15)
        get_user_model().objects.create_user(AGENCY_LOGIN, password=credentials.agency_password)
        AgencyMembership.objects.using(WORKER).get_or_create(agency=agency, username=AGENCY_LOGIN)
    elif not member.check_password(credentials.agency_password):
        credentials.agency_password = ""
    connections[WORKER].close()


def curl_command(*, address: str, key: str) -> str:
    """One line for a shell that asks the sample query."""
    return " ".join(
        [
            f"curl -s {address}/graphql/",
            f"-H {quote(f'Authorization: Bearer {key}')}",
            f"-H {quote('Content-Type: application/json')}",
            f"-d {quote(json.dumps({'query': SAMPLE_QUERY}))}",
        ]
    )


def ask(*, address: str, key: str) -> Reply:
    """The very request of `curl_command`, and its answer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"query": SAMPLE_QUERY}).encode()
    return _send(urllib.request.Request(f"{address}/graphql/", data=body, headers=headers))


def is_ready(*, address: str) -> bool:
    """Whether the web server says that it can serve."""
    return _send(urllib.request.Request(f"{address}/readyz")).status == 200


def _send(request: urllib.request.Request) -> Reply:
    # No proxy of the environment between two programs of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=15) as response:
            return Reply(status=response.status, body=response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(status=error.code, body=error.read().decode(errors="replace"))
    except (OSError, ValueError) as error:
        return Reply(status=0, body=str(error))
