"""Campaigns and who is in them, found by their ids."""

from typing import Final

from commerce.graphql.nodes import Finder
from kol.graphql.claims import CLAIM_LETTER, STATEMENT_LETTER, claim_by_id
from kol.graphql.lists import agency_by_id, campaign_by_id, collaboration_by_id, kol_by_id
from kol.graphql.parts import AGENCY_LETTER, CAMPAIGN_LETTER, COLLABORATION_LETTER, KOL_LETTER
from kol.graphql.statements import statement_by_id

FINDERS: Final[dict[str, Finder]] = {
    AGENCY_LETTER: agency_by_id,
    CAMPAIGN_LETTER: campaign_by_id,
    COLLABORATION_LETTER: collaboration_by_id,
    KOL_LETTER: kol_by_id,
    CLAIM_LETTER: claim_by_id,
    STATEMENT_LETTER: statement_by_id,
}
