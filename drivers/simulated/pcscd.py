"""A real pcscd of our own, with vsmartcard's virtual reader, for the simulator and the tests.

It never meets a pcscd of the system. pcscd's socket has a fixed name, but a pcscd that is started "by
systemd" takes the socket that it is given: we hand it one in a private directory, and tell libpcsclite in
our own process to use that one (PCSCLITE_CSOCK_NAME). Its own configuration gives the reader free ports.

- libpcsclite reads the name once, at the first PC/SC call of a process: start this before anything connects.
- One process runs one such pcscd at a time; child processes inherit its socket and reach its readers.
- vpcd listens on all interfaces: whoever reaches the machine can lay a virtual card on the simulated reader.
- pcscd insists on its directory /run/pcscd, which Debian's socket unit or root makes. As root it also writes
  its pid there, over that of a system's pcscd; nothing but `pcscd --hotplug` reads it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import secrets
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from smartcard import scard

from drivers.base import DriverError, Missing
from drivers.card_reader import list_readers
from drivers.simulated.card import SOUND, CardFaults, CardModel, VirtualCard

NAME: Final = "virtual pcscd"
READER: Final = "Simulated card reader"
SLOTS: Final = 2  # fixed when vpcd was compiled; slot n listens on port + n
READER_LIBRARY: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
RUN_DIRECTORY: Final = Path("/run/pcscd")
SEARCH_PATH: Final = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"

START_S: Final = 5.0
STOP_S: Final = 2.0
LOOK_AGAIN_S: Final = 0.01
FIRST_PORT, PORTS = 20_000, 12_000  # below the range from which the kernel takes ports for clients

# pcscd also takes up every USB reader that it finds, and would snatch it from the system's pcscd. It leaves
# out readers with one of these letters in their name: real ones have one, ours has none.
NO_REAL_READERS: Final = ":".join(letter for letter in string.ascii_uppercase if letter not in READER)

# systemd's protocol: the socket is descriptor 3, LISTEN_PID is the pid of the daemon itself.
ACTIVATE: Final = 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&0 </dev/null'


def unavailable(library: Path = READER_LIBRARY) -> str | None:
    """Say why a pcscd with a virtual reader cannot be started here; None where nothing speaks against it."""
    if _program() is None:
        return "pcscd is not installed (Debian package pcscd)"
    if not library.exists():
        return "the virtual reader is not installed (Debian package vsmartcard-vpcd)"
    if not RUN_DIRECTORY.is_dir() and os.geteuid() != 0:
        return (
            f"pcscd needs {RUN_DIRECTORY}, which only root can make: start pcscd.socket once, or run as root"
        )
    return None


def reader_name(slot: int = 0) -> str:
    """Return the name under which PC/SC knows a slot of the virtual reader."""
    return f"{READER} 00 {slot:02X}"


class VirtualPcscd:
    """A child process: pcscd in the foreground with the virtual reader's two slots.

    Not for several threads at once. `port` is that of the first slot; without one, free ports are chosen.
    """

    def __init__(self, port: int | None = None) -> None:
        self._base = port
        self._process: subprocess.Popen[bytes] | None = None
        self._context: object = None
        self._cards: list[VirtualCard] = []

    @property
    def running(self) -> bool:
        """True while the daemon lives."""
        return self._process is not None and self._process.poll() is None

    def port(self, slot: int = 0) -> int:
        """Return the TCP port on which a slot waits for its card."""
        if self._base is None:
            self._base = _free_ports()
        return self._base + slot

    def card(self, model: CardModel, faults: CardFaults = SOUND, slot: int = 0) -> VirtualCard:
        """Make a card for a slot; `stop` takes it off the reader."""
        card = VirtualCard(model, self.port(slot), faults)
        self._cards.append(card)
        return card

    def start(self) -> None:
        """Start the daemon and wait until it serves; nothing happens where it runs.

        Raises Missing, with the reason in words, where it cannot be started.
        """
        if self.running:
            return
        self.stop()
        reason = unavailable()
        if reason is not None:
            raise Missing(NAME, reason)
        self._process = self._spawn()
        try:
            _wait_until_it_serves(self._process)
        except DriverError:
            self.stop()
            raise
        # It ends by itself a minute after its last client has gone, so none is left over when we are killed.
        # This client keeps it alive until then.
        _, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)

    def stop(self) -> None:
        """Take off all cards and end the daemon, within about two seconds; may be called at any time."""
        self.thaw()  # or it answers nobody, us included
        for card in self._cards:  # first, or vpcd sits in a read from the card and does not hear the signal
            card.remove()
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
            self._context = None
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _socket_path().unlink(missing_ok=True)

    def crash(self) -> None:
        """Kill the daemon where it stands, as a fault; `start` brings it back on the same ports."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """Make the daemon hang, as a fault, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End `freeze`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self) -> subprocess.Popen[bytes]:
        if _socket_path().exists():
            raise Missing(NAME, "this program already runs a pcscd of its own")
        if not _free(self.port()):
            raise Missing(NAME, f"ports {self.port()} and {self.port() + 1} are not both free")
        environment = os.environ | {"PCSCLITE_FILTER_IGNORE_READER_NAMES": NO_REAL_READERS}
        command = ["sh", "-c", ACTIVATE, "sh", *_command_line(_configuration(self.port()))]
        with socket.socket(socket.AF_UNIX) as listener, _log_path().open("wb") as log:
            listener.bind(str(_socket_path()))
            listener.listen()
            return subprocess.Popen(
                command,
                stdin=listener.fileno(),
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal is for us; we end it in good order
            )


