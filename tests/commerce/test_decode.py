"""What is understood of an event, and when two of them say the same."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from commerce.ingest.contents import write_json
from commerce.ingest.decode import Parsed, Refused, parse
from commerce.ingest.identity import hash64
from commerce.ingest.vocabulary import Kind

PARTNER = UUID(int=1)


def understood(data: str, kind: str = "live_like", **changes: Any) -> Parsed:
    told = {
        "id": "e17",
        "source": "/site/x",
        "type": kind,
        "subject": "s1",
        "time": "2026-03-01T10:00:00Z",
    }
    body = json.dumps(told | changes)[:-1] + f', "data": {data}}}'
    return parse(body.encode(), partner_id=PARTNER, now_microseconds=1_800_000_000_000_000)


PLAIN = [
    ("live_like", '{"viewer_id":"v1","count":3}'),
    ("live_view_ended", '{"viewer_id":"v:1","view_id":"tab","sequence":4}'),
    ("select_item", '{"viewer_id":"v1","items":[{"item_id":"p1"},{"item_id":"p2","quantity":2}]}'),
    ("add_to_cart", '{"viewer_id":"v1","items":[{"item_id":"p1","quantity":1}]}'),
    ("live_impression", "{}"),
]


@pytest.mark.parametrize(("kind", "data"), PLAIN)
def test_an_act_that_the_columns_hold_has_no_properties(kind: str, data: str) -> None:
    assert understood(data, kind).properties is None


@pytest.mark.parametrize(
    ("kind", "data", "kept"),
    [
        ("live_like", '{"x" : 1, "viewer_id":"v1"}', b'{"viewer_id":"v1","x":1}'),
        ("live_like", '{"viewer_id":"v1","quantity":2}', b'{"quantity":2,"viewer_id":"v1"}'),
        ("page_view", '{"items":[{"item_id":"p1"}]}', b'{"items":[{"item_id":"p1"}]}'),
        (
            "select_item",
            '{"items":[{"item_id":"p1"}],"quantity":1}',
            b'{"items":[{"item_id":"p1"}],"quantity":1}',
        ),
        (
            "select_item",
            '{"items":[{"item_id":"p1","price":"2.50"}]}',
            b'{"items":[{"item_id":"p1","price":"2.50"}]}',
        ),
        ("live_comment", '{"text":"hi"}', b'{"text":"hi"}'),
    ],
)
def test_what_no_column_holds_is_kept(kind: str, data: str, kept: bytes) -> None:
    assert understood(data, kind).properties == kept


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("live_like", '{"viewer_id":"v1","count":3}', '{ "count" : 3,\n"viewer_id" : "v1" }'),
        ("live_like", '{"viewer_id":"v:1"}', '{"viewer_id":"v\\u003a1"}'),
        ("live_like", '{"viewer_id":"v1"}', '{"viewer_id":"v1","count":null}'),
        ("add_to_cart", '{"items":[{"item_id":"p"}]}', '{"items":[{"quantity":1,"item_id":"p"}]}'),
        ("live_like", '{"viewer_id":"v1","a":{"b":1,"c":2}}', '{"a":{"c":2,"b":1},"viewer_id":"v1"}'),
        ("live_comment", '{"viewer_id":"v1","text":"é"}', '{"text":"\\u00e9","viewer_id":"v1"}'),
    ],
)
def test_order_spacing_and_escapes_do_not_make_another_content(kind: str, one: str, other: str) -> None:
    assert understood(one, kind).digest == understood(other, kind).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"viewer_id":"v1"}', '{"customer_id":"v1"}'),
        ('{"viewer_id":"v1"}', '{"viewer_id":"v1","count":1}'),
        ('{"viewer_id":"v1"}', '{"viewer_id":"v1","x":1}'),
        ('{"viewer_id":"v1","x":1}', '{"viewer_id":"v1","x":2}'),
        ('{"view_id":"v1"}', '{"view_id":"v2"}'),
    ],
)
def test_other_data_are_another_content(one: str, other: str) -> None:
    assert understood(one).digest != understood(other).digest


@pytest.mark.parametrize("changes", [{"subject": "s2"}, {"sequence": 1}, {"type": "share"}])
def test_another_envelope_is_another_content(changes: dict[str, Any]) -> None:
    assert understood("{}").digest != understood("{}", **changes).digest


def test_the_columns_say_what_was_said() -> None:
    data = '{"viewer_id":7,"customer_id":"c","view_id":"t","count":3,"sequence":"12"}'
    told = understood(data, subject=9007199254740993)
    assert (told.session, told.viewer, told.customer, told.quantity, told.sequence) == (
        "9007199254740993",
        "7",
        "c",
        3,
        12,
    )
    assert told.view is not None
    assert (told.source, told.event_id, told.items) == ("/site/x", "e17", [])


def test_ids_sort_as_their_source_counts() -> None:
    ids = [understood("{}", id=name).id for name in ("e", "e2", "e10", "e999999999999")]
    assert ids == sorted(ids)
    assert len({len(identity) for identity in ids}) == 1


@pytest.mark.parametrize("data", ["[1]", "null", '"x"', "1"])
def test_data_that_are_no_object_are_refused(data: str) -> None:
    for kind in ("live_like", "live_comment", "Product Added"):
        with pytest.raises(Refused) as refused:
            understood(data, kind)
        assert (refused.value.code, refused.value.path) == ("schema", "/data")


def refusal_of(data: str, kind: str) -> tuple[str, str]:
    """(code, path) of what is refused."""
    with pytest.raises(Refused) as refused:
        understood(data, kind)
    return refused.value.code, refused.value.path


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ('{"transaction_id":"o1","value":"-0.01"}', "/data/value"),
        ('{"value":-5}', "/data/value"),
        (
            '{"transaction_id":"o1","items":[{"item_id":"p"},{"item_id":"q","price":-1}]}',
            "/data/items/1/price",
        ),
        ('{"items":[{"item_id":"q","price":"-0.5"}]}', "/data/items/0/price"),
        ('{"transaction_id":"o1","items":[{"item_id":"q","price":1e15,"quantity":10}]}', "/data/items"),
    ],
)
def test_a_refund_gives_back_what_is_neither_negative_nor_too_much(data: str, path: str) -> None:
    assert refusal_of(data, "refund") == ("money", path)


def test_a_refund_of_nothing_is_one() -> None:
    assert understood('{"transaction_id":"o1","value":0}', "refund").data.value == 0


def test_an_order_worth_too_much_by_its_discount_is_refused_for_its_money() -> None:
    order = '{"transaction_id":"o1","items":[{"item_id":"p","price":"5e15"}],"seller_discount":"%s"}'
    assert refusal_of(order % "-5e15", "purchase") == ("money", "/data/items")
    assert understood(order % "-4e15", "purchase").data.seller_discount == -4 * 10**15


def kept(data: str, kind: str) -> dict[str, Any]:
    """What is kept of an event's data."""
    properties = understood(data, kind).properties
    assert properties is not None
    told: dict[str, Any] = json.loads(properties)
    return told


