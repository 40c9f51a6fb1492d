"""Sets a page of the simulated book: prose, tables, charts and photographs, with the text beside it.

All lengths in here are printers' points (1/72 inch); only the drawing itself knows pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from drivers.simulated.book import words

POINTS_PER_INCH = 72.0
MM_PER_INCH = 25.4
_FONTS = (
    ("dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSerif-Bold.ttf"),
    ("dejavu/DejaVuSerifCondensed.ttf", "dejavu/DejaVuSerifCondensed-Bold.ttf"),
    ("noto/NotoSerif-Regular.ttf", "noto/NotoSerif-Bold.ttf"),
)
_FONT_FOLDER = Path("/usr/share/fonts/truetype")
_FALLBACK = "dejavu/DejaVuSans.ttf"


class Kind(StrEnum):
    """What a page mostly holds."""

    PROSE = "prose"
    COLUMNS = "columns"
    TABLE = "table"
    CHART = "chart"
    MIXED = "mixed"  # prose, a table and a picture
    PLATE = "plate"  # one photograph with a caption
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Paper:
    """The sheet and its type."""

    width_mm: float = 148.0
    height_mm: float = 210.0
    margin_mm: float = 16.0
    type_pt: float = 10.0
    font: int = 0
    language: str = "id"


@dataclass(frozen=True, slots=True)
class Print:
    """A page as it left the press: flat, evenly lit, without noise."""

    image: NDArray[np.uint8]  # H x W x 3, BGR
    text: str  # in reading order
    x_height: float  # in pixels
    dpi: float
    pictures: tuple[tuple[int, int, int, int], ...]  # x, y, width, height of photographs


@dataclass(slots=True)
class _Sheet:
    """A page while it is being set."""

    paper: Paper
    dpi: float
    random: Random
    canvas: Pillow.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)
    lines: list[str] = field(default_factory=list)
    pictures: list[tuple[int, int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = (round(self.paper.width_mm * self.dpi / MM_PER_INCH), self.px(self.height))
        self.canvas = Pillow.new("RGB", size, (255, 255, 255))
        self.draw = ImageDraw.Draw(self.canvas)

    @property
    def width(self) -> float:
        return self.paper.width_mm / MM_PER_INCH * POINTS_PER_INCH

    @property
    def height(self) -> float:
        return self.paper.height_mm / MM_PER_INCH * POINTS_PER_INCH

    @property
    def margin(self) -> float:
        return self.paper.margin_mm / MM_PER_INCH * POINTS_PER_INCH

    def px(self, points: float) -> int:
        return round(points * self.dpi / POINTS_PER_INCH)

    def font(self, scale: float = 1.0, bold: bool = False) -> ImageFont.FreeTypeFont:
        return _font(self.paper.font, bold, max(4, self.px(self.paper.type_pt * scale)))

    def measure(self, text: str, scale: float = 1.0, bold: bool = False) -> float:
        return self.font(scale, bold).getlength(text) * POINTS_PER_INCH / self.dpi

    def write(self, x: float, baseline: float, text: str, scale: float = 1.0, bold: bool = False) -> None:
        """Text on a baseline; it does not join the text of the page by itself."""
        self.draw.text(
            (self.px(x), self.px(baseline)), text, fill=(22, 20, 20), font=self.font(scale, bold), anchor="ls"
        )

    def rule(self, x0: float, x1: float, y: float, weight: float = 0.6) -> None:
        width = max(1, self.px(weight))
        self.draw.line((self.px(x0), self.px(y), self.px(x1), self.px(y)), fill=(30, 28, 28), width=width)


@lru_cache(maxsize=64)
def _font(family: int, bold: bool, size: int) -> ImageFont.FreeTypeFont:
    for name in (_FONTS[family % len(_FONTS)][bold], _FONTS[0][bold], _FALLBACK):
        if (_FONT_FOLDER / name).exists():
            return ImageFont.truetype(str(_FONT_FOLDER / name), size)
    fallback = ImageFont.load_default(size)
    if not isinstance(fallback, ImageFont.FreeTypeFont):
        raise FileNotFoundError(f"no scalable font under {_FONT_FOLDER}: install fonts-dejavu-core")
    return fallback


def typeset(paper: Paper, kind: Kind, number: int, seed: int, dpi: float) -> Print:
    """Page `number` of the book. The same arguments give the same page, at any resolution the same text."""
    sheet = _Sheet(paper, dpi, Random(f"{seed}/{number}/{kind}"))  # noqa: S311 (a drawing, not a secret)
    if kind is not Kind.BLANK:
        _PAGES[kind](sheet)
        _folio(sheet, number)
    picture = np.asarray(sheet.canvas, np.uint8)[:, :, ::-1].copy()
    return Print(picture, "\n".join(sheet.lines), _x_height(sheet), dpi, tuple(sheet.pictures))


def _x_height(sheet: _Sheet) -> float:
    """Of the running text. Measured on a large type, since a small one is rounded to whole pixels."""
    _, top, _, bottom = _font(sheet.paper.font, False, 1000).getbbox("x", anchor="ls")
    return float((bottom - top) / 1000 * sheet.px(sheet.paper.type_pt))


def _folio(sheet: _Sheet, number: int) -> None:
    text = str(number)
    x = sheet.margin if number % 2 == 0 else sheet.width - sheet.margin - sheet.measure(text, 0.9)
    sheet.write(x, sheet.height - sheet.margin * 0.55, text, 0.9)
    sheet.lines.append(text)


def _prose(sheet: _Sheet, x0: float, x1: float, top: float, bottom: float) -> float:
    """Paragraphs, justified, from top to bottom; returns where the last line ended."""
    leading = sheet.paper.type_pt * 1.38
    y = top + leading
    while y < bottom:
        rows = _break(sheet, words.paragraph(sheet.random, sheet.paper.language), x1 - x0)
        for i, row in enumerate(rows):
            if y > bottom:
                return y - leading
            indent = sheet.paper.type_pt * 1.2 if i == 0 else 0.0
            _justify(sheet, row, x0 + indent, x1, y, last=i == len(rows) - 1)
            y += leading
        y += leading * 0.25
    return y - leading


def _break(sheet: _Sheet, text: str, width: float) -> list[list[str]]:
    """The words of each line. Cheap: words are measured once each."""
    space = sheet.measure(" ")
    rows: list[list[str]] = [[]]
    used = sheet.paper.type_pt * 1.2
    for word in text.split():
        length = sheet.measure(word)
        if rows[-1] and used + length > width:
            rows.append([])
            used = 0.0
        rows[-1].append(word)
        used += length + space
    return rows


def _justify(sheet: _Sheet, row: list[str], x0: float, x1: float, y: float, last: bool) -> None:
    lengths = [sheet.measure(word) for word in row]
    space = sheet.measure(" ")
    if not last and len(row) > 1:
        space = min(space * 3, (x1 - x0 - sum(lengths)) / (len(row) - 1))
    x = x0
    for word, length in zip(row, lengths, strict=True):
        sheet.write(x, y, word)
        x += length + space
    sheet.lines.append(" ".join(row))


def _title(sheet: _Sheet, x0: float, y: float, text: str, scale: float = 1.35) -> float:
    sheet.write(x0, y + sheet.paper.type_pt * scale, text, scale, bold=True)
    sheet.lines.append(text)
    return y + sheet.paper.type_pt * (scale + 0.8)


def _table(sheet: _Sheet, x0: float, x1: float, top: float, rows: int) -> float:
    """A caption, ruled heads and rows of figures; returns where it ended."""
    random, language, size = sheet.random, sheet.paper.language, sheet.paper.type_pt
    scale = 0.9
    y = _title(sheet, x0, top, _fitting(sheet, words.caption(random, language, False), x1 - x0, 1.0), 1.0)
    columns = words.COLUMNS[language][: 3 if x1 - x0 < size * 34 else random.randint(4, 5)]
    label = (x1 - x0) * 0.3
    step = (x1 - x0 - label) / len(columns)
    sheet.rule(x0, x1, y, 1.0)
    y += size * 1.3
    for i, head in enumerate(columns):
        sheet.write(x0 + label + step * (i + 1) - sheet.measure(head, scale, True), y, head, scale, bold=True)
    sheet.lines.append(" ".join(columns))
    y += size * 0.5
    sheet.rule(x0, x1, y)
    for name in random.sample(words.ROWS, min(rows, len(words.ROWS))):
        y += size * 1.3
        sheet.write(x0, y, name, scale)
        cells = [words.number(random, language) for _ in columns]
        for i, cell in enumerate(cells):
            sheet.write(x0 + label + step * (i + 1) - sheet.measure(cell, scale), y, cell, scale)
        sheet.lines.append(" ".join([name, *cells]))
    y += size * 0.6
    sheet.rule(x0, x1, y, 1.0)
    source = words.CAPTION[language][3]
    y += size * 1.2
    sheet.write(x0, y, source, 0.8)
    sheet.lines.append(source)
    return y + size


def _fitting(sheet: _Sheet, text: str, width: float, scale: float) -> str:
    """As many whole words as fit."""
    parts = text.split()
    while len(parts) > 1 and sheet.measure(" ".join(parts), scale, True) > width:
        parts.pop()
    return " ".join(parts)


def _chart(sheet: _Sheet, x0: float, x1: float, top: float, bottom: float) -> float:
    """Bars or a curve in colour, with axes, grid lines and figures, over its caption."""
    random, size, draw, px = sheet.random, sheet.paper.type_pt, sheet.draw, sheet.px
    left, base = x0 + size * 3.4, bottom - size * 3.4
    for i in reversed(range(6)):
        y = base - (base - top - size) * i / 5
        sheet.rule(left, x1, y, 0.9 if i == 0 else 0.3)
        mark = str(i * 20)
        sheet.write(left - size * 0.5 - sheet.measure(mark, 0.8), y + size * 0.3, mark, 0.8)
        sheet.lines.append(mark)
    draw.line((px(left), px(top), px(left), px(base)), fill=(30, 28, 28), width=max(1, px(0.9)))
    count = random.randint(5, 9)
    step = (x1 - left) / count
    colour = random.choice([(70, 110, 170), (190, 120, 40), (90, 150, 90), (120, 120, 120)])
    tops = [(base - top - size) * random.uniform(0.15, 0.95) for _ in range(count)]
    if random.random() < 0.6:
        for i, high in enumerate(tops):
            x = left + step * (i + 0.2)
            draw.rectangle((px(x), px(base - high), px(x + step * 0.6), px(base)), fill=colour)
    else:
        path = [(px(left + step * (i + 0.5)), px(base - high)) for i, high in enumerate(tops)]
        draw.line(path, fill=colour, width=max(1, px(1.6)))
    first = random.randint(1995, 2012)
    for i in range(count):
        year = str(first + i)
        sheet.write(left + step * (i + 0.5) - sheet.measure(year, 0.7) / 2, base + size * 1.1, year, 0.7)
    sheet.lines.append(" ".join(str(first + i) for i in range(count)))
    text = _fitting(sheet, words.caption(random, sheet.paper.language, True), x1 - x0, 1.0)
    return _title(sheet, x0, base + size * 1.6, text, 1.0)


def _photograph(sheet: _Sheet, x0: float, x1: float, top: float, bottom: float) -> float:
    """A grey picture of hills under clouds, and its caption."""
    size = sheet.paper.type_pt
    box = (sheet.px(x0), sheet.px(top), sheet.px(x1), sheet.px(bottom - size * 2.2))
    picture = landscape(sheet.random, box[2] - box[0], box[3] - box[1])
    sheet.canvas.paste(Pillow.fromarray(picture).convert("RGB"), box[:2])
    sheet.pictures.append((box[0], box[1], box[2] - box[0], box[3] - box[1]))
    text = _fitting(sheet, words.caption(sheet.random, sheet.paper.language, True), x1 - x0, 1.0)
    return _title(sheet, x0, bottom - size * 2, text, 1.0)


def landscape(random: Random, width: int, height: int) -> NDArray[np.uint8]:
    """Clouds over hills, in grey: something that is no text, with soft and with hard edges."""
    noise = np.random.default_rng(random.getrandbits(32))
    sky = np.zeros((height, width), np.float32)
    for cells in (3, 7, 15, 40):
        coarse = noise.random((cells, cells), np.float32)
        cloud = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
        sky += cloud / cells**0.7
    sky = 255 * (0.45 + 0.55 * (sky - sky.min()) / max(1e-6, float(np.ptp(sky))))
    x = np.linspace(0, 1, width)
    for tone, level in ((150, 0.5), (105, 0.65), (60, 0.82)):
        ridge = np.full(width, level)
        for f in (5, 13, 31):
            ridge += random.uniform(0.02, 0.07) * np.sin(x * f + random.uniform(0, 6))
        hill = np.linspace(0, 1, height)[:, None] > ridge[None]
        sky = np.where(hill, tone + 0.15 * (sky - 128), sky)
    return np.asarray(np.clip(sky, 0, 255), np.uint8)


def _prose_page(sheet: _Sheet) -> None:
    top, bottom = sheet.margin, sheet.height - sheet.margin * 1.2
    y = _title(sheet, sheet.margin, top, words.heading(sheet.random, sheet.paper.language))
    _prose(sheet, sheet.margin, sheet.width - sheet.margin, y, bottom)


def _columns_page(sheet: _Sheet) -> None:
    top, bottom, gap = sheet.margin, sheet.height - sheet.margin * 1.2, sheet.paper.type_pt * 1.8
    middle = sheet.width / 2
    y = _title(sheet, sheet.margin, top, words.heading(sheet.random, sheet.paper.language))
    _prose(sheet, sheet.margin, middle - gap / 2, y, bottom)
    _prose(sheet, middle + gap / 2, sheet.width - sheet.margin, y, bottom)


def _table_page(sheet: _Sheet) -> None:
    y, x0, x1 = sheet.margin, sheet.margin, sheet.width - sheet.margin
    rows = max(4, math.floor((sheet.height - 2.4 * sheet.margin) / sheet.paper.type_pt / 1.3 / 2) - 6)
    y = _table(sheet, x0, x1, y, rows) + sheet.paper.type_pt
    _table(sheet, x0, x1, y, rows)


def _chart_page(sheet: _Sheet) -> None:
    x0, x1 = sheet.margin, sheet.width - sheet.margin
    middle = sheet.height / 2
    _chart(sheet, x0, x1, sheet.margin, middle - sheet.paper.type_pt)
    _chart(sheet, x0, x1, middle + sheet.paper.type_pt, sheet.height - sheet.margin * 1.3)


def _mixed_page(sheet: _Sheet) -> None:
    x0, x1, size = sheet.margin, sheet.width - sheet.margin, sheet.paper.type_pt
    high = sheet.height - 2.2 * sheet.margin
    y = _title(sheet, x0, sheet.margin, words.heading(sheet.random, sheet.paper.language))
    y = _prose(sheet, x0, x1, y, sheet.margin + high * 0.3) + size
    draw = _photograph if sheet.random.random() < 0.5 else _chart
    y = draw(sheet, x0, x1, y, y + high * 0.3) + size
    rows = math.floor((sheet.height - sheet.margin * 1.3 - y) / size / 1.3) - 5
    if rows >= 2:
        _table(sheet, x0, x1, y, rows)


def _plate_page(sheet: _Sheet) -> None:
    _photograph(
        sheet, sheet.margin, sheet.width - sheet.margin, sheet.margin, sheet.height - sheet.margin * 1.6
    )


_PAGES = {
    Kind.PROSE: _prose_page,
    Kind.COLUMNS: _columns_page,
    Kind.TABLE: _table_page,
    Kind.CHART: _chart_page,
    Kind.MIXED: _mixed_page,
    Kind.PLATE: _plate_page,
}
