"""Files as sources of events: what is read, from which line, and what is said of what cannot be."""

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.files import FileError, Mapping, Piece, load_mapping, open_source, read_json
from commerce.files.moments import CellError, Moments
from commerce.files.split import (
    InflatedTooLargeError,
    NotABatchError,
    inflate,
    split_array,
    split_lines,
)


def read(path: Path) -> list[tuple[bytes, int | None]]:
    with open_source(str(path)) as source:
        return [(piece.body, piece.line) for piece in read_json(source)]


def written(tmp_path: Path, content: bytes, name: str = "events") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


# -- JSON ------------------------------------------------------------------------------------------


def test_ndjson_comes_line_by_line_with_line_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, b'\xef\xbb\xbf\n{"id":"a"}\r\n\n{"id":"b"}')
    assert read(path) == [(b'{"id":"a"}', 2), (b'{"id":"b"}', 4)]


def test_a_broken_line_of_ndjson_is_left_to_the_door(tmp_path: Path) -> None:
    assert read(written(tmp_path, b'{"id":"a"}\n{"id":\n')) == [(b'{"id":"a"}', 1), (b'{"id":', 2)]
    assert read(written(tmp_path, b'{"id":NaN}\n{"id":"b"}\n')) == [(b'{"id":NaN}', 1), (b'{"id":"b"}', 2)]


def test_an_array_gives_its_elements(tmp_path: Path) -> None:
    path = written(tmp_path, b'\n[\n {"id": "a"},\n {"id": NaN}\n]\n')
    assert read(path) == [(b'{"id": "a"}', None), (b'{"id": NaN}', None)]


def test_one_event_may_stand_on_many_lines(tmp_path: Path) -> None:
    body = json.dumps({"id": "a", "data": {"items": [1, 2]}}, indent=2).encode()
    assert read(written(tmp_path, b"\n" + body)) == [(body, 2)]


def test_an_empty_file_has_no_events(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"")) == []
    assert read(written(tmp_path, b" \n\n")) == []


def test_gzip_is_read_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b'{"id":"a"}\n'), "events.ndjson.gz")
    assert read(path) == [(b'{"id":"a"}', 1)]


