"""A JBIG2 encoder of the same command line as jbig2enc: `-p PICTURE` gives one generic region for a PDF.

It packs the region by its MMR form, which every JBIG2 decoder knows. The tests put it on the PATH.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PIL import Image as Pillow

from appliance.pages.compose import g4
from appliance.pages.sheet import AnyArray


def segment(number: int, kind: int, data: bytes) -> bytes:
    """A segment of page 1 that refers to none other."""
    return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data


def stream(ink: AnyArray) -> bytes:
    """The page and its one region, as a PDF embeds them."""
    height, width = ink.shape
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + g4(ink)
    return segment(0, 48, page) + segment(1, 38, region)


def main() -> None:
    """Read the picture that is named, write the stream."""
    import numpy as np

    with Pillow.open(Path(sys.argv[sys.argv.index("-p") + 1])) as picture:
        ink = ~np.asarray(picture.convert("1"), np.bool_)
    sys.stdout.buffer.write(stream(ink))


if __name__ == "__main__":
    main()