@pytest.mark.parametrize("nothing", ["", "-", "n/a", " + "])
def test_a_phone_that_says_nothing_leaves_a_lead_to_its_e_mail(nothing: str) -> None:
    leads = [
        kept(json.dumps({"email": email, "phone": nothing}), "generate_lead")
        for email in ("ann@example.com", "bob@example.com", " Ann@Example.com")
    ]
    assert [set(lead) for lead in leads] == [{"email_hash"}] * 3
    assert leads[0] != leads[1]
    assert leads[0] == leads[2]
    person = kept(json.dumps({"customer_id": "c1", "phone": nothing, "email": "-"}), "identify")
    assert person == {"customer_id": "c1"}


@pytest.mark.parametrize(
    "data", ['{"phone":""}', '{"phone":"-","email":"n/a"}', '{"phone_hash":"abc"}', "{}"]
)
def test_a_lead_nobody_can_reach_is_refused(data: str) -> None:
    assert refusal_of(data, "generate_lead") == ("schema", "/data/email")


def test_a_lead_is_known_by_no_hash_of_its_senders() -> None:
    told = kept('{"email":"ann@example.com","phone_hash":"abc"}', "generate_lead")
    assert told == kept('{"email":"ann@example.com"}', "generate_lead")


CONTACT = '"email":"Ann@Example.com","phone":"+65 9123"'


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("live_like", f'{{"viewer_id":"v1",{CONTACT}}}'),
        ("live_comment", f'{{"text":"hi","contact":{{{CONTACT}}}}}'),
        ("page", f'{{"context":{{"traits":{{{CONTACT}}}}}}}'),
        ("checkout_completed", f'{{"orderId":"o","products":[{{"sku":"p","price":"1"}}],{CONTACT}}}'),
        (
            "purchase",
            f'{{"transaction_id":"o","items":[{{"item_id":"p","price":1}}],"customer":{{{CONTACT}}}}}',
        ),
        ("identify", f'{{"customer_id":"c","traits":{{{CONTACT}}}}}'),
        ("$identify", f'{{"userId":"c","traits":{{{CONTACT}}}}}'),
        ("Product Added", '{"sku":"p","customer":{"email":"ann@example.com","phone":659123}}'),
        ("live_metrics_reported", f'{{"interval":"total","metrics":{{"likes":1}},{CONTACT}}}'),
    ],
)
def test_no_event_keeps_an_e_mail_or_a_phone_in_clear(kind: str, data: str) -> None:
    properties = understood(data, kind).properties
    assert properties is not None
    assert b"9123" not in properties
    assert b"xample.com" not in properties
    assert properties.count(b'"email_hash"') == 1
    assert properties.count(b'"phone_hash"') == 1


