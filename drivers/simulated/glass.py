"""A flatbed without a flatbed: SANE's own `test` backend, set by its configuration file.

libsane reads the folder `SANE_CONFIG_DIR` when it is loaded, which the driver does for each scan; so what is
switched here holds from the next scan on. The picture on the glass is the backend's colour pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

# What sane_read() says while the fault is on.
_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "jammed": "SANE_STATUS_JAMMED",
        "lid_open": "SANE_STATUS_COVER_OPEN",
        "no_original": "SANE_STATUS_NO_DOCS",
        "read_fault": "SANE_STATUS_IO_ERROR",
        "busy": "SANE_STATUS_DEVICE_BUSY",
        "denied": "SANE_STATUS_ACCESS_DENIED",
        "cancelled": "SANE_STATUS_CANCELLED",
        "ends_early": "SANE_STATUS_EOF",
    }
)
_OTHERS = ("slow", "unplugged")

# The longest pause between two reads that the backend knows, and the smallest piece: a page takes hours.
_SLOW = "read-delay true\nread-delay-duration 200000\nread-limit true\nread-limit-size 64\n"
_USUAL = """
number_of_devices 2
resolution_min 1.0
resolution_max 1200.0
resolution_quant 1.0
geometry_min 0.0
geometry_max 200.0
geometry_quant 1.0
test-picture "Color pattern"
"""


class Glass:
    """The flatbed whose libsane reads `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._on: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self._write()

    @property
    def faults(self) -> dict[str, bool]:
        """Each fault, and whether it is on."""
        return {name: name in self._on for name in (*_STATUS, *_OTHERS)}

    def set_fault(self, name: str, on: bool) -> None:
        """Switch a fault on or off. Raises KeyError."""
        if name not in self.faults:
            raise KeyError(name)
        if on:
            self._on.add(name)
        else:
            self._on.discard(name)
        self._write()

    def _write(self) -> None:
        status = next((_STATUS[name] for name in _STATUS if name in self._on), "Default")
        lines = f'{_USUAL}read-status-code "{status}"\n' + (_SLOW if "slow" in self._on else "")
        (self.folder / "test.conf").write_text(lines, encoding="ascii")
        backend = "" if "unplugged" in self._on else "test\n"
        (self.folder / "dll.conf").write_text(backend, encoding="ascii")
