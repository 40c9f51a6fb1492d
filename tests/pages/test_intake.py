"""Whatever a file holds: a picture, or an error of its own kind that says what it is."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from appliance.errors import (
    NotAPicture,
    PhotoError,
    PictureEmpty,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
    SeveralPictures,
)
from appliance.pages import intake

SIZE = (320, 240)
GRADIENT = np.linspace(0, 65535, SIZE[0]).astype(np.uint16)[None].repeat(SIZE[1], axis=0)


def packed(picture: Pillow.Image, kind: str, **how: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def painted(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Pillow.Image:
    rng = np.random.default_rng(1)
    return Pillow.fromarray(rng.integers(0, 255, (size[1], size[0], 3), np.uint8)).convert(mode)


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is as large as that."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def sixteen_bits_in_colour() -> bytes:
    picture = np.dstack([GRADIENT, GRADIENT // 2, GRADIENT // 4])
    return cv2.imencode(".tif", picture)[1].tobytes()


JPEG = packed(painted(), "JPEG", quality=90)
REFUSED = {
    "nothing": (b"", PictureEmpty),
    "text": (b"Kota Sawahlunto Dalam Angka", NotAPicture),
    "a PDF": (b"%PDF-1.7\n1 0 obj\n", NotAPicture),
    "zeros": (bytes(5000), NotAPicture),
    "half a JPEG": (JPEG[: len(JPEG) // 2], PictureTruncated),
    "half a PNG": (packed(painted(), "PNG")[:20_000], PictureTruncated),
    "half a TIFF": (sixteen_bits_in_colour()[:1000], PhotoError),
    "1 x 1": (packed(painted(size=(1, 1)), "PNG"), PictureTooSmall),
    "a stamp": (packed(painted(size=(199, 400)), "PNG"), PictureTooSmall),
    "200 megapixels": (bomb(20_000, 10_000), PictureTooLarge),
    "130 megapixels": (bomb(13_000, 10_000), PictureTooLarge),
    "a giant": (bomb(100_000, 100_000), PictureTooLarge),
    "an animation": (
        packed(painted(), "GIF", save_all=True, append_images=[painted("L")]),
        SeveralPictures,
    ),
    "a TIFF of two pages": (
        packed(painted(), "TIFF", save_all=True, append_images=[painted()]),
        SeveralPictures,
    ),
    "an animated WebP": (
        packed(painted(), "WEBP", save_all=True, append_images=[painted("L").convert("RGB")]),
        SeveralPictures,
    ),
}
READ = {
    "JPEG": (JPEG, ()),
    "PNG with a clear background": (packed(painted("RGBA"), "PNG"), ()),
    "palette": (packed(painted("P"), "PNG"), ()),
    "bilevel TIFF": (packed(painted("1"), "TIFF", compression="group4"), ()),
    "grey WebP": (packed(painted("L"), "WEBP"), ()),
    "CMYK JPEG": (packed(painted("CMYK"), "JPEG"), ("cmyk",)),
    "CMYK TIFF": (packed(painted("CMYK"), "TIFF"), ("cmyk",)),
    "16 bits": (packed(Pillow.fromarray(GRADIENT), "TIFF"), ("deep",)),
    "16 bits PNG": (packed(Pillow.fromarray(GRADIENT), "PNG"), ("deep",)),
    "16 bits in colour": (sixteen_bits_in_colour(), ("deep",)),
}


@pytest.mark.parametrize(("data", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_gives_no_page_is_refused_by_its_name(data: bytes, error: type[PhotoError]) -> None:
    with pytest.raises(error):
        intake.decode(data)


@pytest.mark.parametrize(("data", "notes"), READ.values(), ids=READ.keys())
def test_every_kind_of_picture_becomes_eight_bits_in_three_channels(
    data: bytes, notes: tuple[str, ...]
) -> None:
    photo = intake.decode(data)

    assert photo.image.shape == (SIZE[1], SIZE[0], 3)
    assert photo.image.dtype == np.uint8
    assert photo.notes == notes


@pytest.mark.parametrize("kind", ["16 bits", "16 bits PNG", "16 bits in colour"])
def test_sixteen_bits_are_scaled_and_not_cut(kind: str) -> None:
    image = intake.decode(READ[kind][0]).image.astype(int)

    assert image[100, 0].max() == 0
    assert image[100, -1].max() >= 254
    assert abs(int(image[100, SIZE[0] // 2, 0]) - 127) <= 2


def test_note_of_the_camera_turns_the_picture() -> None:
    picture = painted()
    exif = picture.getexif()
    exif[0x0112] = 6  # a quarter clockwise

    photo = intake.decode(packed(picture, "JPEG", exif=exif))

    assert photo.image.shape == (SIZE[0], SIZE[1], 3)


def test_file_that_cannot_be_read_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        intake.read(tmp_path / "none.jpg")


def test_no_file_that_was_damaged_on_its_way_brings_it_down() -> None:
    outcomes = set()
    for seed in range(200):
        random = Random(seed)
        sound = bytearray(random.choice(list(READ.values()))[0])
        for _ in range(random.randint(1, 8)):
            sound[random.randrange(min(len(sound), 400))] = random.randrange(256)
        try:
            outcomes.add(str(intake.decode(bytes(sound)).image.dtype))
        except PhotoError as error:
            outcomes.add(error.code)
    assert {"uint8", "not_a_picture"} <= outcomes
