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
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from traceback import clear_frames
from typing import Any

from gpiozero import GPIOPinInUse, GPIOZeroError, OutputDevice

from drivers.base import Busy, DriverError, Missing

log = logging.getLogger(__name__)

PinSource = Callable[[], Any]
"""Gives the gpiozero pin factory; asked at each connect, so that one can wait for a chip to come."""

_LET_GO_S = 0.2  # lgpio may be so late to let go of a line that was closed just now
_AGAIN_S = 0.01

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
    factory.pin_class = _careful(lgpio_pins)
    return factory


def _careful(lgpio_pins: Any) -> Any:
    """gpiozero's pin on lgpio, but for what it does wrong at the two ends of a line's use."""
    lgpio = lgpio_pins.lgpio

    class CarefulPin(lgpio_pins.LGPIOPin):  # type: ignore[misc]  # gpiozero has no types
        _callback: Any

        def output_with_state(self, state: float) -> None:
            """Make it an output that is at `state` from the first moment.

            gpiozero leaves this method to be overridden for just that: its own claims the output low and sets
            it after that, which to an active-low lock is a pulse.
            """
            lgpio.gpio_claim_output(self.factory._handle, self._number, bool(state))

        def close(self) -> None:
            """Let go of the line, as one that drives nothing.

            gpiozero's own claims it as an input, for as long as the process lives. For a button that fails
            while lgpio's thread still listens to it (it waits 2 ms for that one, which on a busy machine is
            not enough); the device is then never closed, until the garbage collector does so in the midst of
            gpiozero's own lock, and its thread stands still for ever.
            """
            if self._callback is not None:
                self._callback.cancel()
                self._callback = None
            handle = self.factory._handle
            if handle is None:
                return
            mode = lgpio.gpio_get_mode(handle, self._number)
            if mode & self.GPIO_IS_LG_OUTPUT:  # which a Pi would leave as it was, also where off had failed
                lgpio.gpio_claim_input(handle, self._number, lgpio.SET_PULL_NONE)
            if mode & (self.GPIO_IS_LG_INPUT | self.GPIO_IS_LG_OUTPUT | self.GPIO_IS_LG_ALERT):
                lgpio.gpio_free(handle, self._number)

    return CarefulPin


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
        self._open: list[Any] = []
        with translated(device, "the GPIO chip", Missing):
            self._factory = source()

    def open(self, kind: Callable[..., Any], pin: int, what: str, **settings: object) -> Any:
        """Open one gpiozero device on GPIO `pin`. Raises Busy or Missing, with the pin in the detail."""
        give_up = time.monotonic() + _LET_GO_S
        while True:
            try:
                with translated(self._device, f"{what} on GPIO{pin}", Missing):
                    line = self._made(kind, pin, **settings)
            except Busy:
                if time.monotonic() >= give_up:
                    raise
                time.sleep(_AGAIN_S)
            else:
                self._open.append(line)
                return line

    def _made(self, kind: Callable[..., Any], pin: int, **settings: object) -> Any:
        try:
            return kind(pin, pin_factory=self._factory, **settings)
        except pin_errors() as error:
            # The half-made device keeps its pin reserved for as long as somebody keeps the error.
            clear_frames(error.__traceback__)
            raise

    def close(self) -> None:
        """Close every line, also after one that fails, outputs switched off; never raises."""
        while self._open:
            try:
                _let_go(self._open.pop())
            except pin_errors() as error:
                clear_frames(error.__traceback__)  # as above: it is nobody's from now on
                log.warning("%s: closing: %s", self._device, error)


def _let_go(line: Any) -> None:
    try:
        if isinstance(line, OutputDevice):
            line.off()  # a Pi leaves an output as it was
    finally:
        line.close()
