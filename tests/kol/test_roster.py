"""A roster from a file: what it would change, all of it or nothing, and nothing when it comes again."""

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pytest
from django.db import connections

from commerce.access import Actor
from commerce.models import Partner, RecordEntry, new_id
from kol import roster
from kol.models import Kol, KolAccount, KolFollowers, RosterEntry
from kol.refusals import Refused
from tests.conftest import PartnerFactory
from tests.factories import NOW
from tests.kol.acting import WORKER, agency, change, done, record, refused, rows

HEADER: Final = "name,platform,handle,followers,followers_on,country,agency,note"
COLUMNS: Final = f"the columns are {', '.join(HEADER.split(','))}."


def file(*lines: str, header: str = HEADER) -> str:
    """A CSV text whose handles nobody else has: `~` stands for what makes them so."""
    mark = new_id().hex[-10:]
    return "\n".join([header, *lines, ""]).replace("~", mark)


def bring(of: Partner, csv: str, *, preview: bool = False, **given: Any) -> Any:
    """What becomes of a file."""
    return done("importRoster", of, csv=csv, preview=preview, **given)


def counts(told: Mapping[str, Any]) -> tuple[bool, str, str, str, str]:
    """(is done, new, changed, same, refused)."""
    return told["isDone"], told["new"], told["changed"], told["same"], told["refused"]


def world(of: Partner) -> list[tuple[Any, ...]]:
    """The roster as it is: KOL, country, agency, note, account, day, followers."""
    entries = RosterEntry.objects.using(WORKER).filter(partner=of)
    return sorted(
        entries.values_list(
            "kol__name", "kol__country", "agency__slug", "note", "kol__accounts__platform",
            "kol__accounts__followers__on_date", "kol__accounts__followers__followers",
        ),
        key=str,
    )  # fmt: skip


def test_a_preview_tells_what_it_would_change_and_changes_nothing(partner: Partner) -> None:
    acme = agency("acme")
    text = file(
        f"Mei,TikTok,@Mei~,3000,2026-05-01,sg,{acme.slug},Knows tea",
        "Mei,YOUTUBE,mei~,,,,,",
        "Ana,shopee,ana~,,,,,",
    )
    told = bring(partner, text, preview=True)
    mark = text.split("@Mei")[1].split(",")[0]
    assert told["rows"] == [
        {
            "line": "2", "status": "NEW", "name": "Mei", "platform": "TikTok", "handle": f"@Mei{mark}",
            "knownAs": None, "errors": [], "changes": [
                {"column": "name", "before": "", "after": "Mei"},
                {"column": "handle", "before": "", "after": f"TIKTOK mei{mark}"},
                {"column": "country", "before": "", "after": "SG"},
                {"column": "agency", "before": "", "after": acme.slug},
                {"column": "note", "before": "", "after": "Knows tea"},
                {"column": "followers", "before": "", "after": "3000"},
            ],
        },
        {
            "line": "3", "status": "NEW", "name": "Mei", "platform": "YOUTUBE", "handle": f"mei{mark}",
            "knownAs": None, "errors": [], "changes": [
                {"column": "handle", "before": "", "after": f"YOUTUBE mei{mark}"},
            ],
        },
        {
            "line": "4", "status": "NEW", "name": "Ana", "platform": "shopee", "handle": f"ana{mark}",
            "knownAs": None, "errors": [], "changes": [
                {"column": "name", "before": "", "after": "Ana"},
                {"column": "handle", "before": "", "after": f"SHOPEE ana{mark}"},
            ],
        },
    ]  # fmt: skip
    assert counts(told) == (False, "3", "0", "0", "0")
    assert (world(partner), record(partner)) == ([], [])
    assert KolAccount.objects.using(WORKER).filter(handle__endswith=mark).count() == 0


def test_preview_is_what_happens_when_nobody_says_otherwise(partner: Partner) -> None:
    told = done("importRoster", partner, csv=file("Mei,TIKTOK,mei~,,,,,"))
    assert counts(told) == (False, "1", "0", "0", "0")
    assert world(partner) == []


