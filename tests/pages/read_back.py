"""What Tesseract reads on finished pages, beside what is printed on them.

A page is finished as the product does it (`develop.clean`: light, rim, pictures, print), and the stencils of
its PDF are read as `ocr.read` does it. The true flat page of the generator, finished and read the same way,
is the oracle: what is wrong there no flattening can mend.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.pages import develop, ocr
from appliance.pages.compose import stencils
from appliance.pages.sheet import FlatPage, Flattening, Side
from drivers.simulated.book.photo import TruePage
from tests.pages import truth

DPI = 300.0


@dataclass(frozen=True)
class Reading:
    """How well one page was read, in per cent."""

    characters: float  # wrong, in the order Tesseract reads them
    words: float  # F1 of the words as a bag: the order of cells and columns does not count


def compare(page: FlatPage, true: TruePage) -> Reading:
    """How the finished page reads, beside its true text."""
    read_, printed = words(read(page)), words(true.text)
    errors = truth.character_errors(" ".join(read_), " ".join(printed))
    return Reading(errors * 100, word_f1(read_, printed) * 100)


def words(text: str) -> list[str]:
    """The words with a letter or a figure: the rules of tables and charts are read as dashes and bars."""
    return [word for word in text.split() if any(c.isalnum() for c in word)]


def oracle(true: TruePage) -> FlatPage:
    """The page as it was printed, as if it had been flattened without any error."""
    scale = DPI / true.dpi
    image = cv2.resize(true.flat, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    height, width = image.shape[:2]
    flattening = Flattening(np.zeros((2, 2, 2), np.float32), width, height, DPI, True)
    side = Side(true.side)
    return FlatPage(np.asarray(image), flattening, side, (), "plain", 0, true.x_height * scale)


def read(page: FlatPage) -> str:
    """The text of the finished page; none where it has no print."""
    masks = stencils(develop.clean(page, develop.Settings()).part)
    if not masks:
        return ""
    picture = np.where(np.logical_or.reduce(masks), 0, 255).astype(np.uint8)
    png = cv2.imencode(".png", picture)[1].tobytes()
    command = [ocr.PROGRAM, "stdin", "stdout", "-l", "+".join(ocr.LANGUAGES)]
    command += ["--dpi", str(round(page.flattening.dpi))]
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        command, input=png, capture_output=True, check=True, env=environment
    ).stdout.decode()


def word_f1(read: list[str], true: list[str]) -> float:
    """The harmonic mean of precision and recall of the words, whatever their order."""
    one, other = Counter(read), Counter(true)
    return 2 * (one & other).total() / max(1, one.total() + other.total())
