"""What numbers of campaigns need from elsewhere: followers, a rate card, and who saw one KOL only."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from analytics.metrics import CAMPAIGN_METRICS, Apart, Scope, metric_of
from analytics.queries.statements import fetch
from analytics.queries.subjects import Period, Subject
from commerce.access import Actor

APART: Final = {metric.key: metric.apart for metric in CAMPAIGN_METRICS if metric.apart}
EXACT: Final = Decimal("0.0001")
# Uses collaboration_partner_campaign_kol, collaboration_partner_kol, kolfollowers_account_date.
FOLLOWERS: Final = """
SELECT s.n, (
    SELECT sum(f.followers)::bigint FROM kol_kolaccount a
    CROSS JOIN LATERAL (
        SELECT t.followers FROM kol_kolfollowers t WHERE t.account_id = a.id ORDER BY t.on_date DESC LIMIT 1
    ) f
    WHERE a.kol_id IN (
        SELECT c.kol_id FROM kol_collaboration c
        WHERE c.partner_id = s.partner_id AND (s.agency_id IS NULL OR c.agency_id = s.agency_id) AND (
            s.kind = 'CAMPAIGN' AND c.campaign_id = s.subject_id
            OR s.kind = 'COLLABORATION' AND c.id = s.subject_id OR s.kind = 'KOL' AND c.kol_id = s.subject_id)
    )
)
FROM unnest(%(of)s::uuid[], %(kinds)s::text[], %(subjects)s::uuid[], %(of_agencies)s::uuid[])
    WITH ORDINALITY AS s (partner_id, kind, subject_id, agency_id, n)