def test_a_file_is_taken_in_and_the_same_file_again_changes_nothing(partner: Partner) -> None:
    acme = agency("acme")
    text = file(
        f'Mei,TIKTOK,mei~,3000,2026-05-01,SG,{acme.slug},"Knows, ""tea"""',
        "Mei,TIKTOK,mei~,3100,2026-06-01,,,",
        "Mei,YOUTUBE,mei~,,,,,",
        "Ana,SHOPEE,ana~,5,2026-05-01,,,",
    )
    assert counts(bring(partner, text, reason="First list")) == (True, "4", "0", "0", "0")
    there = [
        ("Ana", "", None, "", "SHOPEE", date(2026, 5, 1), 5),
        ("Mei", "SG", acme.slug, 'Knows, "tea"', "TIKTOK", date(2026, 5, 1), 3000),
        ("Mei", "SG", acme.slug, 'Knows, "tea"', "TIKTOK", date(2026, 6, 1), 3100),
        ("Mei", "SG", acme.slug, 'Knows, "tea"', "YOUTUBE", None, None),
    ]
    assert world(partner) == there
    assert counts(bring(partner, text)) == (True, "0", "0", "4", "0")
    assert world(partner) == there
    entry = rows(RecordEntry, partner).get()
    assert (entry.who, entry.action, entry.reason) == ("test", "import_roster", "First list")
    assert entry.details == {"new": 4, "changed": 0, "same": 0, "refused": 0}


def test_a_known_account_is_the_kol_whose_it_is_and_keeps_his_name(make_partner: PartnerFactory) -> None:
    first, second = make_partner(), make_partner()
    text = file("Mei,TIKTOK,mei~,5,2026-05-01,SG,,")
    bring(first, text)
    told = bring(second, text.replace("Mei", "M. Tan").replace("SG", "TH").replace(",5,", ",6,"))
    (row,) = told["rows"]
    assert (row["status"], row["knownAs"]) == ("CHANGED", "Mei")
    assert row["changes"] == [
        {"column": "name", "before": "", "after": "Mei"},
        {"column": "followers", "before": "5", "after": "6"},
    ]
    assert world(second) == [("Mei", "SG", None, "", "TIKTOK", date(2026, 5, 1), 6)]


def test_an_account_nobody_knew_is_of_the_kol_whom_the_roster_calls_so(partner: Partner) -> None:
    bring(partner, file("Mei,TIKTOK,mei~,,,,,"))
    told = bring(partner, file("mei,INSTAGRAM,meimei~,,,,,"))
    assert counts(told) == (True, "0", "1", "0", "0")
    assert [row[:5] for row in world(partner)] == [
        ("Mei", "", None, "", "INSTAGRAM"), ("Mei", "", None, "", "TIKTOK"),
    ]  # fmt: skip


def test_a_name_of_two_kols_means_neither(partner: Partner) -> None:
    for _ in range(2):
        kol = Kol.objects.using(WORKER).create(name="Mei")
        RosterEntry.objects.using(WORKER).create(partner=partner, kol=kol)
    told = bring(partner, file("Mei,TIKTOK,mei~,,,,,"))
    assert told["rows"][0]["errors"] == [
        {"column": "name", "message": "Several KOLs are called so: the name alone means none."}
    ]
    assert counts(told) == (False, "0", "0", "0", "1")


def test_nothing_is_done_where_a_row_is_refused(partner: Partner) -> None:
    text = file("Mei,TIKTOK,mei~,,,,,", "Ana,NOWHERE,ana~,,,,,")
    told = bring(partner, text)
    assert counts(told) == (False, "1", "0", "0", "1")
    assert [row["status"] for row in told["rows"]] == ["NEW", "REFUSED"]
    assert (world(partner), record(partner)) == ([], [])


