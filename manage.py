#!/usr/bin/env python
"""Run an operator's command, with the private servers started when no others are named."""

import os
import sys

# Commands that change the schema or the roles need the owner; everything else works as the worker.
OWNER_COMMANDS = {"migrate", "create_roles", "up", "doctor", "sqlmigrate", "showmigrations"}
OFFLINE_COMMANDS = {"up", "doctor", "help", "makemigrations", "check", "export_schema", "collectstatic"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LIVELEDGER_ROLE", "owner" if command in OWNER_COMMANDS else "worker")
    from config.local import private_servers

    with private_servers(wanted=command not in OFFLINE_COMMANDS):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