# ------------------------------------------------------------------------- what it stands on


def _program() -> str | None:
    return shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")


def _command_line(configuration: Path) -> list[str]:
    program = _program() or "pcscd"
    usage = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=START_S, check=False)
    command = [program, "--foreground", "--error", "--auto-exit", "--config", str(configuration)]
    if "--disable-polkit" in usage.stdout:  # else a user without a desktop session is refused (pcscd 2)
        command.append("--disable-polkit")
    return command


def _wait_until_it_serves(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    names: tuple[str, ...] = ()
    while time.monotonic() < deadline:
        with contextlib.suppress(DriverError):  # it is not up yet, or has ended: told apart below
            names = list_readers(NAME, timeout_s=START_S)
        if reader_name() in names:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_AGAIN_S)
            said = _log_path().read_text(errors="replace").strip() or "it said nothing"
            raise Missing(NAME, f"pcscd ended by itself with code {process.returncode}: {said}")
    # libpcsclite keeps the socket's name of its first call.
    seen = "; ".join(names) or "none"
    raise Missing(NAME, f"no virtual reader; was this program connected to another pcscd? readers: {seen}")


@functools.cache
def _directory() -> Path:
    """Make this process's private directory, once, and point libpcsclite to the socket in it."""
    directory = Path(tempfile.mkdtemp(prefix="frontdesk-pcscd-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.environ["PCSCLITE_CSOCK_NAME"] = str(directory / "pcscd.comm")
    return directory


def _socket_path() -> Path:
    return _directory() / "pcscd.comm"


def _log_path() -> Path:
    return _directory() / "pcscd.log"


def _configuration(port: int) -> Path:
    """Write the reader configuration, and return its directory."""
    directory = _directory() / "readers"
    directory.mkdir(exist_ok=True)
    reader = (
        f'FRIENDLYNAME "{READER}"',
        f"DEVICENAME /dev/null:{port:#x}",  # the device is vpcd's word for "listen"
        f"LIBPATH {READER_LIBRARY}",
        f"CHANNELID {port:#x}",
    )
    (directory / "virtual").write_text("\n".join(reader) + "\n")
    return directory


def _free_ports() -> int:
    """Return the first of as many free ports in a row as the reader has slots."""
    for _ in range(100):
        port = FIRST_PORT + secrets.randbelow(PORTS)
        if _free(port):
            return port
    raise Missing(NAME, f"no free ports between {FIRST_PORT} and {FIRST_PORT + PORTS}")


def _free(port: int) -> bool:
    return all(_bindable(port + slot) for slot in range(SLOTS))


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as vpcd does
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
