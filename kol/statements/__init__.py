"""Claims and statements: what orders make due, who decides about it, and what is paid by."""

from kol.statements.booking import book, create_due

__all__ = ["book", "create_due"]
