"""Every driver at the end of its simulated wire, and the clauses that it has to keep there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from drivers.base import Phrase
from drivers.camera import CameraSettings, OpenCvCamera
from drivers.card_reader import PcscReader
from drivers.flatbed import SaneFlatbed, ScanSettings
from drivers.simulated import player
from drivers.simulated.glass import Glass
from drivers.simulated.station import SimulatedStation
from drivers.simulated.tray import CardTray
from drivers.speaker import EspeakSpeaker
from tests.drivers import banks, finger, printers
from tests.drivers.contracts.device import ALWAYS, AT_A_CABLE, Bench, Clause
from tests.drivers.printers import TICKET

Maker = Callable[[Path], AbstractContextManager[Bench]]


@contextmanager
def printer(make: Callable[[Path], AbstractContextManager[printers.Bench]], folder: Path) -> Iterator[Bench]:
    """A ticket printer on one of its wires."""
    with make(folder) as bench:
        yield Bench(
            bench.driver, lambda: bench.driver.print(TICKET), bench.printer.unplug, bench.printer.plug
        )
        bench.driver.close()
        assert bench.printer.complaints == []


@contextmanager
def locks(make: Callable[[Path], AbstractContextManager[banks.Bench]], folder: Path) -> Iterator[Bench]:
    """A bank of lockers."""
    with make(folder) as bench:
        yield Bench(bench.driver, lambda: bench.driver.door("A"), bench.unplug, bench.plug)
        bench.driver.close()


@contextmanager
def buttons(make: Callable[[], AbstractContextManager[finger.Bench]], _folder: Path) -> Iterator[Bench]:
    """Two buttons, one with a lamp."""
    with make() as bench:
        taken = partial(bench.wires.hold, finger.PIN, held=True)
        freed = partial(bench.wires.hold, finger.PIN, held=False)
        yield Bench(bench.buttons, lambda: bench.buttons.next_edge(0.0), taken, freed)


@contextmanager
def card_reader(_folder: Path) -> Iterator[Bench]:
    """A reader under the real pcscd."""
    tray = CardTray()
    tray.start()
    assert tray.reader_pattern is not None, tray.missing
    reader = PcscReader(pattern=tray.reader_pattern)
    try:
        yield Bench(
            reader,
            lambda: reader.next_event(0.1),
            partial(tray.set_fault, "stopped", True),
            partial(tray.set_fault, "stopped", False),
        )
    finally:
        reader.close()
        tray.close()


@contextmanager
def camera(folder: Path) -> Iterator[Bench]:
    """A camera that streams."""
    station = SimulatedStation(folder, width=800)
    station.start()
    driver = OpenCvCamera(station.address, CameraSettings(timeout_s=4.0, warm_up=0))
    try:
        yield Bench(
            driver,
            driver.grab,
            partial(station.set_fault, "unplugged", True),
            partial(station.set_fault, "unplugged", False),
        )
    finally:
        driver.close()
        station.close()


@contextmanager
def speaker(folder: Path) -> Iterator[Bench]:
    """The voice over the simulated player."""
    driver = EspeakSpeaker(player=player.command(folder, speed=50.0))
    phrase = Phrase("id", "Nomor antrean, pe dua belas.")
    yield Bench(
        driver,
        lambda: driver.say((phrase,)),
        partial(player.set_fault, folder, "unplugged"),
        partial(player.set_fault, folder, None),
        needs_no_opening=True,
    )
    driver.close()


@contextmanager
def flatbed(folder: Path) -> Iterator[Bench]:
    """A flatbed on SANE's `test` backend; for a process of its own, with SANE_CONFIG_DIR set to `folder`."""
    glass = Glass(folder)
    driver = SaneFlatbed(pattern="^test:0", settings=ScanSettings(50, "grey", (0, 0, 20, 20), {}))
    yield Bench(
        driver,
        driver.scan,
        partial(glass.set_fault, "unplugged", True),
        partial(glass.set_fault, "unplugged", False),
    )
    driver.close()


BENCHES: Final[dict[str, tuple[Maker, tuple[Clause, ...]]]] = {
    **{f"printer {name}": (partial(printer, make), AT_A_CABLE) for name, make in printers.BENCHES.items()},
    **{f"buttons {name}": (partial(buttons, make), ALWAYS) for name, make in finger.BENCHES.items()},
    **{
        f"locks {name}": (partial(locks, make), ALWAYS if name == "gpiozero" else AT_A_CABLE)
        for name, make in banks.BENCHES.items()
    },
    "card reader pcscd": (card_reader, AT_A_CABLE),
    "camera stream": (camera, AT_A_CABLE),
    "speaker espeak-ng": (speaker, AT_A_CABLE),
}


def keep_by_flatbed(clause: str, folder: str) -> None:
    """In the child process of a test: libsane keeps state, and may crash or hang."""
    wanted = next(each for each in ALWAYS if each.__name__ == clause)
    with flatbed(Path(folder)) as bench:
        wanted(bench)


if __name__ == "__main__":
    keep_by_flatbed(*sys.argv[1:])
