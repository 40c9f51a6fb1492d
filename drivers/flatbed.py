"""A flatbed scanner, over python-sane.

What libsane does is not all pleasant, and this adapter is built around it:

- errors are texts (`_sane.error`), told apart only by their words;
- a cancelled scan, and one whose cable was pulled, may return a short picture and no error: the rows that
  came are always compared with those that were promised;
- an option that does not exist, or a value out of range, is taken in silence: both are looked at again;
- an exception in the progress callback, or `close` during a scan, is a crash of the whole process; a device
  that freezes cannot be ended at all. So this runs in a child process whose parent holds the watch, and the
  child leaves with `os._exit`.

Options stay with libsane's backend for as long as it is loaded; so it is loaded anew by each `connect`.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from drivers.base import (
    Busy,
    Cancelled,
    Denied,
    DriverError,
    Jammed,
    LidOpen,
    Lost,
    Missing,
    NoOriginal,
    Photo,
    ReadFault,
    ShortPicture,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

Option = str | int | float | bool

_QUALITY = 95  # of the JPEG that is kept: text stays sharp, and a page is 2 MB instead of 26
_PATTERN_DEVICE = 0  # the place of the name in what libsane says of a device

# libsane's own words (sane_strstatus), which is all that python-sane passes on.
_SAID: tuple[tuple[str, type[DriverError]], ...] = (
    ("busy", Busy),
    ("jammed", Jammed),
    ("out of documents", NoOriginal),
    ("cover is open", LidOpen),
    ("canceled", Cancelled),
    ("denied", Denied),
    ("device i/o", ReadFault),
)


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How a page is scanned. `area_mm` is left, top, right and bottom; None is the whole glass."""

    resolution: int = 300
    colour: Literal["colour", "grey"] = "colour"
    area_mm: tuple[float, float, float, float] | None = None
    options: Mapping[str, Option] = field(default_factory=dict)  # further ones of the backend, by name


class SaneFlatbed:
    """The one scanner whose name, maker or model `pattern` (a regular expression) matches."""

    def __init__(self, *, pattern: str, settings: ScanSettings, name: str = "flatbed") -> None:
        self._name = name
        self._pattern = re.compile(pattern)
        self._settings = settings
        self._device: Any = None
        self._loaded = False
        self._scanning = threading.Event()
        self._cancelled = threading.Event()

    @property
    def name(self) -> str:
        """The device's name in the configuration."""
        return self._name

    # ---------------------------------------------------------------------- life

    def connect(self) -> None:
        """Load libsane, find the scanner and set it. Raises Missing, Busy, Denied or Lost."""
        import sane

        self.close()
        sane.init()
        self._loaded = True
        where = self._find(sane.get_devices())
        try:
            self._device = sane.open(where)
            self._set()
        except (sane._sane.error, RuntimeError) as error:
            raise self._translated(error) from error

    def close(self) -> None:
        """Let go of the scanner; not while it scans, since libsane does not outlive that."""
        if self._scanning.is_set():
            self.cancel()
            return
        if self._device is not None:
            self._device.close()
            self._device = None
        if self._loaded:
            import sane

            sane.exit()
            self._loaded = False

    def _find(self, devices: list[tuple[str, ...]]) -> str:
        found = [one for one in devices if self._pattern.search(" ".join(one))]
        if len(found) == 1:
            return found[0][_PATTERN_DEVICE]
        names = ", ".join(one[_PATTERN_DEVICE] for one in found or devices) or "no scanner at all"
        why = "several match" if found else "none matches"
        raise Missing(self.name, f"{why} {self._pattern.pattern!r}: {names}")

    def _set(self) -> None:
        """Set what the configuration asks for, and see that it was taken."""
        wanted = self._settings
        self._set_mode(wanted.colour)
        self._choose("resolution", wanted.resolution)
        for option, value in wanted.options.items():
            self._choose(option, value)
        if wanted.area_mm is not None:
            for option, value in zip(("tl_x", "tl_y", "br_x", "br_y"), wanted.area_mm, strict=True):
                self._choose(option, value)
        elif "br_x" in self._device.opt:
            for option in ("br_x", "br_y"):
                setattr(self._device, option, self._most(option))

    def _set_mode(self, colour: str) -> None:
        """Backends have names of their own for it: Color, 24bit Color, Gray, True Gray."""
        if "mode" not in self._device.opt:
            return
        word = "color" if colour == "colour" else "gray"
        names = [name for name in self._device.opt["mode"].constraint or () if word in name.lower()]
        if not names:
            raise Missing(self.name, f"the scanner has no mode for {colour}")
        self._choose("mode", names[0])

    def _choose(self, option: str, value: Option) -> None:
        if option not in self._device.opt:
            raise Missing(self.name, f"the scanner has no option {option!r}")
        setattr(self._device, option, value)
        taken = getattr(self._device, option)
        near = isinstance(value, float) and isinstance(taken, int | float) and abs(taken - value) <= 1.0
        if taken != value and not near:
            raise Missing(self.name, f"the scanner takes {option} = {taken!r} for {value!r}")

    def _most(self, option: str) -> Option:
        limits = self._device.opt[option].constraint
        most: Option = limits[1] if isinstance(limits, tuple) else max(limits)
        return most

    # ---------------------------------------------------------------------- scanning

    def scan(self, progress: Callable[[int, int], None] | None = None) -> Photo:
        """One picture of what lies on the glass."""
        from PIL import Image

        rows = self.read(progress)
        picture = io.BytesIO()
        dpi = self._settings.resolution
        Image.fromarray(rows.squeeze()).save(picture, "JPEG", quality=_QUALITY, subsampling=0, dpi=(dpi, dpi))
        return Photo(picture.getvalue(), "jpg", dpi)

    def read(self, progress: Callable[[int, int], None] | None = None) -> NDArray[np.uint8]:
        """The same as rows of pixels, red before blue, exactly as the scanner gave them."""
        import sane

        if self._device is None:
            raise Lost(self.name, "not connected")
        self._cancelled.clear()
        self._scanning.set()
        try:
            promised: int = self._device.get_parameters()[2][1]
            self._device.start()
            rows: NDArray[np.uint8] = self._device.arr_snap(progress=_harmless(progress))
        except (sane._sane.error, RuntimeError) as error:
            if self._cancelled.is_set():  # libsane has several words for that, by where it was
                raise Cancelled(self.name) from error
            raise self._translated(error) from error
        finally:
            self._scanning.clear()
        if self._cancelled.is_set():
            raise Cancelled(self.name)
        if promised > 0 and rows.shape[0] != promised:  # -1: a hand scanner, which does not know
            raise ShortPicture(self.name, f"{rows.shape[0]} of {promised} rows")
        return rows

    def cancel(self) -> None:
        """Stop the scan that is under way, if there is one."""
        self._cancelled.set()
        if self._scanning.is_set() and self._device is not None:
            self._device.cancel()

    def _translated(self, error: Exception) -> DriverError:
        words = str(error)
        for part, kind in _SAID:
            if part in words.lower():
                return kind(self.name, words)
        if "no data" in words.lower():
            return ShortPicture(self.name, words)
        return Lost(self.name, words)


def _harmless(progress: Callable[[int, int], None] | None) -> Callable[[int, int], None] | None:
    """What libsane may call: an exception that reached it would end the process."""
    if progress is None:
        return None
    told = progress

    def tell(done: int, total: int) -> None:
        try:
            told(done, total)
        except Exception:
            log.exception("the progress of a scan could not be told")

    return tell
