"""What people decide about campaigns: checked, written, on record, and marked to be computed again."""

from kol.changes.access import grant_agency, invite_guest, remove_guest, revoke_grant
from kol.changes.campaigns import CampaignWish, create_campaign, update_campaign
from kol.changes.codes import CodeWish, create_promo_code
from kol.changes.contracts import CostWish, TermsWish, Tier, add_collaboration, add_cost, set_terms
from kol.changes.found import AgencyKey, SessionKey, SessionName
from kol.changes.hosts import allow_host, forbid_host
from kol.changes.people import AccountWish, KolWish, create_kol, update_entry
from kol.changes.sessions import remove_appearance, set_appearance
from kol.changes.tracking import LinkWish, create_tracking_link, revoke_tracking_link

__all__ = [
    "AccountWish",
    "AgencyKey",
    "CampaignWish",
    "CodeWish",
    "CostWish",
    "KolWish",
    "LinkWish",
    "SessionKey",
    "SessionName",
    "TermsWish",
    "Tier",
    "add_collaboration",
    "add_cost",
    "allow_host",
    "create_campaign",
    "create_kol",
    "create_promo_code",
    "create_tracking_link",
    "forbid_host",
    "grant_agency",
    "invite_guest",
    "remove_appearance",
    "remove_guest",
    "revoke_grant",
    "revoke_tracking_link",
    "set_appearance",
    "set_terms",
    "update_campaign",
    "update_entry",
]
