"""`manage.py create_roles`: the worker's and the web's role, their grants and the row policies."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from commerce.walls import create_roles, raise_walls


class Command(BaseCommand):
    """Make roles and walls; run as the owner, as often as wanted."""

    help = "Create the roles liveledger_worker and liveledger_web, grant their rights, raise row policies."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing and say what holds."""
        connection.ensure_connection()
        create_roles(connection.connection)
        walled = raise_walls(connection)
        self.stdout.write(f"Roles exist; {len(walled)} tables are walled by row policies.")
