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

# Columns of a row `e` of a start, from those of TOLD; null where it does not tell.
FROM_WHERE: Final = {
    "source": f"NULLIF({SOURCE}, '')",
    "sub_source": SUB_SOURCE,
    "is_paid": IS_PAID,
}
WHO: Final = {
    "gender": gender("e.properties->>'gender'"),
    "age_band": age_band("e.properties->>'age_band'"),
    "country": country("e.properties->>'country'"),
    "is_follower": _flag("e.properties->>'follower'"),
}


# Over rows in the order in which they were told.
def _first(column: str) -> str:
    """Of the first start that tells where it came from."""
    return f"(array_agg({column}) FILTER (WHERE e.source IS NOT NULL))[1]"


def _latest(column: str) -> str:
    """Of the latest start that tells this."""
    told = f"FILTER (WHERE {column} IS NOT NULL)"
    return f"(array_agg({column}) {told})[count(*) {told}]"


FIRST: Final = {name: _first(f"e.{name}") for name in FROM_WHERE} | {
    "source_at": "min(e.at) FILTER (WHERE e.source IS NOT NULL)"
}
LATEST: Final = {name: _latest(f"e.{name}") for name in WHO}
STEPS: Final = {
    name: f"min(e.at) FILTER (WHERE e.kind = {int(kind)})"
    for name, kind in (
        ("first_clicked_at", Kind.select_item),
        ("first_carted_at", Kind.add_to_cart),
        ("first_checkout_at", Kind.begin_checkout),
    )
}
PATH_KINDS: Final = [
    int(kind) for kind in (Kind.live_view_started, Kind.select_item, Kind.add_to_cart, Kind.begin_checkout)
]
SOURCE_KINDS: Final = [int(Kind.live_impression), int(Kind.live_view_started)]
