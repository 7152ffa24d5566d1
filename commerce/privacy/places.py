"""Where persons stand: every column of ours that says who somebody is, found among the models themselves."""

from collections.abc import Iterator
from typing import Final

from django.apps import apps
from django.db import models

from commerce.models import Customer, Event, Viewer

OURS: Final = frozenset({"commerce", "kol", "analytics"})
PEOPLE: Final[dict[str, type[models.Model]]] = {"customer_id": Customer, "viewer_id": Viewer}

# Rows whose ids are made of who they are about: made again of who that is called now, as their fills do it.
_OF_VIEWER: Final = "(left(viewer_id::text, 18) || right(md5(session_id::text || viewer_id::text), 16))::uuid"
DERIVED_IDS: Final[dict[str, str]] = {
    "analytics_viewing": _OF_VIEWER,
    "analytics_viewerpath": _OF_VIEWER,
    "analytics_touch": "(left(viewer_id::text, 18) || right(md5(concat_ws(' ', collaboration_id, "
    "CASE WHEN kind <> 'LINK_CLICK' THEN kind END, viewer_id, order_id, "
    "date_part('epoch', touched_at)::numeric)), 16))::uuid",
    "analytics_customerlife": "customer_id",
    "analytics_customerprediction": "customer_id",
    "analytics_shopvisitor": "md5(concat_ws(' ', t.partner_id::text, date, started_at, viewer_id))::uuid",
    "analytics_shopcart": "md5(concat_ws(' ', t.partner_id::text, date, COALESCE(viewer_id::text, '-'), "
    "cart_id))::uuid",
}


def columns() -> Iterator[tuple[str, str, type[models.Model]]]:
    """(table, column, whom it says: Customer or Viewer) of everything but the log."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model is Event:
            continue
        for column in model._meta.local_concrete_fields:
            of = column.related_model if column.is_relation else PEOPLE.get(column.attname)
            if of is Customer or of is Viewer:
                yield model._meta.db_table, column.attname, of
