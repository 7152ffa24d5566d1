"""What the database lets the web do beside reading and changing the rows of partners: all of it, by heart.

`[name]` is the list in the setting app.name. Acts are those of pg_policy: r reads, a adds, w corrects,
d deletes, * all of them.
"""

from typing import Final

LIST: Final = (
    r"\( SELECT \(?string_to_array\(NULLIF\(current_setting\('app\.(\w+)'::text, true\), ''::text\), "
    r"','::text\)\)?(?:::uuid\[\])? AS string_to_array\)(?:::(?:uuid|text)\[\])?"
)
PEOPLE: Final = [
    f"kol_{one}" for one in ("agency", "agencykey", "agencymembership", "kol", "kolaccount", "kolfollowers")
]
OF_COLLABORATIONS: Final = (
    "analytics_collaborationflag",
    "kol_appearance", "kol_claim", "kol_claimline", "kol_promocode", "kol_statement", "kol_terms",
    "kol_trackinglink",
)  # fmt: skip
_HOUSE: Final = "(current_setting('app.house'::text, true) = 'on'::text)"
_PARTNER: Final = "(NULLIF(current_setting('app.partners'::text, true), ''::text) IS NOT NULL)"
_ENLISTED: Final = "IN ( SELECT kol_rosterentry.kol_id FROM kol_rosterentry))"
_MET: Final = (
    "IN ( SELECT kol_collaboration.kol_id FROM kol_collaboration "
    "WHERE (kol_collaboration.id = ANY ([collaborations])))"
)
_SUBJECT: Final = (
    "CASE kind "
    "WHEN 'COLLABORATION'::text THEN ((agency_id IS NULL) AND (subject_id = ANY ([collaborations]))) "
    "WHEN 'CAMPAIGN'::text THEN (((subject_id || ':'::text) || COALESCE((agency_id)::text, ''::text)) "
    "= ANY ([sights])) "
    "WHEN 'KOL'::text THEN ((agency_id = ANY ([agency])) AND (partner_id = ANY ([summed]))) "
    "ELSE false END"
)

POLICIES: Final[dict[tuple[str, str], str]] = {
    **{(table, "*"): _HOUSE for table in PEOPLE},
    **{(table, "r"): "(collaboration_id = ANY ([collaborations]))" for table in OF_COLLABORATIONS},
    ("analytics_campaigncredit", "r"): _SUBJECT,
    ("analytics_campaignmoney", "r"): _SUBJECT,
    ("analytics_campaignoverlap", "r"): "((first_id = ANY ([collaborations])) AND "
    "(second_id = ANY ([collaborations])))",
    ("analytics_campaignrollup", "r"): _SUBJECT,
    ("commerce_livesession", "r"): "(id = ANY ([sessions]))",
    ("commerce_partner", "r"): "(id = ANY ([hosts]))",
    ("commerce_partner", "a"): "true",
    ("kol_agency", "r"): f"({_PARTNER} OR (id = ANY ([agency])) OR (POSITION(((':'::text || id)) IN "
    "(current_setting('app.sights'::text, true))) > 0) OR (id IN ( SELECT kol_collaboration.agency_id "
    "FROM kol_collaboration WHERE (kol_collaboration.id = ANY ([collaborations])))))",
    ("kol_agencygrant", "r"): "((agency_id = ANY ([agency])) AND (campaign_id = ANY ([campaigns])) AND "
    "(revoked_at IS NULL))",
    ("kol_campaign", "r"): "(id = ANY ([campaigns]))",
    ("kol_collaboration", "r"): "(id = ANY ([collaborations]))",
    ("kol_costline", "r"): "((collaboration_id = ANY ([collaborations])) OR ((collaboration_id IS NULL) AND "
    "((campaign_id || ':'::text) = ANY ([sights]))))",
    ("kol_kol", "r"): f"({_PARTNER} OR (id {_MET}))",
    ("kol_kol", "a"): _PARTNER,
    ("kol_kol", "w"): f"(id {_ENLISTED}",
    ("kol_kolaccount", "r"): f"({_PARTNER} OR (kol_id {_MET}))",
    ("kol_kolaccount", "a"): _PARTNER,
    ("kol_kolaccount", "w"): f"(kol_id {_ENLISTED}",
    ("kol_kolaccount", "d"): f"(kol_id {_ENLISTED}",
    ("kol_kolfollowers", "r"): f"({_PARTNER} OR (account_id IN ( SELECT kol_kolaccount.id FROM "
    f"kol_kolaccount WHERE (kol_kolaccount.kol_id {_MET}))))",
    ("kol_kolfollowers", "a"): _PARTNER,
    ("kol_kolfollowers", "w"): _PARTNER,
}
