"""The drivers at the end of what the kernel itself shows, as the contracts want them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from drivers.camera import CameraSettings, OpenCvCamera
from drivers.gpio import pin_factory
from tests.drivers import banks, finger, printers
from tests.drivers.contracts import benches, device
from tests.drivers.contracts.device import ALWAYS, AT_A_CABLE, Clause
from tests.kernel.guest.lines import SimulatedLines, await_that
from tests.kernel.guest.usb_printer import driver, usb_printer
from tests.kernel.guest.wires import KernelWires

WIDTH, HEIGHT = 1280, 720
CHIP: Final = partial(pin_factory, 0)
VIDEO: Final = Path("/dev/video0")
_VIVID: Final = Path("/sys/bus/platform/drivers/vivid")


@contextmanager
def buttons(lines: SimulatedLines, *, to_high: bool) -> Iterator[finger.Bench]:
    """Two buttons, to ground or to 3.3 V, each with its resistor to the other side."""
    with closing(KernelWires(lines)) as wires:
        for pin in (finger.PIN, finger.OTHER):
            wires.fit_resistor(pin, high=not to_high)
        with finger.on_lines(wires, CHIP, to_high=to_high) as bench:
            yield bench


@contextmanager
def locks(lines: SimulatedLines) -> Iterator[banks.Bench]:
    """Three lockers."""
    with closing(KernelWires(lines)) as wires, banks.on_lines(wires, CHIP) as bench:
        yield bench


@contextmanager
def printer() -> Iterator[printers.Bench]:
    """The ticket printer on USB."""
    with usb_printer() as printer:
        yield printers.Bench(driver(timeout_s=printers.TIMEOUT_S), printer)


@contextmanager
def camera() -> Iterator[OpenCvCamera]:
    """The kernel's camera."""
    await_that(VIDEO.exists)
    settings = CameraSettings(width=WIDTH, height=HEIGHT, timeout_s=10.0, warm_up=1)
    camera = OpenCvCamera(str(VIDEO), settings)
    yield camera
    camera.close()


def plug_camera(*, plugged: bool) -> None:
    """Put the camera's cable in, or pull it out."""
    (_VIVID / ("bind" if plugged else "unbind")).write_text("vivid.0")
    await_that(lambda: VIDEO.exists() is plugged)


@contextmanager
def _camera(_lines: SimulatedLines) -> Iterator[device.Bench]:
    out, in_again = partial(plug_camera, plugged=False), partial(plug_camera, plugged=True)
    with camera() as made:
        yield device.Bench(made, made.grab, out, in_again)


def _buttons(lines: SimulatedLines, *, to_high: bool) -> AbstractContextManager[device.Bench]:
    return benches.buttons(partial(buttons, lines, to_high=to_high), Path())


def _locks(lines: SimulatedLines) -> AbstractContextManager[device.Bench]:
    return benches.locks(lambda _: locks(lines), Path())


def _printer(_lines: SimulatedLines) -> AbstractContextManager[device.Bench]:
    return benches.printer(lambda _: printer(), Path())


Maker = Callable[[SimulatedLines], AbstractContextManager[device.Bench]]
DEVICES: Final[dict[str, tuple[Maker, tuple[Clause, ...]]]] = {
    "buttons to ground": (partial(_buttons, to_high=False), ALWAYS),
    "buttons to 3.3 V": (partial(_buttons, to_high=True), ALWAYS),
    "locks": (_locks, ALWAYS),
    "printer": (_printer, AT_A_CABLE),
    "camera": (_camera, AT_A_CABLE),
}
