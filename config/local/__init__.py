"""The private PostgreSQL and Valkey of one machine, from wheels: nothing to install, nothing to configure."""

from config.local.process import LocalServerError
from config.local.servers import (
    DatabaseRole,
    LocalServers,
    ServerName,
    data_directory,
    needed_servers,
    private_servers,
)

__all__ = [
    "DatabaseRole",
    "LocalServerError",
    "LocalServers",
    "ServerName",
    "data_directory",
    "needed_servers",
    "private_servers",
]
