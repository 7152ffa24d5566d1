"""The private PostgreSQL and Valkey of one machine, from wheels: nothing to install, nothing to configure."""

from config.local.process import LocalServerError
from config.local.servers import DatabaseRole, LocalServers

__all__ = ["DatabaseRole", "LocalServerError", "LocalServers"]
