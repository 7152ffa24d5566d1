"""What a first start gives out, kept for the next one in a file that only its owner reads."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "credentials.json"


@dataclass(kw_only=True)
class Credentials:
    """Keys of one partner, logins of admin and of the demo's agency; empty where none was given out."""

    partner_id: str = ""
    read_key: str = ""
    ingest_key: str = ""
    admin_password: str = ""
    agency_password: str = ""

    def keep(self, *, data_dir: Path) -> None:
        """Write them down, whole or not at all."""
        fresh = data_dir / f".{FILE_NAME}"
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
        fresh.replace(data_dir / FILE_NAME)


def kept_credentials(*, data_dir: Path) -> Credentials:
    """Those given out by an earlier start; empty ones when there are none."""
    try:
        return Credentials(**json.loads((data_dir / FILE_NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return Credentials()