@pytest.mark.parametrize(
    ("line", "errors"),
    [
        (",TIKTOK,x~,,,,,", [("name", "It must not be empty.")]),
        ("Mei,,x~,,,,,", [("platform",
            "It is one of OWNED, TIKTOK, SHOPEE, LAZADA, FACEBOOK, INSTAGRAM, YOUTUBE, OTHER.")]),
        ("Mei,TIKTOK,@,,,,,", [("handle", "It must not be empty.")]),
        ("Mei,TIKTOK,a b,,,,,", [("handle", "A handle has no blanks in it.")]),
        ("Mei,TIKTOK,x~,-1,2026-05-01,,,",
            [("followers", "It is a whole number of at most 1000000000000.")]),
        ("Mei,TIKTOK,x~,1.5,2026-05-01,,,",
            [("followers", "It is a whole number of at most 1000000000000.")]),
        ("Mei,TIKTOK,x~,1000000000001,2026-05-01,,,",
            [("followers", "It is a whole number of at most 1000000000000.")]),
        ("Mei,TIKTOK,x~,5,,,,", [("followers_on", "Followers need the day they were counted on.")]),
        ("Mei,TIKTOK,x~,,2026-05-01,,,", [("followers", "A day needs how many followed on it.")]),
        ("Mei,TIKTOK,x~,5,1.5.2026,,,",
            [("followers_on", "A day is written YYYY-MM-DD, from 1970 to 2100.")]),
        ("Mei,TIKTOK,x~,5,2026-02-30,,,",
            [("followers_on", "A day is written YYYY-MM-DD, from 1970 to 2100.")]),
        ("Mei,TIKTOK,x~,5,2101-01-01,,,",
            [("followers_on", "A day is written YYYY-MM-DD, from 1970 to 2100.")]),
        ("Mei,TIKTOK,x~,,,Singapore,,",
            [("country", "A country is an ISO 3166 code of two letters, such as SG.")]),
        ("Mei,TIKTOK,x~,,,,nobody-of-that-name,", [("agency", "There is no such agency.")]),
        (",TIKTOK,@,5,,,,", [
            ("name", "It must not be empty."), ("handle", "It must not be empty."),
            ("followers_on", "Followers need the day they were counted on."),
        ]),
    ],
)  # fmt: skip
def test_a_row_is_told_everything_that_is_wrong_with_it(
    partner: Partner, line: str, errors: list[tuple[str, str]]
) -> None:
    (row,) = bring(partner, file(line))["rows"]
    assert [(one["column"], one["message"]) for one in row["errors"]] == errors
    assert (row["status"], row["changes"]) == ("REFUSED", [])


@pytest.mark.parametrize(
    ("second", "column", "message"),
    [
        ("Mei,TIKTOK,mei~,6,2026-05-01,SG,,A", "followers", "Line 2 says otherwise."),
        ("Mei,TIKTOK,mei~,5,2026-05-01,TH,,A", "country", "Line 2 says otherwise."),
        ("Mei,YOUTUBE,mei~,,,,,B", "note", "Line 2 says otherwise."),
        ("Ana,TIKTOK,mei~,5,2026-05-01,,,", "name", "Line 2 says otherwise of this account."),
    ],
)
def test_rows_that_contradict_each_other_are_refused(
    partner: Partner, second: str, column: str, message: str
) -> None:
    told = bring(partner, file("Mei,TIKTOK,mei~,5,2026-05-01,SG,,A", second))
    assert told["rows"][1]["errors"] == [{"column": column, "message": message}]
    assert (counts(told)[0], world(partner)) == (False, [])