def test_the_traits_of_an_identify_are_the_persons_own() -> None:
    ours = '{"viewer_id":"v","customer_id":"c","email":"ann@example.com","country":"SG"}'
    theirs = '{"anonymousId":"v","userId":"c","traits":{"email":"ann@example.com","country":"SG"}}'
    assert kept(theirs, "$identify") == kept(ours, "identify")
    assert understood(theirs, "$identify").data.country == "SG"


@pytest.mark.parametrize("price", ["9007199254740993.0001", "0.1", "1234567890123456.7891", "19.9"])
def test_money_under_another_tools_names_is_exact(price: str) -> None:
    told = understood(
        f'{{"orderId":"o","total":{price},"products":[{{"sku":"p","price":{price}}}]}}', "Order Completed"
    )
    assert (told.data.value, told.data.items[0].price) == (Decimal(price), Decimal(price))
    assert told.properties is not None
    assert told.properties.count(price.encode()) == 2


@pytest.mark.parametrize("price", ["0.30000000000000000001", "1e-5", "19.99999"])
def test_money_too_fine_is_refused_under_any_name(price: str) -> None:
    order = f'{{"orderId":"o","products":[{{"sku":"p","price":{price}}}]}}'
    assert refusal_of(order, "Order Completed") == ("money", "/data/items/0/price")


@pytest.mark.parametrize("number", ["1e400", "-1e-400", "1e99999999999999999999"])
def test_a_number_out_of_all_range_is_refused(number: str) -> None:
    assert refusal_of(f'{{"x":{number}}}', "page_view")[0] == "schema"
    assert refusal_of(f'{{"x":{number}}}', "page")[0] == "schema"


def test_whole_numbers_are_whole_however_they_are_written() -> None:
    told = kept('{"viewer_id":"v","count":2.0,"x":1e2,"y":-0.50}', "on-like")
    assert told == {"viewer_id": "v", "count": 2, "x": 100, "y": -0.5}
    assert understood('{"count":2.0}', "on-like").quantity == 2


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("live_like", '{"viewer_id":"v1"}', '{"x":null,"viewer_id":"v1"}'),
        ("live_like", '{"viewer_id":"v1","a":{"b":1}}', '{"viewer_id":"v1","a":{"c":null,"b":1}}'),
        ("live_comment", '{"text":"hi"}', '{"view_id":null,"text":"hi","mood":null}'),
        (
            "add_to_cart",
            '{"items":[{"item_id":"p"}]}',
            '{"items":[{"item_id":"p","size":null}],"cart_id":null}',
        ),
        (
            "add_to_cart",
            '{"items":[{"item_id":"p","x":1}]}',
            '{"items":[{"x":1,"quantity":1,"item_id":"p"}]}',
        ),
        ("Product Added", '{"sku":"p","price":2.5}', '{"price":2.50,"name":null,"sku":"p"}'),
    ],
)
def test_what_is_said_to_be_nothing_was_not_said(kind: str, one: str, other: str) -> None:
    assert understood(one, kind).digest == understood(other, kind).digest


def test_the_content_of_an_act_is_that_of_its_names_alone() -> None:
    # A field that is typed one day must not make another content of what was told before.
    for kind, data in PLAIN:
        said = write_json(json.loads(data.replace(',"quantity":1', "")))
        number = Kind[kind].value
        assert understood(data, kind).digest == hash64(write_json((number, "s1", None)) + said)


def test_an_address_under_an_escaped_name_is_hidden_too() -> None:
    envelope = {"id": "1", "source": "/s", "type": "live_comment", "subject": "l"}
    envelope["time"] = "2026-01-01T00:00:00Z"
    data = rb'{"viewer_id": "v", "text": "hi", "\u0065mail": "ann@example.com"}'
    body = json.dumps(envelope).encode()[:-1] + b', "data": ' + data + b"}"
    parsed = parse(body, partner_id=UUID(int=1), now_microseconds=2**60)
    assert parsed.properties is not None
    assert b"ann@example.com" not in parsed.properties
    assert b"email_hash" in parsed.properties
