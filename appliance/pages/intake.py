"""Pictures from files: whatever a file holds, there is a picture of it or an error that says what it is."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, TiffImagePlugin, UnidentifiedImageError

from appliance.errors import (
    NotAPicture,
    PhotoError,
    PictureEmpty,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
    SeveralPictures,
)
from appliance.pages.sheet import AnyArray, Image

LEAST_SIDE = 200  # pixels: with fewer no letter of a page is readable
MOST_PIXELS = 120_000_000  # A3 at 600 dpi, and half as much again
MOST_BYTES = 400_000_000
SHRINK_FROM = 45_000_000  # a larger JPEG is read at half its size


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture, upright by what its camera noted; `notes` names what had to be changed to read it."""

    image: Image
    notes: tuple[str, ...] = ()


def read(path: Path) -> Photo:
    """The picture of a file. Raises a PhotoError, or OSError where the file cannot be read."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise PictureTooLarge(f"{size / 1e6:.0f} MB")
    return decode(path.read_bytes())


def decode(data: bytes) -> Photo:
    """The picture of these bytes, eight bits a channel. Raises a PhotoError."""
    if not data:
        raise PictureEmpty
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about sizes and odd notes: we look ourselves
            with Pillow.open(BytesIO(data)) as picture:
                return _of_pillow(picture)
    except PhotoError:
        raise
    except Pillow.DecompressionBombError as error:
        raise PictureTooLarge(str(error)) from error
    except UnidentifiedImageError as error:
        raise NotAPicture from error
    except (OSError, EOFError) as error:
        raise _broken(error) from error
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, ArithmeticError) as error:
        raise NotAPicture(str(error)) from error  # what decoders say of files that were made to break them


def _of_pillow(picture: Pillow.Image) -> Photo:
    _check_size(*picture.size)
    if getattr(picture, "n_frames", 1) > 1:
        raise SeveralPictures(f"{picture.n_frames}")  # type: ignore[attr-defined]
    if picture.size[0] * picture.size[1] > SHRINK_FROM:
        picture.draft("RGB", (picture.size[0] // 2, picture.size[1] // 2))
    notes = []
    if picture.mode == "CMYK":
        notes.append("cmyk")
    if _has_sixteen_bits(picture):
        notes.append("deep")
    if picture.mode.startswith("I") or picture.mode == "F":
        return Photo(_eight_bits(np.asarray(picture)), tuple(notes))
    upright = ImageOps.exif_transpose(picture)
    if "A" in upright.getbands() or "transparency" in upright.info:
        seen = upright.convert("RGBA")
        upright = Pillow.alpha_composite(Pillow.new("RGBA", seen.size, "white"), seen)
    rgb = np.asarray(upright.convert("RGB"))
    return Photo(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8), tuple(notes))


def _has_sixteen_bits(picture: Pillow.Image) -> bool:
    """Whether it holds more than is kept; of colours in a TIFF only the file's own notes say so."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return True
    bits = picture.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,)) if hasattr(picture, "tag_v2") else (8,)
    return max(bits) > 8


def _eight_bits(image: AnyArray) -> Image:
    """Any depth and one channel or three, as the steps want it."""
    values = image.astype(np.float32)
    most = {2: 65535.0, 1: 255.0}.get(image.dtype.itemsize, float(values.max()) or 1.0)
    if image.dtype.kind == "i" and values.max() <= 65535:
        most = 65535.0  # Pillow keeps sixteen bits in thirty-two
    eight = np.clip(values * (255.0 / most), 0, 255).astype(np.uint8)
    return np.asarray(
        cv2.cvtColor(eight, cv2.COLOR_GRAY2BGR) if eight.ndim == 2 else eight[..., :3], np.uint8
    )


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise PictureTooLarge(f"{width} x {height}")
    if min(width, height) < LEAST_SIDE:
        raise PictureTooSmall(f"{width} x {height}")


def _broken(error: Exception) -> PhotoError:
    words = str(error).lower()
    cut = isinstance(error, EOFError) or "truncated" in words or "not processed" in words or "eof" in words
    return PictureTruncated(str(error)) if cut else NotAPicture(str(error))
