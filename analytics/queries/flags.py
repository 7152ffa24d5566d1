"""What looks odd about collaborations, of a whole page by one statement."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from analytics.models import CollaborationFlag
from commerce import access
from commerce.access import Actor

ORDER: Final = {kind: place for place, kind in enumerate(CollaborationFlag.Kind.values)}
COMPARING: Final = (CollaborationFlag.Kind.HIGH_ENGAGEMENT,)


def flags(collaboration_ids: Sequence[UUID], *, actor: Actor) -> Mapping[UUID, list[CollaborationFlag]]:
    """Flags by collaboration, in the order of their kinds.

    An outsider is told no order, and nothing that compares with collaborations that he may not see.
    """
    rows = CollaborationFlag.objects.filter(collaboration_id__in=list(collaboration_ids))
    if actor.is_outsider:
        rows = rows.filter(collaboration_id__in=actor.collaboration_ids).exclude(kind__in=COMPARING)
    else:
        rows = access.scoped(rows, actor=actor)
    found: dict[UUID, list[CollaborationFlag]] = {identity: [] for identity in collaboration_ids}
    for row in sorted(rows, key=lambda row: ORDER[row.kind]):
        if actor.is_outsider:
            row.order_ids = []
        found[row.collaboration_id].append(row)
    return found
