"""A machine in QEMU that boots the image, with its data on a disk that can forget.

There is no virtual processor here to speak of: QEMU translates every instruction (TCG), so that all times are
those of a slow machine.
"""

from __future__ import annotations

import itertools
import json
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.boot.forgetful_disk import ForgetfulDisk
from tests.boot.image import Image, make_disk

UP_WITHIN_S = 240.0
# Nobody attacks this machine; what the kernel does against it is dear where each instruction is translated.
_KERNEL = "console=ttyS0 quiet panic=-1 mitigations=off audit=0 net.ifnames=0 systemd.show_status=no"
# The machine below is 10.0.2.2; nobody else is there. The card's driver may be loaded later than the porter.
_NETWORK = """
until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
ip link set eth0 up
ip address replace 10.0.2.15/24 dev eth0
"""
HEALTHZ = "http://127.0.0.1:8080/healthz"


@dataclass(frozen=True)
class Answer:
    """What a command in the guest said."""

    code: int
    said: str
    up_s: float


class Guest:
    """One run of the machine, from power-on to its end."""

    def __init__(
        self,
        image: Image,
        folder: Path,
        data: Path,
        seed: int = 0,
        kernel: str = "",
        more: Sequence[str] = (),  # of QEMU's arguments
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.console = folder / "console"
        self.disk = ForgetfulDisk(data, folder / "nbd", random.Random(seed))
        self._ids = itertools.count(1)
        self._answers: dict[int, Answer] = {}
        self.said: list[str] = []  # by programs in the guest, in their order
        self._heard = threading.Condition()
        porter = folder / "porter"
        porter.unlink(missing_ok=True)
        self.powered_s = time.monotonic()
        with (folder / "qemu").open("wb") as said:
            command = [*_command(image, folder, kernel), *more]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=said)
        self._line = self._connect(porter)
        self._reader = threading.Thread(target=self._hear, name="guest")
        self._reader.start()

    def _connect(self, porter: Path) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        give_up = time.monotonic() + 20
        while True:
            try:
                line.connect(str(porter))
            except (FileNotFoundError, ConnectionRefusedError):
                assert self._process.poll() is None, "QEMU did not start"
                assert time.monotonic() < give_up
                time.sleep(0.05)
            else:
                return line

    def _hear(self) -> None:
        rest = b""
        with suppress(OSError):
            while block := self._line.recv(65536):
                *lines, rest = (rest + block).split(b"\n")
                with self._heard:
                    for text in lines:
                        line = json.loads(text)
                        if line["id"] < 0:
                            self.said.append(line["said"])
                        else:
                            self._answers[line["id"]] = Answer(line["code"], line["said"], line["up"])
                    self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()

    def await_said(self, holds: Callable[[list[str]], object], within_s: float = UP_WITHIN_S) -> None:
        """Until what was said is what is waited for."""
        with self._heard:
            assert self._heard.wait_for(lambda: holds(self.said) or not self.running, within_s), self.log()
        assert self.running, self.log()

    # ---------------------------------------------------------------------- while it runs

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def await_porter(self) -> Answer:
        """Until somebody in the guest listens, and the way to the machine below is there."""
        answer = self._await(0, UP_WITHIN_S)
        self.shell(_NETWORK)
        return answer

    def _await(self, number: int, within_s: float) -> Answer:
        with self._heard:
            came = self._heard.wait_for(lambda: number in self._answers or not self.running, within_s)
            answer = self._answers.pop(number, None)
        assert answer is not None, f"{'no answer' if not came else 'it ended'}\n{self.log()}"
        return answer

    def _ask(self, within_s: float, **words: object) -> Answer:
        number = next(self._ids)
        line = {"id": number, "within": within_s, **words}
        self._line.sendall(json.dumps(line).encode() + b"\n")
        return self._await(number, within_s + 30)

    def try_run(self, *words: str, given: str = "", within_s: float = 120) -> Answer:
        """Run a command as root, however it ends."""
        return self._ask(within_s, run=words, given=given)

    def run(self, *words: str, given: str = "", within_s: float = 120) -> str:
        """Run a command that has to end well; gives what it said."""
        answer = self.try_run(*words, given=given, within_s=within_s)
        assert answer.code == 0, f"{' '.join(words)}: {answer.code}\n{answer.said}"
        return answer.said

    def shell(self, script: str, within_s: float = 120) -> str:
        """A few lines of shell that have to end well."""
        return self.run("sh", "-euc", script, within_s=within_s)

    def healthy(self, within_s: float = UP_WITHIN_S) -> Answer:
        """Until /healthz says 200."""
        answer = self._ask(within_s, healthy=HEALTHZ)
        assert answer.code == 0, answer.said + self.log()
        return answer

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd knows of a unit."""
        said = self.run("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in said.splitlines())

    def log(self) -> str:
        """The end of what the console showed."""
        return self.console.read_text(errors="replace")[-4000:] if self.console.exists() else ""

    # ---------------------------------------------------------------------- its end

    def cut(self) -> None:
        """Pull the plug: the disk forgets in the same moment."""
        self.disk.cut()
        self._end()

    def power_off(self) -> None:
        """Shut it down in order."""
        if self.running:
            with suppress(OSError):
                self._line.sendall(b'{"id": 1000000, "within": 10, "run": ["systemctl", "poweroff"]}\n')
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(90)
        self.disk.close()
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()
        self._reader.join()


def _command(image: Image, folder: Path, kernel: str) -> list[str]:
    return [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "2", "-m", "1024"),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{folder / 'console'}"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initramfs)),
        *("-append", f"{_KERNEL} {kernel}"),
        *("-drive", f"file={image.root},format=raw,if=none,id=root,readonly=on"),
        *("-device", "virtio-blk-pci,drive=root"),
        *("-blockdev", f"driver=nbd,node-name=data,server.type=unix,server.path={folder / 'nbd'}"),
        *("-device", "virtio-blk-pci,drive=data"),
        *("-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="),
        *("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"),
        *("-chardev", f"socket,id=porter,path={folder / 'porter'},server=on,wait=off"),
        *("-device", "virtserialport,chardev=porter,name=porter"),
    ]


def make_data(target: Path, folder: Path, files: Mapping[str, str | bytes]) -> None:
    """A data partition as it is before the first start, with the tests' files in its folder `test`.

    One of them, frontdesk.toml, is the machine's configuration; without it the front desk does not start.
    """
    content = folder / "content"
    for name in ("frontdesk", "journal", "test"):
        (content / name).mkdir(parents=True)
    for name, text in files.items():
        path = content / "test" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    make_disk(target, 1024, content, "frontdesk-data")


@contextmanager
def booted(image: Image, folder: Path, data: Path, more: Sequence[str] = ()) -> Iterator[Guest]:
    """A machine that was switched on; at the end it is switched off in order."""
    guest = Guest(image, folder, data, more=more)
    try:
        guest.await_porter()
        yield guest
    finally:
        guest.power_off()
