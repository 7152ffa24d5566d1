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

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connections

from commerce.models import Partner
from config.local.credentials import Credentials
from config.local.tree import attached

DEMO_PARTNER = "demo"
DEMO_SEED = 7
ADMIN_LOGIN = "admin"
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
    for command in ("create_roles", "migrate", "create_roles"):
        said = StringIO()
        try:
            call_command(command, stdout=said, stderr=said)
        except CommandError as error:
            raise CommandError(f"{command}: {error}\n{said.getvalue()}") from error


def first_partner() -> tuple[str, str] | None:
    """(id, slug) of the demo's partner, else of the oldest one; None in an empty database."""
    # As the worker: row security would hide partners from an owner who is no superuser.
    partners = list(Partner.objects.using(WORKER).order_by("created_at").values_list("id", "slug"))
    connections[WORKER].close()
    partners.sort(key=lambda partner: partner[1] != DEMO_PARTNER)
    return (str(partners[0][0]), partners[0][1]) if partners else None


def seed_demo(*, environment: Mapping[str, str]) -> None:
    """Fill an empty database with the small demo, its progress shown in the terminal."""
    _manage("demo", "--size", "small", "--seed", str(DEMO_SEED), environment=environment, capture=False)


def issue_keys(credentials: Credentials, *, partner: tuple[str, str], environment: Mapping[str, str]) -> None:
    """Put a fresh read key and a fresh ingest key of a partner into the credentials."""
    credentials.partner_id, slug = partner
    credentials.read_key, credentials.ingest_key = (
        _manage("issue_key", "--partner", slug, "--scopes", scope, "--name", "up", environment=environment)
        for scope in ("read", "ingest")
    )


def ensure_admin(credentials: Credentials) -> None:
    """Create the admin's login with a random password, once; one that a person made or changed stays."""
    users = get_user_model()._default_manager
    admin = users.filter(username=ADMIN_LOGIN).first()
    if admin is None:
        credentials.admin_password = secrets.token_urlsafe(15)
        get_user_model().objects.create_superuser(ADMIN_LOGIN, password=credentials.admin_password)
    elif not admin.check_password(credentials.admin_password):
        credentials.admin_password = ""


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


def _manage(*arguments: str, environment: Mapping[str, str], capture: bool = True) -> str:
    # In a process of its own, as an operator would run it: this one is connected as the owner.
    finished = subprocess.run(
        attached([sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.PIPE if capture else None,
        text=True,
        check=False,
        start_new_session=True,
    )
    if finished.returncode:
        raise CommandError(
            f"`manage.py {' '.join(arguments)}` failed with exit code {finished.returncode}.\n"
            f"{finished.stderr or ''}"
        )
    lines = (finished.stdout or "").strip().splitlines()
    return lines[-1].strip() if lines else ""
