"""What the values of a split are called."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from analytics.queries.statements import fetch
from commerce.access import Actor

PRODUCTS: Final = """
SELECT id, CASE WHEN name = '' THEN external_id ELSE name END FROM commerce_product
WHERE partner_id = ANY(%(partners)s) AND id = ANY(%(ids)s)
"""
# Of those on the partner's roster or in its campaigns, as row security lets it see.
KOLS: Final = """
SELECT k.id, k.name FROM kol_kol k
WHERE k.id = ANY(%(ids)s) AND EXISTS (
    SELECT 1 FROM kol_collaboration c WHERE c.partner_id = ANY(%(partners)s) AND c.kol_id = k.id)
"""


def product_names(ids: Collection[UUID], *, actor: Actor) -> dict[UUID, str]:
    """Names of products, their external ids where none was told."""
    return dict(fetch(PRODUCTS, {"ids": list(ids)}, actor=actor)) if ids else {}


def kol_names(ids: Collection[UUID], *, actor: Actor) -> dict[UUID, str]:
    """Names of influencers the partner has worked with."""
    return dict(fetch(KOLS, {"ids": list(ids)}, actor=actor)) if ids else {}
