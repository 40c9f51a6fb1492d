"""The import of python-escpos, made quick and quiet.

Importing it parses a description of 35 printers (three quarters of its import time), leaves a temporary
directory behind for each process, and configures the root logger. The library takes
another description from an environment variable, so it is given one of the only kind of printer that
this house prints for: code page 437, a cutter if any. Nothing here happens before a printer is opened.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ENCODING = "CP437"

_DESCRIPTION = {
    "profiles": {
        "default": {
            "name": "Ticket printer",
            "codePages": {"0": ENCODING},
            "features": {"paperPartCut": True, "paperFullCut": True},
            "fonts": {"0": {"name": "Font A", "columns": 48}},
            "media": {"width": {"pixels": "Unknown", "mm": "Unknown"}},
        }
    },
    "encodings": {ENCODING: {"name": ENCODING, "python_encode": "cp437"}},
}
_DESCRIPTION_VARIABLE = "ESCPOS_CAPABILITIES_FILE"
_CACHE_VARIABLE = "ESCPOS_CAPABILITIES_PICKLE_DIR"


def escpos_printers() -> Any:
    """The module `escpos.printer` of the real library, imported at the first call."""
    if "escpos.capabilities" not in sys.modules:
        with _short_description(), _root_logger_kept():
            capabilities = importlib.import_module("escpos.capabilities")
        if _CACHE_VARIABLE not in os.environ:
            shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return importlib.import_module("escpos.printer")


@contextmanager
def _short_description() -> Iterator[None]:
    """Point the library to our description, unless somebody chose one or a cache of the long one."""
    if _DESCRIPTION_VARIABLE in os.environ or _CACHE_VARIABLE in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "capabilities.json"
        description.write_text(json.dumps(_DESCRIPTION), encoding="utf-8")
        os.environ[_DESCRIPTION_VARIABLE] = str(description)
        try:
            yield
        finally:
            del os.environ[_DESCRIPTION_VARIABLE]


@contextmanager
def _root_logger_kept() -> Iterator[None]:
    """Undo the `logging.basicConfig()` that the library calls when imported."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    try:
        yield
    finally:
        root.handlers[:] = handlers
