"""Keys of agencies from the command line: what they open, what is said, and what is refused."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from kol.access import find_actor
from kol.models import Agency, AgencyKey
from tests.kol.acting import WORKER, agency


def issue(of: Agency, *arguments: str) -> list[str]:
    """The lines the command says."""
    said = io.StringIO()
    call_command("issue_agency_key", "--agency", of.slug, *arguments, stdout=said)
    return said.getvalue().splitlines()


def test_a_key_of_an_agency_stands_alone_on_the_last_line_and_opens_what_it_is_granted() -> None:
    acme = agency("acme")
    first, key = issue(acme, "--name", "till")
    assert first == f"A key of {acme.slug}, without an end:"
    actor = find_actor(key)
    assert actor is not None
    assert (actor.agency_id, actor.name, actor.partner_ids) == (acme.pk, "till", ())
    assert (actor.scopes, actor.campaign_ids) == (frozenset({"read"}), ())


def test_a_key_of_an_agency_may_expire() -> None:
    acme = agency("acme")
    first, _ = issue(acme, "--expires", "2999-01-01T00:00:00+08:00")
    assert first == f"A key of {acme.slug}, until 2999-01-01T00:00:00+08:00:"
    held = AgencyKey.objects.using(WORKER).get(agency=acme)
    assert held.expires_at == datetime(2998, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expires", "said"),
    [
        ("soon", "--expires: 'soon' is not an ISO 8601 time."),
        (
            "2999-01-01T00:00:00",
            "--expires: '2999-01-01T00:00:00' has no offset; write 2999-01-01T00:00:00Z for UTC.",
        ),
        ("2020-01-01T00:00:00Z", "--expires: '2020-01-01T00:00:00Z' has passed."),
    ],
)
def test_an_end_that_makes_no_sense_makes_no_key(expires: str, said: str) -> None:
    acme = agency("acme")
    with pytest.raises(CommandError) as caught:
        issue(acme, "--expires", expires)
    assert (str(caught.value), AgencyKey.objects.using(WORKER).filter(agency=acme).count()) == (said, 0)


def test_an_unknown_agency_is_named_with_those_there_are() -> None:
    agency("acme")
    with pytest.raises(CommandError) as caught:
        call_command("issue_agency_key", "--agency", "nobody")
    assert str(caught.value).startswith("There is no agency 'nobody'. Known: ")