"""
# The latest version of those from one day; uses ratecard_partner_currency_version.
RATES: Final = """
SELECT DISTINCT ON (partner_id, valid_from, currency) partner_id, currency, valid_from, rates
FROM analytics_ratecard
WHERE partner_id = ANY(%(partners)s) AND partner_id = ANY(%(of)s)
ORDER BY partner_id, valid_from DESC, currency, version DESC
"""
# Who of the viewers of some days saw how many KOLs of the campaigns. Uses appearance_partner_session,
# viewing_partner_session_viewer, collaboration_partner_campaign_kol.
PEOPLE: Final = """
WITH subject AS (
    SELECT s.* FROM unnest(%(of)s::uuid[], %(kinds)s::text[], %(subjects)s::uuid[])
        WITH ORDINALITY AS s (partner_id, kind, subject_id, n) WHERE s.partner_id = ANY(%(partners)s)
), own AS (
    SELECT s.n, c.partner_id, c.id, c.campaign_id FROM subject s
    JOIN kol_collaboration c ON c.partner_id = s.partner_id AND (
        s.kind = 'CAMPAIGN' AND c.campaign_id = s.subject_id
        OR s.kind = 'COLLABORATION' AND c.id = s.subject_id OR s.kind = 'KOL' AND c.kol_id = s.subject_id)
), scope AS (
    SELECT DISTINCT o.n, c.partner_id, c.id, c.kol_id,
        EXISTS (SELECT 1 FROM own w WHERE w.n = o.n AND w.id = c.id) AS is_own
    FROM own o JOIN kol_collaboration c ON c.partner_id = o.partner_id AND c.campaign_id = o.campaign_id
), met AS (
    SELECT c.n, v.viewer_id, count(DISTINCT c.kol_id) AS kols,
        count(DISTINCT c.kol_id) FILTER (WHERE c.is_own) AS own
    FROM scope c
    JOIN commerce_partner p ON p.id = c.partner_id
    JOIN kol_appearance a ON a.partner_id = c.partner_id AND a.collaboration_id = c.id
    JOIN commerce_livesession l ON l.partner_id = a.partner_id AND l.id = a.session_id
    JOIN analytics_viewing v ON v.partner_id = l.partner_id
        AND v.session_id = COALESCE(l.merged_into_id, l.id)
    WHERE EXISTS (
        SELECT 1 FROM unnest(v.started) AS at
        WHERE at >= commerce_day_start(%(from)s, p.timezone) AND at < commerce_day_start(%(to)s, p.timezone)
    )
    GROUP BY 1, 2
)
SELECT n, kols::int, sum(own)::bigint, count(*) FROM met WHERE own > 0 GROUP BY 1, 2
"""
EXCLUSIVE: Final = metric_of(Scope.CAMPAIGN, "reach_exclusive")
FAIR: Final = metric_of(Scope.CAMPAIGN, "reach_fair")
FOLLOWED: Final = metric_of(Scope.CAMPAIGN, "followers")
EMV: Final = metric_of(Scope.CAMPAIGN, "emv")


class Later:
    """What a page of subjects needs from elsewhere; each sort is read once, when first asked for."""

    def __init__(self, subjects: Sequence[Subject], *, actor: Actor, period: Period | None) -> None:
        self._subjects = subjects
        self._actor = actor
        self._period = period
        self._read: dict[Apart, dict[Any, Any]] = {}

    def followers(self, subject: Subject) -> int | None:
        """Followers of the subject's KOLs; None where nobody told."""
        found = self._of(Apart.FOLLOWERS, FOLLOWERS)
        told: int | None = found[self._subjects.index(subject) + 1][0][0]
        return told

    def rates(self, subject: Subject, currency: str, day: date | None) -> dict[str, str] | None:
        """The worth of one of each count by the partner's card of a day; None: by the latest."""
        for own, valid_from, rates in self._of(Apart.RATES, RATES).get(subject.partner_id, []):
            if own == currency and (day is None or valid_from <= day):
                read: dict[str, str] = json.loads(rates)
                return read
        return None

    def people(self, subject: Subject) -> list[tuple[int, int, int]] | None:
        """(KOLs seen, how often one of the subject's was among them, people) over the period."""
        if subject.partner_id not in self._actor.partner_ids or subject.agency_id is not None:
            return None  # Who is told apart from whom is not an agency's to see.
        told: list[tuple[int, int, int]] = self._of(Apart.PEOPLE, PEOPLE).get(
            self._subjects.index(subject) + 1, []
        )
        return told

    def _of(self, apart: Apart, statement: str) -> dict[Any, Any]:
        if apart not in self._read:
            values = {
                "of": [subject.partner_id for subject in self._subjects],
                "kinds": [subject.kind.value for subject in self._subjects],
                "subjects": [subject.id for subject in self._subjects],
                "of_agencies": [subject.agency_id for subject in self._subjects],
                "from": self._period and self._period.starts_on,
                "to": self._period and self._period.ends_on,
            }
            found: dict[Any, Any] = {}
            for key, *rest in fetch(statement, values, actor=self._actor):
                found.setdefault(key, []).append(tuple(rest))
            self._read[apart] = found
        return self._read[apart]


class CampaignStored(dict[str, Any]):
    """Numbers of a subject by key; what is elsewhere is read once a page, when first asked for."""

    def __init__(
        self, told: Mapping[str, Any], *, subject: Subject, currency: str, later: Later, last_day: date | None
    ) -> None:
        super().__init__(told)
        self._last_day = last_day
        self._subject = subject
        self._currency = currency
        self._later = later

    def __missing__(self, key: str) -> Any:
        apart = APART.get(key)
        if apart is Apart.FOLLOWERS:
            self[key] = self._later.followers(self._subject)
        elif apart is Apart.RATES:
            self[key] = self._worth()
        elif apart is Apart.PEOPLE:
            self._tell_apart()
        else:
            raise KeyError(key)
        return self[key]

    def _worth(self) -> Decimal | None:
        rates = self._later.rates(self._subject, self._currency, self._last_day)
        if rates is None:
            return None
        return sum((Decimal(rate) * self[key] for key, rate in rates.items()), Decimal(0)).quantize(EXACT)

    def _tell_apart(self) -> None:
        told = self._later.people(self._subject)
        alone = None if told is None else sum(people for kols, _, people in told if kols == 1)
        fair = None if told is None else sum((Fraction(own, kols) for kols, own, _ in told), Fraction(0))
        self[EXCLUSIVE.key], self[FAIR.key] = alone, fair