def test_standard_input_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id":"a"}\n')))
    assert read(Path("-")) == [(b'{"id":"a"}', 1)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b'[{"id": 1},\n {"id"}]]', "line 2, column 7: "),
        ("a.json", b'{\n "id": "a",\n "data" 1\n}', "line 3, column 9: "),
        ("a.gz", b"not gzip", "damaged gzip: Not a gzipped file"),
        ("a.gz", gzip.compress(b'{"id":"a"}\n' * 1000, mtime=0)[:-20], "damaged gzip: "),
    ],
)
def test_a_broken_file_is_named_with_the_place_and_the_rule(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(FileError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {said}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        read(tmp_path / "none.json")
    assert str(caught.value) == f"{tmp_path / 'none.json'}: cannot be opened: No such file or directory."


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(ANY_JSON, max_size=6))
def test_an_array_is_cut_at_the_same_places_with_and_without_nonsense_in_it(elements: list[Any]) -> None:
    texts = [json.dumps(element, ensure_ascii=False).encode() for element in elements]
    assert split_array(b"[" + b" ,".join(texts) + b"]") == texts
    assert split_array(b"[" + b",".join([*texts, b"NaN"]) + b" ]") == [*texts, b"NaN"]


@given(st.lists(ANY_JSON, max_size=6))
def test_lines_are_cut_at_the_same_places(elements: list[Any]) -> None:
    texts = [json.dumps(element).encode() for element in elements]
    assert split_lines(b"\r\n".join(texts)) == texts


@given(st.binary(max_size=60))
def test_whatever_comes_is_an_array_or_is_said_to_be_none(body: bytes) -> None:
    try:
        elements = split_array(b"[" + body)
    except NotABatchError:
        return
    assert all(isinstance(element, bytes) and element for element in elements)


def test_inflating_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with pytest.raises(InflatedTooLargeError):
        inflate(bomb, limit=1_000_000)
    assert len(inflate(bomb, limit=10_000_000)) == 10_000_000
    two = gzip.compress(b"a" * 600) * 2
    assert inflate(two, limit=1200) == b"a" * 1200
    with pytest.raises(InflatedTooLargeError):
        inflate(two, limit=1199)


# -- times -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "text", "moment"),
    [
        ({}, "2026-03-01T10:00:00+08:00", "2026-03-01T02:00:00+00:00"),
        ({"zone": "Asia/Singapore"}, "2026-03-01 10:00", "2026-03-01T02:00:00+00:00"),
        ({"zone": "Asia/Singapore"}, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        (
            {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
            "01.07.2026 10:00",
            "2026-07-01T08:00:00+00:00",
        ),
        ({"format": "unix"}, "1772359200", "2026-03-01T10:00:00+00:00"),
        ({"format": "unix_ms"}, "1772359200123", "2026-03-01T10:00:00.123000+00:00"),
        # Clocks go back at 02:00 on 25 October 2026 in London: 01:30 stands for two moments.
        ({"zone": "Europe/London"}, "2026-10-25 01:30", "2026-10-25T00:30:00+00:00"),
        ({"zone": "Europe/London", "ambiguous": "later"}, "2026-10-25 01:30", "2026-10-25T01:30:00+00:00"),
        # Clocks go forward at 01:00 on 29 March 2026: 01:30 never was, and is taken as 02:30 summer time.
        ({"zone": "Europe/London"}, "2026-03-29 01:30", "2026-03-29T01:30:00+00:00"),
        ({"zone": "Europe/London", "ambiguous": "later"}, "2026-03-29 01:30", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_a_time_is_read_in_its_format_and_zone(shape: dict[str, Any], text: str, moment: str) -> None:
    assert Moments(column="t", **shape).read(text).isoformat() == moment


@pytest.mark.parametrize(
    ("shape", "text", "said"),
    [
        ({}, "2026-03-01 10:00", "'2026-03-01 10:00' has no offset, and the mapping names no zone"),
        ({}, "yesterday", "'yesterday' is not a time in the format iso"),
        ({"format": "%Y"}, "26", "'26' is not a time in the format %Y"),
        ({"format": "unix"}, "1e9", "'1e9' is not a time in whole unix"),
        ({"format": "unix"}, "9" * 30, f"'{'9' * 30}' is not a time in whole unix"),
        (
            {"zone": "Europe/London", "ambiguous": "refuse"},
            "2026-10-25 01:30",
            "2026-10-25 01:30:00 stands for two moments in Europe/London",
        ),
        (
            {"zone": "Europe/London", "missing": "refuse"},
            "2026-03-29 01:30",
            "2026-03-29 01:30:00 never was in Europe/London",
        ),
        ({"zone": "Asia/Singapore"}, "0001-01-01", "'0001-01-01' is beyond the calendar"),
    ],
)
def test_a_time_that_cannot_be_placed_is_refused_with_the_rule(
    shape: dict[str, Any], text: str, said: str
) -> None:
    with pytest.raises(CellError) as caught:
        Moments(column="t", **shape).read(text)
    assert str(caught.value) == said


# -- mapped CSV ------------------------------------------------------------------------------------

MAPPING = """
source = "/csv/shop"
id = "{order}-{line}"
subject = { column = "live" }

[type]
column = "what"
values = { cart = "add_to_cart", click = "select_item" }

[time]
column = "when"
format = "%Y-%m-%d %H:%M"
zone = "Asia/Singapore"

[data]
viewer_id = { column = "who" }
note = "from a file"
paid = { column = "paid", type = "boolean" }
"items.0.item_id" = { column = "sku" }
items.0.quantity = { column = "n", type = "integer" }
items.0.price = { column = "price", type = "decimal" }
until = { column = "until", type = "time" }
"""
HEADER = "order,line,live,what,when,who,paid,sku,n,price,until\n"


def mapped(tmp_path: Path, rows: str | bytes, mapping: str = MAPPING) -> list[Piece]:
    path = written(tmp_path, rows if isinstance(rows, bytes) else (HEADER + rows).encode(), "rows.csv")
    rules = written(tmp_path, mapping.encode(), "map.toml")
    with open_source(str(path)) as source:
        return list(Mapping(load_mapping(str(rules)), name="map.toml").events(source))


def test_a_row_becomes_an_event_as_the_mapping_says(tmp_path: Path) -> None:
    row = 'A1,2,s1,cart,2026-03-01 10:00,v1,Yes,"p,1",3.0,1.2500,2026-03-01 11:00\n'
    (piece,) = mapped(tmp_path, row)
    assert (piece.line, piece.problem) == (2, None)
    assert json.loads(piece.body) == {
        "specversion": "1.0",
        "id": "A1-2",
        "source": "/csv/shop",
        "type": "add_to_cart",
        "time": "2026-03-01T02:00:00Z",
        "subject": "s1",
        "data": {
            "viewer_id": "v1",
            "note": "from a file",
            "paid": True,
            "items": [{"item_id": "p,1", "quantity": 3, "price": "1.2500"}],
            "until": "2026-03-01T03:00:00Z",
        },
    }


def test_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    (piece,) = mapped(tmp_path, "A1,1,,click,2026-03-01 10:00,,,p1,,,\n")
    told = json.loads(piece.body)
    assert "subject" not in told
    assert told["data"] == {"note": "from a file", "items": [{"item_id": "p1"}]}


@pytest.mark.parametrize(
    ("row", "path", "said"),
    [
        (
            "A,1,s,view,2026-03-01 10:00,v,,p,1,1,",
            "/type",
            "column 'what': 'view' is not among the mapping's values",
        ),
        ("A,,s,cart,2026-03-01 10:00,v,,p,1,1,", "/id", "nothing stands where the mapping takes 'id' from"),
        (
            "A,1,s,cart,1.3.2026,v,,p,1,1,",
            "/time",
            "column 'when': '1.3.2026' is not a time in the format %Y-%m-%d %H:%M",
        ),
        (
            "A,1,s,cart,2026-03-01 10:00,v,,p,1.5,1,",
            "/data/items/0/quantity",
            "column 'n': '1.5' is not a whole number",
        ),
        (
            "A,1,s,cart,2026-03-01 10:00,v,,p,1,1e99,",
            "/data/items/0/price",
            "column 'price': '1e99' is not a number",
        ),
        (
            "A,1,s,cart,2026-03-01 10:00,v,,p,1,NaN,",
            "/data/items/0/price",
            "column 'price': 'NaN' is not a number",
        ),
        ("A,1,s,cart,2026-03-01 10:00,v,so,p,1,1,", "/data/paid", "column 'paid': 'so' is not true or false"),
        ("A,1", "", "has 2 cells; the header has 11"),
        ("A,1,s,cart,2026-03-01 10:00,v,,p,1,1,,more", "", "has 12 cells; the header has 11"),
    ],
)
def test_a_row_that_cannot_be_mapped_is_kept_whole_with_its_line_and_the_rule(
    tmp_path: Path, row: str, path: str, said: str
) -> None:
    good = "A,9,s,cart,2026-03-01 10:00,v,,p,1,1,\n"
    pieces = mapped(tmp_path, f"{good}\n{row}\n{good}")
    assert [piece.line for piece in pieces] == [2, 4, 5]
    assert [piece.problem is None for piece in pieces] == [True, False, True]
    problem = pieces[1].problem
    assert problem is not None
    assert (problem.code, problem.path, problem.message) == (
        "schema",
        path,
        f"{tmp_path}/rows.csv, line 4: {said}.",
    )
    told = json.loads(pieces[1].body)
    assert (told["line"], told["problem"]) == (4, said)
    assert [cell for cell in told["row"].values() if cell] == [cell for cell in row.split(",") if cell]


def test_bytes_that_are_no_utf8_refuse_their_row_only(tmp_path: Path) -> None:
    row = b"A,1,s,cart,2026-03-01 10:00,caf\xe9,,p,1,1,\n"
    pieces = mapped(tmp_path, HEADER.encode() + row + row.replace(b"\xe9", "é".encode()))
    assert [piece.problem and piece.problem.message for piece in pieces] == [
        f"{tmp_path}/rows.csv, line 2: column 'who': not UTF-8.",
        None,
    ]
    assert json.loads(pieces[0].body)["row"]["who"] == "caf\ufffd"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: a header is needed."),
        (b"order,line,order\n", "line 1: the column 'order' stands in the header twice."),
        (b"order,line\n1,2\n", "line 1: the mapping needs the column 'when'; the header has order, line."),
        (HEADER.encode() + b'A,"x"y,s\n', "line 2: ',' expected after '\"'."),
        (HEADER.encode() + b"A," + b"x" * 300_000, "line 2: field larger than field limit (262144)."),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_line_and_rule(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(FileError) as caught:
        mapped(tmp_path, content)
    assert str(caught.value) == f"{tmp_path}/rows.csv: {said}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('source = "/csv/shop"', ""), "map.toml: Object missing required field `source`"),
        (
            ('column = "when"', 'colum = "when"'),
            "map.toml: Object contains unknown field `colum` - at `$.time`",
        ),
        (
            ("Asia/Singapore", "Mars/Olympus"),
            "map.toml: 'Mars/Olympus' is not an IANA time zone - at `$.time`",
        ),
        (("{order}-{line}", "{order"), "map.toml: $.id: '{order': expected '}' before end of string"),
        (("{order}-{line}", "{order!r}"), "map.toml: $.id: '{order!r}': a template holds plain {columns}"),
        (
            ('type = "integer"', 'type = "int"'),
            "map.toml: $.data.items.0.quantity: Invalid enum value 'int' - at `$.type`",
        ),
        (("items.0.price", "items.500.price"), "map.toml: $.data.items.500: at most 500 items"),
    ],
)
def test_a_mapping_that_is_wrong_is_named_with_key_and_rule(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        mapped(tmp_path, "", MAPPING.replace(*change))
    assert str(caught.value) == said


def test_a_mapping_may_be_json_and_a_broken_one_is_named(tmp_path: Path) -> None:
    told = {"source": "/a", "type": "share", "id": "{i}", "time": {"column": "t"}}
    assert load_mapping(str(written(tmp_path, json.dumps(told).encode(), "m.json"))) == told
    broken = written(tmp_path, b"source = \n", "m.toml")
    with pytest.raises(FileError) as caught:
        load_mapping(str(broken))
    assert str(caught.value) == f"{broken}: Invalid value (at line 1, column 10)."


def test_the_mapping_in_the_documentation_works(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/ingest.md").read_text()
    mapping = text.partition("```toml\n")[2].partition("```")[0]
    table = b"Session,No,Action,When,Viewer,SKU,Qty,Price\ns1,7,add,01/03/2026 20:15,v1,p1,2,9.90\n"
    (piece,) = mapped(tmp_path, table, mapping)
    assert json.loads(piece.body) == {
        "specversion": "1.0",
        "id": "s1-7",
        "source": "/export/studio",
        "type": "add_to_cart",
        "time": "2026-03-01T12:15:00Z",
        "subject": "s1",
        "data": {
            "viewer_id": "v1",
            "items": [{"item_id": "p1", "quantity": 2, "price": "9.90"}],
            "channel": "OWNED",
        },
    }