def test_a_row_that_stands_twice_is_taken_once(partner: Partner) -> None:
    line = "Mei,TIKTOK,mei~,5,2026-05-01,SG,,A"
    assert counts(bring(partner, file(line, "", ",,,", line))) == (True, "1", "0", "1", "0")
    assert world(partner) == [("Mei", "SG", None, "A", "TIKTOK", date(2026, 5, 1), 5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "It is empty: a header names the columns."),
        (HEADER, "There are no rows below the header."),
        ("name,handle\nMei,x", f"The column 'platform' is missing; {COLUMNS}"),
        (f"{HEADER},age\n", f"There is no column 'age'; {COLUMNS}"),
        (f"{HEADER},name\n", "The column 'name' stands in the header twice."),
        (f"{HEADER}\nMei,TIKTOK,x,,,,,,9", "Line 2 has more cells than the header has columns."),
        (f'{HEADER}\n"Mei,TIKTOK,x', "Line 2 is no CSV: unexpected end of data."),
        (f"{HEADER}\nMei\0,TIKTOK,x", "Text must not contain the NUL character."),
        (HEADER + "\nMei,TIKTOK,x" * 2001, "At most 2000 rows."),
        (HEADER + "x" * 200 * 1024, "At most 200 KiB."),
    ],
)  # fmt: skip
def test_a_text_that_is_no_roster_is_refused_as_a_whole(partner: Partner, text: str, message: str) -> None:
    assert refused("importRoster", partner, csv=text) == ("csv", "INVALID", message)


def test_columns_stand_in_any_order_and_may_be_left_out(partner: Partner) -> None:
    text = "\ufeff" + file("mei~;Mei;TikTok", header="Handle;NAME;platform").replace("\n", "\r\n")
    assert counts(bring(partner, text)) == (True, "1", "0", "0", "0")
    told = bring(
        partner,
        file("2026-05-01\tana~\tAna\tTikTok\t7", header="Followers on\thandle\tname\tplatform\tfollowers"),
    )
    assert counts(told) == (True, "1", "0", "0", "0")
    assert [row[0] for row in world(partner)] == ["Ana", "Mei"]


def test_an_import_reads_the_same_whatever_the_number_of_rows(partner: Partner) -> None:
    connection, asked = connections[WORKER], []

    def counted(execute: Any, sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    found = []
    for size in (2, 200):
        asked.clear()
        with connection.execute_wrapper(counted):
            bring(
                partner, file(*(f"K{size} {one},TIKTOK,k{one}-~,5,2026-05-01,SG,,x" for one in range(size)))
            )
        found.append(len(asked))
    assert found[0] == found[1]


def test_two_who_bring_the_same_unknown_account_at_once_make_one_kol(make_partner: PartnerFactory) -> None:
    text = file("Mei,TIKTOK,mei~,5,2026-05-01,,,")
    told = roster.read_csv(text)
    partners, failed = [make_partner(), make_partner()], list[BaseException]()
    start = threading.Barrier(2)

    def one(of: Partner) -> None:
        actor = Actor(name="test", partner_ids=(of.pk,), scopes=frozenset({"manage"}))
        try:
            start.wait()
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT set_config('app.partners', %s, false)", [str(of.pk)])
            roster.import_roster(told, actor=actor, preview=False, reason="", now=NOW, partner_id=of.pk)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(of,)) for of in partners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert KolAccount.objects.using(WORKER).filter(handle=told[0].handle).count() == 1
    owners = {rows(RosterEntry, of).get().kol_id for of in partners}
    assert len(owners) == 1
    assert KolFollowers.objects.using(WORKER).filter(account__kol__in=owners).count() == 1


def test_a_roster_is_of_a_partner_of_the_actors(make_partner: PartnerFactory) -> None:
    mine, other = make_partner(), make_partner()
    actor = Actor(name="test", partner_ids=(mine.pk,), scopes=frozenset({"manage"}))
    told = roster.read_csv(file("Mei,TIKTOK,mei~,,,,,"))
    with pytest.raises(Refused) as caught:
        roster.import_roster(told, actor=actor, preview=False, reason="", now=NOW, partner_id=other.pk)
    assert caught.value.kind == "not_found"
    assert change("importRoster", mine, csv="")["import"] is None
    assert rows(RosterEntry, other).count() == 0
