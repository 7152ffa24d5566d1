"""The limit of push: bytes framed once, written to every open connection each second. `raw_push SIZE`."""

import asyncio
import sys

import uvloop


class Connection(asyncio.Protocol):
    """One that listens."""

    everyone: "set[Connection]" = set()  # noqa: RUF012 - of all of them

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.everyone.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.everyone.discard(self)


async def main(size: int) -> None:
    """Serve until ended; the port is printed first."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    body = b"id: 1\nevent: next\ndata: " + b"x" * size + b"\n\n"
    framed = b"%x\r\n%s\r\n" % (len(body), body)
    while True:
        for connection in Connection.everyone:
            connection.transport.write(framed)  # type: ignore[attr-defined]  # Of a socket, always writable.
        await asyncio.sleep(1)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
