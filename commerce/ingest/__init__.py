"""The one door in: the only writer of facts.

`accept` takes a batch of raw CloudEvents (bytes each) of one partner and returns after the commit with an
`Outcome`: received = accepted + duplicate + rejected. `redrive` sends refused events through again.
"""

from commerce.ingest.checks import Refused
from commerce.ingest.door import Batch, Failure, Outcome, accept, read, store
from commerce.ingest.redrive import redrive
from commerce.ingest.vocabulary import SIGNS_OF_LIFE, Kind

__all__ = [
    "SIGNS_OF_LIFE",
    "Batch",
    "Failure",
    "Kind",
    "Outcome",
    "Refused",
    "accept",
    "read",
    "redrive",
    "store",
]
