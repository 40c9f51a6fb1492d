"""The page pipeline as the scanning process uses it: a photo's bytes in, the files of its pages out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import img2pdf
import numpy as np
import pikepdf

from appliance.errors import NothingScanned
from appliance.scan_folder import PageFiles
from appliance.scan_protocol import Setup

SMALL_PX = 240  # height of a thumbnail
PICTURE_PX = 1100


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What the finished PDF says of itself."""

    made: datetime
    language: str
    source_line: str


class Darkroom:
    """Develops photos, one after the other."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def develop(self, photo: bytes) -> list[PageFiles]:
        """The pages of a photo. Raises an ApplianceError for a photo that no page can be made of."""
        picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise NothingScanned
        pdf: bytes = img2pdf.convert(io.BytesIO(photo))
        return [PageFiles(pdf, jpeg(picture, PICTURE_PX), jpeg(picture, SMALL_PX))]

    def bind(self, pages: Sequence[tuple[Path, int]], target: Path, facts: BookFacts) -> None:
        """Write the book of these pages, each turned by so many quarters, whole or not at all."""
        with pikepdf.new() as book:
            for path, quarters in pages:
                with pikepdf.open(path) as part:
                    book.pages.extend(part.pages)
                    book.pages[-1].rotate(90 * quarters, relative=True)
            beside = target.with_name(f".{target.name}")
            book.save(beside)
        beside.replace(target)


def jpeg(picture: np.ndarray, height: int, quality: int = 80) -> bytes:
    """A picture as JPEG of at most this height."""
    if picture.shape[0] > height:
        width = max(1, round(picture.shape[1] * height / picture.shape[0]))
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
