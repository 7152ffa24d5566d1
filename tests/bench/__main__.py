"""`python -m tests.bench <name> [--rounds N]`: run one bench on private servers of its own."""

import argparse
import importlib

from tests import conftest  # noqa: F401 - makes the environment of a private run, before Django reads it

BENCHES = ("ingest", "fill", "query", "push", "attribution", "links", "customers", "lifetime")


def main() -> None:
    """Start servers, run, print medians and ratios, stop."""
    from django.conf import settings

    from tests.servers import migrate

    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--listeners", type=int, help="Of push: how many listen at a time; 500 if not given.")
    parser.add_argument("--orders", type=int, help="Of customers: how many are made; 200,000 if not given.")
    options = parser.parse_args()
    sizes = {"listeners": options.listeners, "orders": options.orders}
    given = {name: size for name, size in sizes.items() if size is not None}
    settings.LOCAL_SERVERS.ensure()
    try:
        migrate(data_dir=settings.DATA_DIR)
        importlib.import_module(f"tests.bench.{options.name}").run(rounds=options.rounds, **given)
    finally:
        settings.LOCAL_SERVERS.stop()


if __name__ == "__main__":
    main()
