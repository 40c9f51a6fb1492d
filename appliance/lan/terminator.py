"""Ends the TLS: takes connections from the office's network, and hands their bytes to the front desk.

A process of its own (`frontdesk lan`). However many connections somebody opens, however slowly they shake
hands or read, it is this process that waits, on one thread that never blocks; the front desk meets decrypted
bytes on a Unix socket, with the real address before them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from appliance.lan.peer_line import Peer, written

log = logging.getLogger(__name__)

HANDSHAKE_S: Final = 10.0  # from the connection to the end of the handshake, each half
STALL_S: Final = 60.0  # that somebody may take no bytes at all
AT_ONCE: Final = 80  # connections; the front desk takes 100
AT_ONCE_EACH: Final = 24  # from one address: a browser opens six, two pages with streams a few more
_CHUNK: Final = 64 * 1024
_GOODBYE_S: Final = 2.0
_HANDSHAKE_RECORD: Final = 0x16  # RFC 8446, 5.1: the first byte of whatever speaks TLS

_PLAIN = "Halaman ini hanya dibuka dengan https://\nThis page opens with https:// only.\n"
_AWAY = (
    "Aplikasi sedang dinyalakan. Coba lagi sebentar.\nThe front desk is starting. Try again in a moment.\n"
)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; `::` takes IPv4 too. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=128, dualstack_ipv6=host == "::")
    listener.setblocking(False)
    return listener


class Terminator:
    """What takes connections on one listening socket and hands them to the front desk's Unix socket."""

    def __init__(self, context: ssl.SSLContext, pages: Path) -> None:
        self._context = context
        self._pages = pages
        self._open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, listener: socket.socket) -> None:
        """Take connections until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    connection, _ = await loop.sock_accept(listener)
                except OSError as error:  # gone again, or no descriptor is free
                    log.warning("no connection could be taken: %s", error.strerror)
                    await asyncio.sleep(0.2)
                    continue
                self._take(connection)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, connection: socket.socket) -> None:
        try:
            peer, here = _end(connection.getpeername()), _end(connection.getsockname())
        except OSError:  # gone before it was looked at
            connection.close()
            return
        if self._open.total() >= AT_ONCE or self._open[peer.address] >= AT_ONCE_EACH:
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        self._open[peer.address] += 1
        task = asyncio.get_running_loop().create_task(self._attend(connection, peer, here))
        self._tasks.add(task)
        task.add_done_callback(self._released(peer.address))

    def _released(self, address: str) -> Callable[[asyncio.Task[None]], None]:
        def release(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

        return release

    async def _attend(self, connection: socket.socket, peer: Peer, here: Peer) -> None:
        """One connection, from its first byte to its last; whatever the other end does, only it is ended."""
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                first = await _first_byte(connection)
            if first != _HANDSHAKE_RECORD:
                await _answer_plainly(connection, first)
                return
            visitor = await self._shaken(connection)
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            log.debug("%s: no TLS: %s", peer.address, error)
            return
        finally:
            connection.close()  # TLS has a duplicate, which its transport closes
        try:
            await self._carry(visitor, peer, here)
        except (OSError, TimeoutError) as error:
            log.debug("%s: broken off: %s", peer.address, error)
        finally:
            await _close(visitor[1])

    async def _shaken(self, connection: socket.socket) -> Streams:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection.dup(),
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_S,
            ssl_shutdown_timeout=_GOODBYE_S,
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _carry(self, visitor: Streams, peer: Peer, here: Peer) -> None:
        try:
            desk = await asyncio.open_unix_connection(self._pages, limit=_CHUNK)
        except OSError as error:
            log.info("the front desk does not answer at %s: %s", self._pages, error.strerror)
            visitor[1].write(_response("503 Service Unavailable", _AWAY, "Retry-After: 5\r\n"))
            await _drained(visitor[1])
            return
        desk[1].write(written(peer, here))
        ways = {
            asyncio.ensure_future(_pump(visitor[0], desk[1])),
            asyncio.ensure_future(_pump(desk[0], visitor[1])),
        }
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await _close(desk[1])


# ------------------------------------------------------------------------------------------- parts


def _end(name: tuple[str, int]) -> Peer:
    """One end of a connection; an IPv4 address in IPv6's clothes is an IPv4 address."""
    address = ipaddress.ip_address(name[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return Peer(str(mapped or address), name[1])


async def _first_byte(connection: socket.socket) -> int | None:
    """The first byte, which stays where it is; None when the other end has gone."""
    loop = asyncio.get_running_loop()
    there: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, _told, there)
    try:
        await there
    finally:
        loop.remove_reader(connection)
    data = connection.recv(1, socket.MSG_PEEK)
    return data[0] if data else None


def _told(there: asyncio.Future[None]) -> None:
    if not there.done():
        there.set_result(None)


async def _answer_plainly(connection: socket.socket, first: int | None) -> None:
    """Tell a browser that speaks plain HTTP what to do; whatever else it is gets nothing."""
    if first is None or not chr(first).isalpha():
        return
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_GOODBYE_S):
        await loop.sock_sendall(connection, _response("400 Bad Request", _PLAIN))
        connection.shutdown(socket.SHUT_WR)
        # Closed with unread bytes, the answer would be taken back by a reset.
        while await loop.sock_recv(connection, _CHUNK):
            pass


def _response(status: str, words: str, more: str = "") -> bytes:
    body = words.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{more}Connection: close\r\n\r\n".encode() + body


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(_CHUNK):
        target.write(data)
        await _drained(target)


async def _drained(target: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(STALL_S):
        await target.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close, and let the other end go if it does not say goodbye."""
    writer.close()
    try:
        async with asyncio.timeout(_GOODBYE_S):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
