"""`manage.py migrate`: Django's own, with the roles made before and the walls raised after."""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from commerce.walls import create_roles, raise_walls


class Command(Migrate):
    """No table of a partner is ever without its row policy."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Roles, then migrations, then walls."""
        wrapper = connections[options["database"]]
        wrapper.ensure_connection()
        create_roles(wrapper.connection)
        super().handle(*args, **options)
        wrapper.ensure_connection()
        raise_walls(wrapper)
