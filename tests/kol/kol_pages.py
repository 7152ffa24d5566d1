"""Pages of campaigns in the admin: filled in as a browser does, line by line."""

import re
from typing import Any, Final

from django.db import models
from django.test import Client

from commerce.models import Partner
from kol.models import (
    Campaign,
    Collaboration,
)
from tests.commerce.admin_pages import address
from tests.kol import acting
from tests.kol.acting import WORKER, uuid_of

JUNE: Final = {
    "name": "June", "objective": "CONVERSION", "starts_on": "2026-06-01", "ends_on": "2026-07-01",
    "budget": "", "currency": "", "payable_model": "LAST", "click_window_seconds": "3600",
    "view_window_seconds": "3600", "return_window_seconds": "3600",
}  # fmt: skip
TERMS: Final = {
    "valid_from": "", "valid_until": "", "currency": "", "fixed_fee": "100", "post_fee": "0", "posts": "0",
    "sample_units": "0", "commission_rate": "0.1", "commission_tiers": "0 0.05\n1000 0.1",
    "agency_share": "0", "discount_share": "0", "paid_boost": "0", "click_window_seconds": "",
    "view_window_seconds": "",
}  # fmt: skip


def prefixes(model: type[models.Model], row: models.Model, client: Client) -> dict[str, str]:
    """The management forms of all lines of a page: none is added yet."""
    content = client.get(address(model, "change", row.pk)).content.decode()
    found = re.findall(r'name="([\w-]+)-(TOTAL|INITIAL)_FORMS" value="(\d+)"', content)
    assert found
    return {f"{prefix}-{kind}_FORMS": value for prefix, kind, value in found}


def save(client: Client, model: type[models.Model], row: models.Model, **given: Any) -> Any:
    """Save a page with its lines as they are, and with what is given; the answer."""
    return client.post(address(model, "change", row.pk), {**prefixes(model, row, client), **given})


def add_line(
    client: Client,
    page: type[models.Model],
    row: models.Model,
    number: int,
    told: dict[str, str],
    **form: str,
) -> Any:
    """Save a page with one line more, in its lines of that place on the page."""
    forms = prefixes(page, row, client)
    prefix = list(dict.fromkeys(key.rsplit("-", 1)[0] for key in forms))[number]
    initial = int(forms[f"{prefix}-INITIAL_FORMS"])
    forms[f"{prefix}-TOTAL_FORMS"] = str(initial + 1)
    line = {f"{prefix}-{initial}-{name}": value for name, value in told.items()}
    return client.post(address(page, "change", row.pk), {**forms, **line, **form})


def take_back(
    client: Client, page: type[models.Model], row: models.Model, number: int, line: models.Model, **form: str
) -> Any:
    """Save a page with one of its lines deleted."""
    forms = prefixes(page, row, client)
    prefix = list(dict.fromkeys(key.rsplit("-", 1)[0] for key in forms))[number]
    parent = "campaign" if page is Campaign else "collaboration"
    told = {f"{prefix}-0-id": str(line.pk), f"{prefix}-0-{parent}": str(row.pk), f"{prefix}-0-DELETE": "on"}
    return client.post(address(page, "change", row.pk), {**forms, **told, **form})


def record(of: Partner) -> list[tuple[str, str, str]]:
    return acting.record(of)


def errors(answer: Any) -> str:
    """What a page says is wrong."""
    assert answer.status_code == 200
    return str(answer.content.decode())


def begun(of: Partner) -> Campaign:
    """A campaign that is there."""
    found: Campaign = Campaign.objects.using(WORKER).get(pk=uuid_of(acting.campaign(of)))
    return found


def joined(of: Partner) -> Collaboration:
    """A collaboration that is there."""
    found: Collaboration = Collaboration.objects.using(WORKER).get(pk=uuid_of(acting.collaboration(of)))
    return found
