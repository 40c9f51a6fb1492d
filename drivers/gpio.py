"""The Pi's GPIO chip under gpiozero: opened on purpose, once in a process, its errors in our words.

gpiozero left to itself tries one library after the other and ends with one that does not work; here it is
lgpio or `Missing`. Importing lgpio has two side effects, both contained here: it makes a FIFO in its working
directory, and it moves the whole process into that directory.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from traceback import clear_frames
from typing import Any

from gpiozero import GPIOPinInUse, GPIOZeroError

from drivers.base import Busy, DriverError, Missing

log = logging.getLogger(__name__)

PinSource = Callable[[], Any]
"""Gives the gpiozero pin factory; asked at each connect, so that one can wait for a chip to come."""

_opening = Lock()


def pin_factory(chip: int | None = None, work_dir: Path | None = None) -> Any:
    """gpiozero's LGPIOFactory on /dev/gpiochip<chip> (None: this Pi's header), one for the whole process.

    `work_dir` takes lgpio's FIFO unless LG_WD names another directory; without both it is a temporary one.
    All callers share one factory because gpiozero keeps one table of pins for every chip: a second chip in
    one process would be mistaken for the first. Raises Missing, or Busy.
    """
    with _opening:
        return _open_chip(chip, work_dir)


@cache
def _open_chip(chip: int | None, work_dir: Path | None) -> Any:
    what = "the Pi's GPIO chip" if chip is None else f"/dev/gpiochip{chip}"
    with translated("gpio", what, Missing):
        lgpio_pins = _lgpio_pins(work_dir)
        factory = lgpio_pins.LGPIOFactory(chip=chip)
    factory.pin_class = _without_blip(lgpio_pins)
    return factory


def _without_blip(lgpio_pins: Any) -> Any:
    """gpiozero's pin claims an output low and sets it after that: to an active-low lock that is a pulse.

    It leaves this method to be overridden for just that.
    """

    class OutputAtOnce(lgpio_pins.LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
        def output_with_state(self, state: float) -> None:
            """Make it an output that is at `state` from the first moment."""
            lgpio_pins.lgpio.gpio_claim_output(self.factory._handle, self._number, bool(state))

    return OutputAtOnce


def _lgpio_pins(work_dir: Path | None) -> Any:
    fifo_dir = Path(os.environ.get("LG_WD") or work_dir or _temporary_dir())
    fifo_dir.mkdir(parents=True, exist_ok=True)
    os.environ["LG_WD"] = str(fifo_dir)
    here = Path.cwd()
    try:
        return import_module("gpiozero.pins.lgpio")
    finally:
        os.chdir(here)


@cache
def _temporary_dir() -> str:
    directory = tempfile.mkdtemp(prefix="frontdesk-gpio-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def pin_errors() -> tuple[type[Exception], ...]:
    """All that gpiozero and the library below it raise; lgpio's own error has no base but Exception."""
    errors: tuple[type[Exception], ...] = (GPIOZeroError, OSError, ImportError)
    lgpio = sys.modules.get("lgpio")  # not imported for this: its import has side effects
    return errors if lgpio is None else (*errors, lgpio.error)


@contextmanager
def translated(device: str, what: str, otherwise: type[DriverError]) -> Iterator[None]:
    """Raise a pin's error as one of `device`: Busy where another holds the line, else `otherwise`."""
    try:
        yield
    except DriverError as error:
        raise type(error)(device, error.detail) from error
    except pin_errors() as error:
        taken = isinstance(error, GPIOPinInUse) or "GPIO busy" in str(error)
        kind = Busy if taken else otherwise
        raise kind(device, f"{what}: {error}") from error


class Lines:
    """The GPIO lines that one driver has open."""

    def __init__(self, device: str, source: PinSource) -> None:
        """Raises what `source` raises, in the name of `device`."""
        self._device = device
        self._open = ExitStack()
        with translated(device, "the GPIO chip", Missing):
            self._factory = source()

    def open(self, kind: Callable[..., Any], pin: int, what: str, **settings: object) -> Any:
        """Open one gpiozero device on GPIO `pin`. Raises Busy or Missing, with the pin in the detail."""
        with translated(self._device, f"{what} on GPIO{pin}", Missing):
            try:
                line = kind(pin, pin_factory=self._factory, **settings)
            except pin_errors() as error:
                # The half-made device keeps its pin reserved for as long as somebody keeps the error.
                clear_frames(error.__traceback__)
                raise
        self._open.callback(line.close)
        return line

    def close(self) -> None:
        """Close every line, also after one that fails; never raises."""
        try:
            self._open.close()
        except pin_errors() as error:
            log.warning("%s: closing: %s", self._device, error)
