import random
import pytest
from commerce.models import Partner
from tests.analytics.compare import differences, world
from tests.analytics.scenes import scene
from tests.factories import deliver, fill
from analytics.models import SessionShowing


@pytest.mark.parametrize("seed", range(4))
def test_smoke(partner: Partner, seed: int) -> None:
    events = scene(random.Random(seed))
    outcome = deliver(partner, events)
    assert outcome.rejected == 0, outcome.errors
    fill(partner)
    print(SessionShowing.objects.using("worker").filter(partner=partner).count())
    assert differences(world(events, partner), partner) == []
