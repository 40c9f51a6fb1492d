"""Flat pages with known print, and the look that a camera gives them. Drawn with Pillow's own letters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from appliance.pages.sheet import AnyArray, FlatPage, Flattening, Image, Side

DPI = 200.0
INK = (24, 22, 22)
_PROSE = (
    "Pertumbuhan ekonomi pada tahun 2025 mencapai 5,12 persen lebih tinggi dibandingkan tahun sebelumnya "
    "sebesar 4,87 persen sedangkan inflasi tahun kalender tercatat 2,31 persen menurut kelompok pengeluaran"
)
WORDS = _PROSE.split()
TOWNS = ("Silungkang", "Lembah Segar", "Barangin", "Talawi")


def mm(length: float, dpi: float = DPI) -> int:
    """A length in pixels."""
    return round(length / 25.4 * dpi)


@dataclass
class Sheet:
    """A page while it is drawn; lengths in millimetres."""

    width: float = 120.0
    height: float = 160.0
    dpi: float = DPI

    def __post_init__(self) -> None:
        self.picture = Pillow.new("RGB", (mm(self.width, self.dpi), mm(self.height, self.dpi)), "white")
        self.draw = ImageDraw.Draw(self.picture)

    def px(self, length: float) -> int:
        """A length in pixels."""
        return mm(length, self.dpi)

    def write(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 3.5,
        fill: tuple[int, ...] = INK,
        anchor: str = "la",
    ) -> Sheet:
        """Words whose letters are so many millimetres high."""
        font = ImageFont.load_default(self.px(size))
        self.draw.text((self.px(x), self.px(y)), words, font=font, fill=fill, anchor=anchor)
        return self

    def prose(self, x: float, y: float, width: float, lines: int, size: float = 3.5) -> Sheet:
        """Lines of running text; each begins with another word."""
        font = ImageFont.load_default(self.px(size))
        word = 0
        for line in range(lines):
            words = ""
            while self.draw.textlength(words + WORDS[word % len(WORDS)], font=font) < self.px(width):
                words += WORDS[word % len(WORDS)] + " "
                word += 1
            self.write(x, y + line * size * 1.4, words.strip(), size)
        return self

    def table(self, x: float, y: float, rows: int, columns: int = 4, step: float = 20.0) -> Sheet:
        """Figures with thousands and decimals, ruled every fourth row."""
        rng = np.random.default_rng(3)
        for row in range(rows):
            self.write(x, y + row * 5.5, TOWNS[row % 4])
            for column in range(columns):
                figure = f"{rng.integers(1, 99)}.{rng.integers(100, 999)},{rng.integers(0, 10)}"
                self.write(x + 42 + column * step, y + row * 5.5, figure, anchor="ra")
            if row % 4 == 3:
                self.rule(x, y + row * 5.5 + 4.6, x + 42 + (columns - 1) * step)
        return self

    def rule(self, x0: float, y: float, x1: float, breadth: float = 0.2) -> Sheet:
        """A thin rule."""
        self.draw.line((self.px(x0), self.px(y), self.px(x1), self.px(y)), INK, max(1, self.px(breadth)))
        return self

    def box(self, x: float, y: float, width: float, height: float, fill: tuple[int, ...]) -> Sheet:
        """A plain area."""
        corners = (self.px(x), self.px(y), self.px(x + width) - 1, self.px(y + height) - 1)
        self.draw.rectangle(corners, fill)
        return self

    def photograph(self, x: float, y: float, width: float, height: float, colour: bool = False) -> Sheet:
        """Clouds, as rough as a printed photograph."""
        shape = self.px(height), self.px(width)
        layers = [clouds(shape, seed) for seed in range(3 if colour else 1)]
        picture = np.dstack(layers if colour else layers * 3)
        self.picture.paste(Pillow.fromarray(picture), (self.px(x), self.px(y)))
        return self

    @property
    def image(self) -> Image:
        """As OpenCV has it."""
        return np.asarray(cv2.cvtColor(np.asarray(self.picture), cv2.COLOR_RGB2BGR), np.uint8)


def clouds(shape: tuple[int, int], seed: int) -> AnyArray:
    """Grey from nearly black to nearly white, at all scales."""
    rng = np.random.default_rng(seed)
    total = np.zeros(shape, np.float32)
    for step in (120, 50, 20, 8, 3):
        noise = rng.normal(0, 1, (shape[0] // step + 3, shape[1] // step + 3)).astype(np.float32)
        total += cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC) * step**0.6
    low, high = float(total.min()), float(total.max())
    return ((total - low) / (high - low) * 200 + 25).astype(np.uint8)


def photographed(
    image: Image, *, shade: float = 0.5, shadow: float = 0.3, noise: float = 2.5, back: Image | None = None
) -> Image:
    """The same page under a lamp: uneven, warm, dark at the gutter (left), with a shadow over a corner."""
    height, width = image.shape[:2]
    light = cv2.resize(lamp((height // 6, width // 6), shade, shadow), (width, height))
    page = image.astype(np.float32) / 255 * 0.93 + 0.03
    if back is not None:
        other = cv2.GaussianBlur(
            cv2.cvtColor(back, cv2.COLOR_BGR2GRAY)[:, ::-1].astype(np.float32), (0, 0), 2.5
        )
        page *= (1 - 0.13 * (1 - other / 255))[..., None]
    page *= np.array([0.82, 0.9, 0.96], np.float32) * light[..., None]
    rng = np.random.default_rng(9)
    seen = np.asarray(cv2.GaussianBlur(page * 240, (0, 0), 0.8), np.float32)
    seen += rng.standard_normal((height, width, 1), dtype=np.float32) * noise
    return np.asarray(np.clip(seen, 0, 255), np.uint8)


def lamp(shape: tuple[int, int], shade: float, shadow: float) -> AnyArray:
    """How much light falls on each point."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    across, down = x / shape[1], y / shape[0]
    light = 0.95 - 0.3 * ((across - 0.6) ** 2 + (down - 0.3) ** 2)
    light *= 1 - shade * np.exp(-across / 0.05)
    edge = np.clip(((across + down) - 1.55) / 0.06, -30, 30)
    return np.asarray(light * (1 - shadow / (1 + np.exp(-edge))), np.float32)


def finger(image: Image, reach: float, y: float = 80.0, dpi: float = DPI) -> tuple[Image, AnyArray]:
    """The page with a thumb from the right side, so many millimetres in; and where it is."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width, mm(y, dpi)), (mm(reach, dpi), mm(9, dpi)), 0, 0, 360, 1, -1)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)[..., None]
    skin = np.array([105, 130, 190], np.float32)
    return np.asarray(image * (1 - soft) + skin * soft, np.uint8), mask > 0


def flat(image: Image, dpi: float = DPI) -> FlatPage:
    """As the geometric half hands it over."""
    height, width = image.shape[:2]
    flattening = Flattening(np.zeros((2, 2, 2), np.float32), width, height, dpi, True)
    return FlatPage(image, flattening, Side.SINGLE, (), "plain", 0, 20.0)


def psnr(one: AnyArray, other: AnyArray) -> float:
    """How alike two pictures are, in decibels."""
    error = float(np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2))
    return 10 * float(np.log10(255**2 / max(error, 1e-9)))
