"""What events tell of a viewer, read from their properties and brought to one form.

Every text here is SQL over a row `e` of the log.
"""

from typing import Final

from commerce.ingest import Kind

LONGEST: Final = 100
AGE_BANDS: Final = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+")
GENDERS: Final = {
    "FEMALE": ("female", "f", "woman"),
    "MALE": ("male", "m", "man"),
    "OTHER": ("other", "nonbinary", "non-binary", "diverse", "x"),
}
# Bands that others use, within ours.
_WITHIN_55: Final = ("55-64", "65+", "65-", "55-")
# What a campaign's medium says of having been paid for.
PAID_MEDIUM: Final = "^(cpc|cpm|cpv|cpa|cpp|ppc|retargeting|paid.*)$"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _trimmed(column: str) -> str:
    return f"btrim({column}, E' \\t\\n\\r')"


def _text(value: str) -> str:
    """What is told without white space around it, where it is not empty."""
    return f"NULLIF(left({_trimmed(value)}, {LONGEST}), '')"


def _flag(value: str) -> str:
    return f"CASE {value} WHEN 'true' THEN true WHEN 'false' THEN false END"


def gender(text: str) -> str:
    """One of GENDERS, or null."""
    cases = " ".join(
        f"WHEN lower({_trimmed(text)}) IN ({_listed(words)}) THEN '{name}'" for name, words in GENDERS.items()
    )
    return f"CASE {cases} END"


def age_band(text: str) -> str:
    """One of AGE_BANDS, or null; the bands others use above 55 are one of ours."""
    plain = f"replace({_trimmed(text)}, '\u2013', '-')"
    return (
        f"CASE WHEN {plain} IN ({_listed(AGE_BANDS)}) THEN {plain} "
        f"WHEN {plain} IN ({_listed(_WITHIN_55)}) THEN '55+' END"
    )


def country(text: str) -> str:
    """Two capital letters, or null."""
    return f"substring(upper({_trimmed(text)}) FROM '^[A-Z][A-Z]$')"


# Columns of a row `e`, each read from the event once.
TOLD: Final = {
    "traffic": _text("e.properties->>'traffic_source'"),
    "sub_traffic": _text("e.properties->>'traffic_sub_source'"),
    "campaign": _text("e.properties->'utm'->>'source'"),
    "medium": _text("e.properties->'utm'->>'medium'"),
    "stated": _flag("e.properties->>'paid'"),
}
SOURCE: Final = "COALESCE(e.traffic, e.campaign, '')"
SUB_SOURCE: Final = (
    "COALESCE(CASE WHEN e.traffic IS NOT NULL THEN e.sub_traffic "
    "WHEN e.campaign IS NOT NULL THEN e.medium END, '')"
)
IS_PAID: Final = (
    "CASE WHEN e.traffic IS NOT NULL THEN e.stated "
    f"WHEN e.campaign IS NOT NULL THEN COALESCE(e.stated, lower(e.medium) ~ '{PAID_MEDIUM}') END"
)

# -- the first or the latest that was told -------------------------------------------------------

# Texts of one length, so that they sort as (time, id) do; what is told stands behind.
_PLACE: Final = "lpad((extract(epoch FROM e.occurred_at) * 1000000)::bigint::text, 16, '0') || e.id::text"
_AT: Final = 52
_TELLS: Final = f"e.kind = {int(Kind.live_view_started)} AND e.properties IS NOT NULL"
_FOLLOWER: Final = _flag("e.properties->>'follower'")
WHO_TOLD: Final = {
    name: f"CASE WHEN {_TELLS} THEN {value} END"
    for name, value in {
        "place": _PLACE,
        **TOLD,
        "gender": gender("e.properties->>'gender'"),
        "age_band": age_band("e.properties->>'age_band'"),
        "country": country("e.properties->>'country'"),
        "follower": f"left(({_FOLLOWER})::text, 1)",
    }.items()
}


def _said(value: str, first: str) -> str:
    """The least or greatest of what was said, place and all."""
    return f'{first}((e.place || {value}) COLLATE "C")'


_PACKED: Final = (
    f"CASE WHEN {SOURCE} <> '' THEN CASE {IS_PAID} WHEN true THEN 't' WHEN false THEN 'f' ELSE '-' END "
    f"|| lpad(length({SOURCE})::text, 3, '0') || {SOURCE} || {SUB_SOURCE} END"
)
SAID: Final = {
    "source_said": _said(f"({_PACKED})", "min"),
    "gender_said": _said("e.gender", "max"),
    "age_band_said": _said("e.age_band", "max"),
    "country_said": _said("e.country", "max"),
    "is_follower_said": _said("e.follower", "max"),
}
FIRST_SAID: Final = frozenset({"source_said"})


def _after(name: str, count: int) -> str:
    return f"substr({name}, {_AT + count + 1})"


_LENGTH: Final = f"substr(source_said, {_AT + 2}, 3)::int"
# What stands in the packed texts.
READ: Final = {
    "source": f"COALESCE(substr(source_said, {_AT + 5}, {_LENGTH}), '')",
    "sub_source": f"COALESCE(substr(source_said, {_AT + 5} + {_LENGTH}), '')",
    "is_paid": f"CASE substr(source_said, {_AT + 1}, 1) WHEN 't' THEN true WHEN 'f' THEN false END",
    "gender": f"COALESCE({_after('gender_said', 0)}, '')",
    "age_band": f"COALESCE({_after('age_band_said', 0)}, '')",
    "country": f"COALESCE({_after('country_said', 0)}, '')",
    "is_follower": f"{_after('is_follower_said', 0)} = 't'",
}
STEPS: Final = {
    name: f"min(e.occurred_at) FILTER (WHERE e.kind = {int(kind)})"
    for name, kind in (
        ("first_clicked_at", Kind.select_item),
        ("first_carted_at", Kind.add_to_cart),
        ("first_checkout_at", Kind.begin_checkout),
    )
}
PATH_KINDS: Final = [
    int(kind)
    for kind in (Kind.live_view_started, Kind.select_item, Kind.add_to_cart, Kind.begin_checkout)
]
SOURCE_KINDS: Final = [int(Kind.live_impression), int(Kind.live_view_started)]
