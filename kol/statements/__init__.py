"""Claims and statements: what orders make due, who decides about it, and what is paid by."""

from kol.statements.booking import book, create_due
from kol.statements.deciding import approve_claim, approve_due, decline_claim
from kol.statements.drafting import create_statement, ends_at, gather, partners_to_settle, settle
from kol.statements.holding import LONGEST_REASON
from kol.statements.locking import (
    LONGEST_REFERENCE,
    approve_statement,
    carried_to,
    lock_statement,
    pay_statement,
    total_of,
)

__all__ = [
    "LONGEST_REASON",
    "LONGEST_REFERENCE",
    "approve_claim",
    "approve_due",
    "approve_statement",
    "book",
    "carried_to",
    "create_due",
    "create_statement",
    "decline_claim",
    "ends_at",
    "gather",
    "lock_statement",
    "partners_to_settle",
    "pay_statement",
    "settle",
    "total_of",
]
