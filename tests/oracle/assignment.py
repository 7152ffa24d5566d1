"""Which live session an order belongs to, and whose viewing of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tests.oracle.events import Event, Partner
from tests.oracle.links import ClickTruth, CodeTruth, Use, uses
from tests.oracle.merged import MergedTruth
from tests.oracle.orders import Key, OrderTruth
from tests.oracle.session import SessionTruth


def customers_of_viewers(events: Iterable[Event]) -> dict[Key, Key]:
    """(source, viewer) -> (source, customer), by the latest event that carries both."""
    links: dict[Key, Event] = {}
    for event in events:
        if event.viewer and event.customer:
            key = (event.source, event.viewer)
            if key not in links or links[key].moment < event.moment:
                links[key] = event
    return {key: (event.source, event.customer) for key, event in links.items() if event.customer}


class Assignment:
    """Decides for each order of a partner; holds who watched what and who is whom."""

    def __init__(
        self,
        *,
        sessions: Mapping[Key, SessionTruth],
        customers: Mapping[Key, Key],
        partner: Partner,
        wholes: Mapping[Key, MergedTruth],
        clicks: Sequence[ClickTruth] = (),
        codes: Sequence[CodeTruth] = (),
    ) -> None:
        self._sessions = sessions
        self._wholes = wholes
        self._customers = customers
        self._partner = partner
        self._clicks, self._codes = clicks, codes
        self._viewers_of: dict[Key, list[str]] = defaultdict(list)
        for (_, viewer), customer in customers.items():
            self._viewers_of[customer].append(viewer)
        self._watched: dict[Key, list[SessionTruth]] = defaultdict(list)
        for key, session in sessions.items():
            for viewer in session.viewers:
                top = wholes.get(key, session)
                if top not in self._watched[(session.source, viewer)]:
                    self._watched[(session.source, viewer)].append(top)

    def assign(self, order: OrderTruth) -> None:
        """Set the order's buyer, session, method, timing and viewing."""
        order.buyer = self._buyer(order)
        stated = self._stated(order)
        order.method = "EXPLICIT" if stated else None
        session = self._wholes.get((stated.source, stated.subject), stated) if stated else None
        if session is None:
            session = self._watched_by(order)
            order.method = "VIEWER" if session else None
        if session is None and (use := self._used_by(order)):
            stated = self._sessions[use.session]
            session = self._wholes.get(use.session, stated)
            order.method = use.method
        if isinstance(session, MergedTruth):
            part = stated or self._joined_last(order, session)
            order.broadcast = (part.source, part.subject)
        if session is not None:
            order.session = (session.source, session.subject)
            order.timing = session.timing(order)
            order.viewing = self._viewing(order, session)

    def _buyer(self, order: OrderTruth) -> Key | None:
        if order.customer_id:
            return (order.source, order.customer_id)
        return self._customers.get((order.source, order.viewer_id)) if order.viewer_id else None

    def _linked(self, order: OrderTruth) -> list[str]:
        return self._viewers_of.get((order.source, order.customer_id), []) if order.customer_id else []

    def _stated(self, order: OrderTruth) -> SessionTruth | None:
        known = (self._sessions.get((order.source, subject)) for subject in order.stated_sessions)
        return next((session for session in known if session), None)

    def _people(self, order: OrderTruth) -> set[str]:
        return {*self._linked(order), *([order.viewer_id] if order.viewer_id else [])}

    def _joined_last(self, order: OrderTruth, session: MergedTruth) -> SessionTruth:
        """The broadcast that somebody of the order joined last before it."""
        joins = [
            (viewer.first_joined_at, part.start, part.subject, part.source, part)
            for part in session.parts
            for name in self._people(order)
            if part.source == order.source and (viewer := part.viewers.get(name))
            if viewer.first_joined_at <= order.placed_at
        ]
        return max(joins, key=lambda join: join[:4])[4]

    def _watched_by(self, order: OrderTruth) -> SessionTruth | None:
        candidates: list[tuple[datetime, datetime, str, SessionTruth]] = []
        for person in self._people(order):
            for session in self._watched.get((order.source, person), []):
                viewer = session.seen(order.source, person)
                assert viewer is not None
                joined = viewer.first_joined_at
                assert session.start is not None  # it has a viewer, so it has a window
                assert session.end is not None
                if joined <= order.placed_at < session.end + self._partner.tail:
                    candidates.append((joined, session.start, session.subject, session))
        return max(candidates, key=lambda candidate: candidate[:3])[3] if candidates else None

    def _used_by(self, order: OrderTruth) -> Use | None:
        """The link its people followed last, else its code; of a session that had begun by then."""
        found = []
        people = self._people(order)
        for use in uses(order, people=people, clicks=self._clicks, codes=self._codes):
            told = self._sessions.get(use.session)
            start = self._wholes.get(use.session, told).start if told else None
            if start is not None and start <= use.at:
                source, subject = use.session
                found.append((use.method == "LINK", use.at, start, subject, source, use))
        return max(found, key=lambda one: one[:5])[5] if found else None

    def _viewing(self, order: OrderTruth, session: SessionTruth) -> str | None:
        if session.seen(order.source, order.viewer_id):
            return order.viewer_id
        before = [
            (viewer.first_joined_at, person)
            for person in self._linked(order)
            if (viewer := session.seen(order.source, person)) and viewer.first_joined_at <= order.placed_at
        ]
        return max(before)[1] if before else None
