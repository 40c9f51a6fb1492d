"""The page pipeline as the scanning process uses it: a photo's bytes in, the files of its pages out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import img2pdf
import numpy as np
import pikepdf
from numpy.typing import NDArray

from appliance.pages import intake, pdf
from appliance.pages.develop import FinishedPage, Settings, develop
from appliance.pages.pdf import Details
from appliance.pages.sheet import Camera, Defect, Wish
from appliance.scanning.folder import PageFiles
from appliance.scanning.protocol import Setup

SMALL_PX = 240  # height of a thumbnail
PICTURE_PX, PLAIN_PX = 900, 2400
FAILED = "page_failed"  # a word of `scanner.poor`
# What a mistake in a step of the pipeline looks like from outside; a PhotoError says what the photo is.
UNEXPECTED = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, cv2.error)
LANGUAGES = ("ind", "eng")
JBIG2 = "jbig2"  # the encoder, where it is installed

# What a visitor is told of while the book still lies open. (A blank page is offered for deletion instead.)
POOR = tuple(defect for defect in Defect if defect is not Defect.BLANK)


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What the finished PDF says of itself."""

    made: datetime
    language: str
    source_line: str


class Darkroom:
    """Develops photos, one after the other."""

    def __init__(self, setup: Setup) -> None:
        turn = setup.camera.turn if setup.camera else None
        languages = LANGUAGES if setup.searchable else ()
        encoder = shutil.which(JBIG2)
        self._of_camera = Settings(wish=Wish(turn=turn), languages=languages, jbig2=encoder)
        flatbed = setup.flatbed
        glass = Camera(dpi=float(flatbed.resolution), overhead=False) if flatbed else None
        self._of_glass = Settings(camera=glass, languages=languages, jbig2=encoder)

    def develop(self, photo: bytes, *, from_glass: bool = False) -> list[PageFiles]:
        """The pages of a photo. Raises a PhotoError for bytes that are no picture of a page."""
        picture = intake.decode(photo).image
        settings = self._of_glass if from_glass else self._of_camera
        return [_files(page) for page in develop(picture, settings)]

    def plain(self, photo: bytes) -> list[PageFiles]:
        """The photo itself as a page, for one that the pipeline cannot cope with: nothing is lost.

        Raises a PhotoError for bytes that are no picture.
        """
        picture = jpeg(intake.decode(photo).image, PLAIN_PX, quality=90)
        page: bytes = img2pdf.convert(picture)
        shown = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        return [PageFiles(page, jpeg(shown, PICTURE_PX), jpeg(shown, SMALL_PX), (FAILED,))]

    def bind(self, pages: Sequence[tuple[Path, int]], target: Path, facts: BookFacts) -> None:
        """Write the book of these pages, each turned by so many quarters, whole or not at all."""
        with TemporaryDirectory() as folder:
            parts = [_turned(path, quarters, Path(folder)) for path, quarters in pages]
            details = Details(facts.made, language=facts.language, source_line=facts.source_line)
            pdf.finish(parts, target, details)


def _files(page: FinishedPage) -> PageFiles:
    poor = tuple(defect.value for defect in POOR if page.has(defect))
    seen = cv2.imdecode(np.frombuffer(page.thumbnail, np.uint8), cv2.IMREAD_COLOR)
    small = jpeg(np.asarray(seen, np.uint8), SMALL_PX) if seen is not None else page.thumbnail
    return PageFiles(page.part, page.thumbnail, small, poor, page.is_blank)


def _turned(path: Path, quarters: int, folder: Path) -> Path:
    if not quarters % 4:
        return path
    turned = folder / path.name
    with pikepdf.open(path) as part:
        part.pages[0].rotate(90 * quarters, relative=True)
        part.save(turned)
    return turned


def jpeg(picture: NDArray[np.uint8], height: int, quality: int = 80) -> bytes:
    """A picture as JPEG of at most this height."""
    if picture.shape[0] > height:
        width = max(1, round(picture.shape[1] * height / picture.shape[0]))
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
