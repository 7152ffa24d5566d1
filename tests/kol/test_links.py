"""Tracking links: how they are made, and what is kept of who follows them."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from commerce.access import row_security
from commerce.connection import worker_connection
from commerce.models import LiveSession, Order, Partner, RecordEntry, Stale
from kol import links
from kol.links.visitors import device_of, is_bot, is_prefetch, visitor_of
from kol.models import Collaboration, LinkClick, LinkHost, PromoCode, TrackingLink
from kol.refusals import Refused
from tests.conftest import PartnerFactory
from tests.factories import NOW, deliver, event, minute
from tests.kol.linked import actor_of, made
from tests.kol.linked import collaboration as collaboration

HOSTS = ("shop.example", "xn--mnchen-3ya.example", "localhost")
PERSON = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


# -- making -------------------------------------------------------------------------------------


def test_a_link_is_made_and_ended_on_record(collaboration: Collaboration) -> None:
    link = made(collaboration, reason="launch")
    assert links.short_path(link) == f"/r/{link.code}"
    assert links.is_code(link.code)
    assert (link.utm_source, link.utm_medium, link.utm_campaign) == ("ada-lim", "influencer", "spring")
    actor = actor_of(collaboration)
    with row_security(actor):
        links.revoke_link(actor=actor, link=link, now=NOW)
        links.revoke_link(actor=actor, link=link, now=NOW + timedelta(days=1))
    entries = RecordEntry.objects.using("worker").filter(subject_id=link.id).order_by("id")
    assert [(entry.action, entry.who, entry.reason) for entry in entries] == [
        ("create_tracking_link", "ann", "launch"),
        ("revoke_tracking_link", "ann", ""),
    ]
    assert TrackingLink.objects.using("worker").get(id=link.id).revoked_at == NOW
    assert links.find_target(link.code) is None


def test_codes_are_drawn_anew_for_every_link(collaboration: Collaboration) -> None:
    codes = {made(collaboration).code for _ in range(20)}
    assert len(codes) == 20
    assert all(len(code) == 10 and code.isalnum() and code == code.lower() for code in codes)
    for wrong in ("", "a", "ABCDEFGHJK", "abcdefghj1", "abcdefghjkm", "abcdefghj\n"):
        assert not links.is_code(wrong)


def test_a_link_is_refused_with_the_field_and_the_rule(
    collaboration: Collaboration, make_partner: PartnerFactory
) -> None:
    session = LiveSession(partner=make_partner(), source="/s", external_id="x")
    for given, told in (
        ({"destination": "https://evil.example/"}, ("destination", "host")),
        ({"session": session}, ("session", "partner")),
        ({"utm_term": "x" * 201}, ("utm_term", "length")),
        ({"utm_content": "a\nb"}, ("utm_content", "characters")),
    ):
        with pytest.raises(Refused) as refused:
            made(collaboration, **given)
        assert (*refused.value.path, refused.value.rule) == told
    assert not TrackingLink.objects.using("worker").filter(collaboration=collaboration).exists()


def test_a_link_to_a_host_that_is_allowed_no_more_leads_nowhere(collaboration: Collaboration) -> None:
    link = made(collaboration)
    assert links.find_target(link.code) is not None
    LinkHost.objects.using("worker").filter(partner_id=collaboration.partner_id).delete()
    assert links.find_target(link.code) is None


# -- who follows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "agent",
    [
        "", " ", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 "
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "facebookexternalhit/1.1;line-poker/1.0", "facebookexternalhit/1.1; kakaotalk-scrap/1.0",
        "WhatsApp/2.23.20.0 A", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Slack-ImgProxy (+https://api.slack.com/robots)", "Twitterbot/1.0",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "TelegramBot (like TwitterBot)", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5", "Mozilla/5.0 (compatible; Bytespider)",
        "Pinterest/0.2 (+https://www.pinterest.com/bot.html)", "curl/8.5.0", "python-requests/2.31",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/131.0 Safari/537.36",
        "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
    ],
)  # fmt: skip
def test_what_says_it_is_no_person_is_a_bot(agent: str) -> None:
    assert is_bot(agent.encode())
    assert visitor_of({b"user-agent": agent.encode()}) == (LinkClick.By.BOT, "", False)


@pytest.mark.parametrize(
    "agent",
    [
        PERSON,
        "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 13; CUBOT_X30 Build/x) AppleWebKit/537.36 Chrome/120.0 Mobile",
        "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 Instagram 312.0.0.22 (iPhone14,5)",
        "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/21A [FBAN/FBIOS;FBAV/440.0.0.31;FBDV/iPhone13,2]",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/131.0 Mobile Line/14.1.0/IAB",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/131.0 Mobile KAKAOTALK 10.5.0",
        "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 [Pinterest/iOS]",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 musical_ly_2023 BytedanceWebview/d8a21c6",
    ],
)  # fmt: skip
def test_browsers_of_people_are_none(agent: str) -> None:
    told = visitor_of({b"user-agent": agent.encode()})
    assert (told.by, len(told.id), told.is_new) == (LinkClick.By.PERSON, 32, True)


@pytest.mark.parametrize(
    "header",
    [
        (b"sec-purpose", b"prefetch"), (b"sec-purpose", b"prefetch;prerender"), (b"purpose", b"prefetch"),
        (b"x-purpose", b"preview"), (b"x-moz", b"prefetch"),
    ],
)  # fmt: skip
def test_a_prefetch_is_no_click_of_a_person(header: tuple[bytes, bytes]) -> None:
    assert is_prefetch(dict([header]))
    told = visitor_of({b"user-agent": PERSON.encode(), **dict([header])})
    assert told == (LinkClick.By.PREFETCH, "", False)


def test_an_id_is_kept_where_it_is_ours_and_nobody_who_objects_gets_one() -> None:
    mine = "0123456789abcdef" * 2
    asked = {b"user-agent": PERSON.encode()}
    for cookie in (f"ll_viewer={mine}", f"a=b; ll_viewer={mine}; c=d", f"a=b;ll_viewer={mine}"):
        assert visitor_of({**asked, b"cookie": cookie.encode()}) == (LinkClick.By.PERSON, mine, False)
    for cookie in ("ll_viewer=x", f"xll_viewer={mine}", f"ll_viewer={mine}0", f"ll_viewer={mine.upper()}"):
        told = visitor_of({**asked, b"cookie": cookie.encode()})
        assert (told.is_new, told.id == mine) == (True, False)
    for objection in ({b"dnt": b"1"}, {b"sec-gpc": b"1"}):
        told = visitor_of({**asked, **objection, b"cookie": f"ll_viewer={mine}".encode()})
        assert told == (LinkClick.By.PERSON, "", False)


def test_a_device_is_the_same_over_a_campaign_and_a_secret_of_the_partner() -> None:
    partner, agent = uuid4(), PERSON.encode()
    mine = device_of(partner_id=partner, address="203.0.113.7", user_agent=agent)
    assert len(mine) == 32
    assert mine == device_of(partner_id=partner, address="203.0.113.7", user_agent=agent)
    assert mine == device_of(partner_id=partner, address="::ffff:203.0.113.7", user_agent=agent)
    others = {
        device_of(partner_id=partner, address="203.0.113.8", user_agent=agent),
        device_of(partner_id=partner, address="203.0.113.7", user_agent=b"x"),
        device_of(partner_id=uuid4(), address="203.0.113.7", user_agent=agent),
    }
    assert len({mine, *others}) == 4
    network = {
        device_of(partner_id=partner, address=f"2001:db8::{part}", user_agent=agent) for part in ("1", "2:3")
    }
    assert len(network) == 1
    assert device_of(partner_id=partner, address="", user_agent=agent) == ""
    assert device_of(partner_id=partner, address="unix socket", user_agent=agent) == ""


# -- keeping clicks -----------------------------------------------------------------------------


def follow(
    recorder: links.Recorder, link: TrackingLink, *, at: float, visitor: str = "", by: str = "PERSON"
) -> None:
    target = links.find_target(link.code)
    assert target is not None
    recorder.add(
        target, at=at, by=LinkClick.By(by), visitor=visitor, address="203.0.113.7", user_agent=PERSON.encode()
    )


def kept(partner: Partner) -> list[tuple[str, str, float]]:
    rows = LinkClick.objects.using("worker").filter(partner=partner).order_by("clicked_at", "id")
    return [(row.by, row.visitor, row.clicked_at.timestamp()) for row in rows]


def marks(partner: Partner, kind: str) -> list[tuple[str, float | None]]:
    rows = Stale.objects.using("worker").filter(partner_id=partner.id, kind=kind).order_by("id")
    return [(row.subject, row.since.timestamp() if row.since else None) for row in rows]


def test_clicks_are_all_kept_by_the_end_and_mark_their_campaign_once(
    partner: Partner, collaboration: Collaboration
) -> None:
    link = made(collaboration)
    Stale.objects.using("worker").filter(partner_id=partner.id).delete()
    recorder = links.Recorder()
    for number in range(50):
        follow(recorder, link, at=1000.0 + number, visitor=f"v{number % 3}")
    follow(recorder, link, at=500.0, by="BOT")
    follow(recorder, link, at=600.0, by="PREFETCH")
    recorder.close()
    assert len(kept(partner)) == 52
    assert kept(partner)[:3] == [("BOT", "", 500.0), ("PREFETCH", "", 600.0), ("PERSON", "v0", 1000.0)]
    assert marks(partner, "CAMPAIGN") == [(str(collaboration.campaign_id), 1000.0)]
    assert marks(partner, "ORDER") == []
    with row_security(actor_of(collaboration)):
        other = made(collaboration)
        assert links.clicks_of([link, other]) == {link.id: (50, 1, 1), other.id: (0, 0, 0)}


def test_bots_alone_change_no_number(partner: Partner, collaboration: Collaboration) -> None:
    link = made(collaboration)
    recorder = links.Recorder()
    follow(recorder, link, at=500.0, by="BOT")
    recorder.close()
    assert len(kept(partner)) == 1
    assert marks(partner, "CAMPAIGN") == []


def test_a_click_is_kept_soon_while_the_recorder_lives(
    partner: Partner, collaboration: Collaboration
) -> None:
    link = made(collaboration)
    recorder = links.Recorder()
    try:
        follow(recorder, link, at=1.0)
        began = time.monotonic()
        while not kept(partner):
            assert time.monotonic() - began < 5
            time.sleep(0.02)
    finally:
        recorder.close()


def test_more_clicks_than_can_wait_are_dropped_and_told_of(
    partner: Partner, collaboration: Collaboration, caplog: pytest.LogCaptureFixture
) -> None:
    link = made(collaboration)
    recorder = links.Recorder(most_waiting=5)
    for number in range(12):
        follow(recorder, link, at=float(number))
    recorder.close()
    assert [at for *_, at in kept(partner)] == [0.0, 1.0, 2.0, 3.0, 4.0]
    told = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [(line["event"], line["clicks"]) for line in told] == [("clicks dropped", 7)]


def sessions() -> set[int]:
    rows = worker_connection().execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = current_setting('application_name')"
    )
    return {pid for (pid,) in rows}


def test_clicks_outlive_the_connection_they_were_to_go_by(
    partner: Partner, collaboration: Collaboration
) -> None:
    link = made(collaboration)
    kept(partner), worker_connection()  # The test's own connections stand.
    before = sessions()
    recorder = links.Recorder()
    follow(recorder, link, at=0.0)
    began = time.monotonic()
    while len(kept(partner)) < 1:
        assert time.monotonic() - began < 5
        time.sleep(0.02)
    (mine,) = sessions() - before
    worker_connection().execute("SELECT pg_terminate_backend(%s)", [mine])
    for number in (1, 2, 3):
        follow(recorder, link, at=float(number))
    began = time.monotonic()
    while len(kept(partner)) < 4:
        assert time.monotonic() - began < 10
        time.sleep(0.02)
    recorder.close()
    assert [at for *_, at in kept(partner)] == [0.0, 1.0, 2.0, 3.0]


def test_an_order_that_was_settled_before_its_click_was_kept_is_settled_again(
    partner: Partner, collaboration: Collaboration
) -> None:
    items = [{"item_id": "x", "price": "10.00"}]
    deliver(
        partner,
        [
            event("live_session_started", minute(0)),
            event("identify", minute(1), subject=None, viewer_id="v", customer_id="c"),
            *(
                event("purchase", minute(at), subject=None, transaction_id=name, items=items, **who)
                for name, at, who in (
                    ("before", 5, {"viewer_id": "v"}), ("mine", 20, {"viewer_id": "v"}),
                    ("ours", 21, {"customer_id": "c"}), ("theirs", 22, {"viewer_id": "w"}),
                )
            ),
        ],
    )  # fmt: skip
    session = LiveSession.objects.using("worker").get(partner=partner)
    with_session = TrackingLink.objects.using("worker").create(
        partner=partner, collaboration=collaboration, code=made(collaboration).code[::-1], session=session,
        destination="https://shop.example/p",
    )  # fmt: skip
    Stale.objects.using("worker").filter(partner_id=partner.id).delete()
    recorder = links.Recorder()
    follow(recorder, made(collaboration), at=minute(10).timestamp(), visitor="v")
    recorder.close()
    assert marks(partner, "ORDER") == []  # That link is of no session.
    recorder = links.Recorder()
    follow(recorder, with_session, at=minute(10).timestamp(), visitor="v")
    recorder.close()
    names = {
        str(order.id): order.external_id for order in Order.objects.using("worker").filter(partner=partner)
    }
    assert {names[subject] for subject, _ in marks(partner, "ORDER")} == {"mine", "ours"}


def test_orders_with_a_code_are_settled_again_when_it_becomes_a_sessions(
    partner: Partner, collaboration: Collaboration
) -> None:
    items = [{"item_id": "x", "price": "10.00"}]
    deliver(
        partner,
        [
            event("purchase", minute(1), subject=None, transaction_id=coupon, items=items, coupon=coupon)
            for coupon in ("spring", " Spring ", "other")
        ],
    )
    Stale.objects.using("worker").filter(partner_id=partner.id).delete()
    code = PromoCode(partner=partner, collaboration=collaboration, code="SPRING")
    with row_security(actor_of(collaboration)):
        links.mark_orders_with_code(code, now=NOW)
    names = {
        str(order.id): order.external_id for order in Order.objects.using("worker").filter(partner=partner)
    }
    assert {names[subject] for subject, _ in marks(partner, "ORDER")} == {"spring", " Spring "}


# -- pictures -----------------------------------------------------------------------------------


def test_pictures_are_drawn_with_quiet_around_them_and_only_of_short_addresses() -> None:
    svg, png = (
        links.qr_svg("https://ll.example/r/abcdefghjk"),
        links.qr_png("https://ll.example/r/abcdefghjk"),
    )
    assert svg.startswith(b"<svg ")
    assert b'width="370" height="370"' in svg  # 29 modules and 4 quiet ones on each side, ten pixels each
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (370, 370)
    with pytest.raises(ValueError, match="at most 300"):
        links.qr_svg("https://ll.example/" + "a" * 300)
