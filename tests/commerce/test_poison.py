from datetime import UTC, datetime
import json
from commerce import ingest
from commerce.ingest import door
from commerce.models import Partner
def test_poison(partner, monkeypatch):
    def ev(i, **d): return json.dumps({"id": f"e{i}","source":"/x","type":"live_like","time":"2026-03-01T10:00:00Z","subject":"s","data":d}).encode()
    real = door._log
    def bad(connection, parsed, *a, **k):
        if any(p.viewer in ("bad", "worse") for p in parsed): raise ValueError("boom")
        return real(connection, parsed, *a, **k)
    monkeypatch.setattr(door, "_log", bad)
    bodies=[ev(i, viewer_id="bad" if i==17 else "worse" if i == 40 else "ok") for i in range(60)]
    now=datetime.now(UTC)
    o=ingest.accept(bodies, partner_id=partner.id, now=now)
    assert (o.received,o.accepted,o.duplicate,o.rejected)==(60,58,0,2)
    assert [(e.index,e.id,e.code) for e in o.errors]==[(17,"e17","internal"),(40,"e40","internal")]
