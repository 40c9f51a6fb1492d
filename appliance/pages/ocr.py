"""Searchable text: Tesseract reads the finished bilevel page once, in its own process, with a deadline."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pikepdf
from pikepdf import Pdf
from PIL import Image as Pillow

from appliance.errors import TextUnread
from appliance.pages.compose import stencils
from appliance.pages.sheet import Mask

PROGRAM = "tesseract"
LANGUAGES = ("ind", "eng")
DEADLINE_S = 60.0
NICENESS = 10
ASK_S = 10.0


@functools.cache
def languages() -> frozenset[str]:
    """The languages that are installed; none where the program is missing."""
    try:
        done = subprocess.run(
            [PROGRAM, "--list-langs"], capture_output=True, text=True, timeout=ASK_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(done.stdout.splitlines()[1:])


def searchable(
    part: bytes, dpi: float, wanted: Sequence[str] = LANGUAGES, deadline_s: float = DEADLINE_S
) -> bytes:
    """The page with its text, unseen, over its print; as it was where there is no print.

    Raises TextUnread where the page could not be read; it is still good without its text.
    """
    masks = stencils(part)
    if not masks:
        return part
    ink = np.logical_or.reduce(masks)
    return _with_text(part, read(ink, dpi, wanted, deadline_s))


def read(ink: Mask, dpi: float, wanted: Sequence[str] = LANGUAGES, deadline_s: float = DEADLINE_S) -> bytes:
    """A PDF of one page with nothing but the text, at its places. Raises TextUnread."""
    page = BytesIO()
    bits = Pillow.frombytes("1", (ink.shape[1], ink.shape[0]), np.packbits(~ink, axis=1).tobytes())
    bits.save(page, "TIFF", compression="group4")
    command = ["nice", "-n", str(NICENESS), PROGRAM, "stdin", "stdout", "-l", "+".join(wanted)]
    command += ["--dpi", str(round(dpi)), "-c", "textonly_pdf=1", "pdf"]
    try:
        done = subprocess.run(
            command,
            input=page.getvalue(),
            capture_output=True,
            timeout=deadline_s,
            check=True,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},  # a page takes one core, whatever else runs
        )
    except subprocess.TimeoutExpired:
        raise TextUnread(f"no text after {deadline_s:.0f} s") from None
    except subprocess.CalledProcessError as error:
        raise TextUnread(error.stderr.decode(errors="replace").strip().splitlines()[-1:][0]) from error
    except OSError as error:
        raise TextUnread(f"{PROGRAM}: {error.strerror}") from error
    return done.stdout


def _with_text(part: bytes, text: bytes) -> bytes:
    try:
        with Pdf.open(BytesIO(part)) as page, Pdf.open(BytesIO(text)) as layer:
            page.pages[0].add_overlay(layer.pages[0], pikepdf.Rectangle(*page.pages[0].mediabox))
            out = BytesIO()
            page.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    except pikepdf.PdfError as error:
        raise TextUnread(str(error)) from error
    return out.getvalue()
