"""A disk that forgets, as one does whose plug is pulled: an NBD server over a file.

What the guest has written lies in memory until it asks for a flush (or writes with FUA); only then it goes to
the file, and the answer follows. At the cut the rest is lost, or some of it is there, torn at the borders of
sectors and in any order: that is all that an honest disk promises. QEMU passes the guest's flushes on to it.

Only what QEMU needs of the protocol is here: fixed newstyle negotiation, simple replies, one client at once.
https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
"""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512

_HELLO = b"NBDMAGICIHAVEOPT"
_FIXED_NO_ZEROES = 3
_OPTION, _OPTION_REPLY = 0x49484156454F5054, 0x3E889045565A9
_INFO, _GO, _ABORT = 6, 7, 2
_ACK, _EXPORT, _UNSUPPORTED = 1, 3, (1 << 31) + 1
_CAN = 1 | 4 | 8  # flags are sent; flush; FUA
_REQUEST, _REPLY = 0x25609513, 0x67446698
_READ, _WRITE, _DISCONNECT, _FLUSH = 0, 1, 2, 3
_FUA = 1
_EINVAL = 22


@dataclass
class Counts:
    """What was asked of the disk since it began to serve."""

    written: int = 0  # bytes
    writes: int = 0
    flushes: int = 0
    lost: int = 0  # bytes that a cut took


@dataclass
class ForgetfulDisk:
    """Serves `file` at the Unix socket `path` until it is cut or closed."""

    file: Path
    path: Path
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.counts = Counts()
        self._handle = os.open(self.file, os.O_RDWR)
        self._size = os.fstat(self._handle).st_size
        self._pending: list[tuple[int, bytes]] = []
        self._lock = threading.Lock()
        self._gone = False
        self._fuse: int | None = None
        self.went = threading.Event()  # a fuse has burnt down
        self._client: socket.socket | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(self.path))
        self._server.listen(1)
        self._thread = threading.Thread(target=self._serve, name="forgetful disk")
        self._thread.start()

    # ---------------------------------------------------------------------- the end

    def cut(self) -> None:
        """The plug is pulled: nothing is written any more, and what was not flushed is at chance's mercy."""
        with self._lock:
            self._forget()
        self.close()

    def light_fuse(self, writes: int) -> None:
        """The same, in the midst of so many more writes that are not flushed yet; `went` is set then."""
        with self._lock:
            self._fuse = writes

    def _forget(self) -> None:
        if self._gone:
            return
        self._gone = True
        mood = self.chance.choice(("none", "some", "some"))
        for offset, data in self.chance.sample(self._pending, len(self._pending)):
            kept = self._survives(len(data)) if mood == "some" else 0
            self.counts.lost += len(data) - kept
            os.pwrite(self._handle, data[:kept], offset)
        self._pending.clear()
        self.went.set()

    def _survives(self, length: int) -> int:
        """How many bytes of a write that nobody asked to keep are there: all, none, or some sectors."""
        sectors = self.chance.choice((0, length // SECTOR, self.chance.randint(0, length // SECTOR)))
        return sectors * SECTOR

    def close(self) -> None:
        """Serve no more. Without a cut what was not flushed is there, as after an orderly end."""
        with self._lock:
            if not self._gone:
                self._persist()
                self._gone = True
        for end in (self._client, self._server):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()
        if self._handle >= 0:
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = -1
        self.path.unlink(missing_ok=True)

    # ---------------------------------------------------------------------- the disk

    def _persist(self) -> None:
        for offset, data in self._pending:
            os.pwrite(self._handle, data, offset)
        self._pending.clear()

    def read(self, offset: int, length: int) -> bytes:
        """What the guest sees: the file, and what it has written since."""
        with self._lock:
            data = bytearray(os.pread(self._handle, length, offset))
            for at, written in self._pending:
                begin, end = max(at, offset), min(at + len(written), offset + length)
                if begin < end:
                    data[begin - offset : end - offset] = written[begin - at : end - at]
            return bytes(data)

    def write(self, offset: int, data: bytes, *, at_once: bool = False) -> None:
        """Take it, and keep it only in memory; with `at_once` on the disk when this returns."""
        with self._lock:
            if self._gone:
                return
            self.counts.writes += 1
            self.counts.written += len(data)
            if at_once:
                # In its place among the others: an older write of the same sector must not come after it.
                self._pending = [one for one in self._pending if not _overlap(one, offset, len(data))] + [
                    piece for one in self._pending for piece in _around(one, offset, len(data))
                ]
                os.pwrite(self._handle, data, offset)
            else:
                self._pending.append((offset, data))
                self._burn()

    def _burn(self) -> None:
        if self._fuse is not None:
            self._fuse -= 1
            if self._fuse <= 0:
                self._forget()

    def flush(self) -> None:
        """What was written before is on the disk when this returns."""
        with self._lock:
            if not self._gone:
                self.counts.flushes += 1
                self._persist()

    # ---------------------------------------------------------------------- the protocol

    def _serve(self) -> None:
        while True:
            try:
                self._client, _ = self._server.accept()
            except OSError:  # closed
                return
            with self._client, suppress(OSError, EOFError):
                if self._negotiate(self._client):
                    self._transmit(self._client)

    def _negotiate(self, client: socket.socket) -> bool:
        client.sendall(_HELLO + struct.pack(">H", _FIXED_NO_ZEROES))
        _exactly(client, 4)
        while True:
            magic, option, length = struct.unpack(">QII", _exactly(client, 16))
            if magic != _OPTION:
                return False
            _exactly(client, length)
            if option in (_INFO, _GO):
                _answer(client, option, _EXPORT, struct.pack(">HQH", 0, self._size, _CAN))
                _answer(client, option, _ACK)
                if option == _GO:
                    return True
            elif option == _ABORT:
                _answer(client, option, _ACK)
                return False
            else:
                _answer(client, option, _UNSUPPORTED)

    def _transmit(self, client: socket.socket) -> None:
        while True:
            magic, flags, what, handle, offset, length = struct.unpack(">IHHQQI", _exactly(client, 28))
            if magic != _REQUEST or what == _DISCONNECT:
                return
            data = _exactly(client, length) if what == _WRITE else b""
            error, found = self._do(what, flags, offset, length, data)
            if self._gone:
                return  # no answer: nobody may think that it was kept
            client.sendall(struct.pack(">IIQ", _REPLY, error, handle) + found)

    def _do(self, what: int, flags: int, offset: int, length: int, data: bytes) -> tuple[int, bytes]:
        found = b""
        if what == _READ:
            found = self.read(offset, length)
        elif what == _WRITE:
            self.write(offset, data, at_once=bool(flags & _FUA))
        elif what == _FLUSH:
            self.flush()
        else:
            return _EINVAL, b""
        return 0, found


def _overlap(one: tuple[int, bytes], offset: int, length: int) -> bool:
    return one[0] < offset + length and offset < one[0] + len(one[1])


def _around(one: tuple[int, bytes], offset: int, length: int) -> list[tuple[int, bytes]]:
    """What is left of a write that another one lies over."""
    at, data = one
    if not _overlap(one, offset, length):
        return []
    before, after = data[: max(0, offset - at)], data[max(0, offset + length - at) :]
    return [piece for piece in ((at, before), (offset + length, after)) if piece[1]]


def _exactly(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        block = client.recv(count - len(data))
        if not block:
            raise EOFError
        data += block
    return data


def _answer(client: socket.socket, option: int, kind: int, data: bytes = b"") -> None:
    client.sendall(struct.pack(">QIII", _OPTION_REPLY, option, kind, len(data)) + data)
