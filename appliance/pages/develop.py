"""A photograph in, finished pages out: all steps in their order, each timed, each to be seen if wished."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from appliance.errors import TextUnread
from appliance.pages import (
    binarise,
    blank,
    compose,
    content,
    edges,
    fingers,
    geometry,
    inks,
    light,
    margins,
    ocr,
    pictures,
    preview,
    show_through,
    specks,
)
from appliance.pages.compose import Layers
from appliance.pages.content import Content, Kind
from appliance.pages.sheet import (
    Camera,
    Defect,
    Finding,
    Findings,
    FlatPage,
    Image,
    Mask,
    Side,
    Wish,
)

PAPER = round(255 * light.WHITE)
PICTURE_BYTES = 95_000  # for the pictures of a mixed page: with its print 150 kB
FINGER_DEPTH_MM = 1.5  # in the print, from which a finger counts


class Mode(StrEnum):
    """How pages are kept: as they need it, or all in one way."""

    AUTO = "auto"
    BILEVEL = "bilevel"
    GREY = "grey"
    COLOUR = "colour"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for."""

    mode: Mode = Mode.AUTO
    camera: Camera | None = None
    wish: Wish = field(default_factory=Wish)
    languages: tuple[str, ...] = ()  # of the searchable text; none: no text
    text_deadline_s: float = ocr.DEADLINE_S
    jbig2: str | None = None  # the path of the encoder
    debug: bool = False


@dataclass(frozen=True, slots=True)
class FinishedPage:
    """A page that is ready: a PDF of one page, and what there is to say of it."""

    part: bytes
    thumbnail: bytes  # JPEG
    preview: bytes  # a larger one
    kind: Kind
    side: Side
    size_mm: tuple[float, float]
    findings: Findings
    has_text: bool
    seconds: Mapping[str, float]  # of the processor, by step
    measures: Mapping[str, float] = field(default_factory=dict)
    debug: Mapping[str, Image] = field(default_factory=dict)  # step -> picture, in order

    @property
    def is_blank(self) -> bool:
        """Whether nothing is on it: it is offered for deletion."""
        return self.has(Defect.BLANK)

    def has(self, defect: Defect) -> bool:
        """Whether a defect was found that counts."""
        return any(one.defect is defect and one.strength >= 1 for one in self.findings)


class Watch:
    """How long the steps took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done within; with what its child processes took."""
        before = _processor_s()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + _processor_s() - before


def develop(photo: Image, settings: Settings) -> Iterator[FinishedPage]:
    """The pages of a photograph, one after the other, left before right."""
    watch = Watch()
    with watch.step("flatten"):
        wish = replace(settings.wish, debug=settings.debug or settings.wish.debug)
        flat_pages = geometry.flatten(photo, settings.camera, wish)
    share = watch.seconds["flatten"] / len(flat_pages)
    for flat in flat_pages:
        page = clean(flat, settings)
        yield replace(page, seconds={"flatten": share, **page.seconds})


def clean(flat: FlatPage, settings: Settings) -> FinishedPage:
    """The finished page of a flat one."""
    watch = Watch()
    seen: dict[str, Image] = dict(flat.debug)
    dpi = flat.flattening.dpi
    with watch.step("light"):
        lamp = light.read(flat.image, dpi)
        image = light.even(flat.image, lamp)
        plain = light.even_plain(lamp)
        small = np.asarray(light.low(image, dpi), np.uint8)
    if settings.debug:
        seen["light"] = preview.light(flat.image, lamp, image)
    with watch.step("rim"):
        image, plain, small, hands = _without_rim(image, plain, small)
    if settings.debug:
        seen["fingers"] = preview.marked(small, {"finger": hands.found, "painted": hands.paint})
    with watch.step("content"):
        scale = flat.image.shape[1] / plain.shape[1]
        found = content.find(plain, small, scale, lamp.is_known)
        kind = _kind(found, settings.mode)
    if settings.debug:
        seen["content"] = preview.boxes(small, found, scale)
    with watch.step("print"):
        print_, print_inks, spots_seen = _print((image, plain), found, dpi, settings)
    if settings.debug:
        seen["print"] = preview.marked(np.asarray(light.low(image, dpi), np.uint8), spots_seen)
    with watch.step("pictures"):
        layers = _layers(image, found, print_inks, (kind, print_), dpi)
    kind = _as_it_became(kind, layers)
    with watch.step("pack"):
        part = compose.part(layers, settings.jbig2)
    with watch.step("preview"):
        picture = preview.finished(layers)
    if settings.debug:
        seen["finished"] = picture
    findings = (*flat.findings, *_findings(hands, layers))
    part, has_text = _with_text(part, flat, settings, watch)
    return FinishedPage(
        part,
        preview.jpeg(picture, preview.THUMBNAIL_WIDTH),
        preview.jpeg(picture),
        kind,
        flat.side,
        flat.flattening.size_mm,
        _strongest(findings),
        has_text,
        watch.seconds,
        flat.measures,
        seen,
    )


def _without_rim(image: Image, plain: Image, small: Image) -> tuple[Image, Image, Image, fingers.Fingers]:
    """Fingers first: what is left at the rim then is the desk and the pages below."""
    grey = cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY).astype(np.int16)
    strokes = grey - cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) > 12
    hands = fingers.find(plain, strokes)
    if hands.any:
        image, plain, small = (fingers.paint(one, hands, PAPER) for one in (image, plain, small))
    rim = edges.dark_rim(plain)
    if rim.any():
        image, plain, small = (edges.paint(one.copy(), rim, PAPER) for one in (image, plain, small))
    return image, plain, small, hands


def _kind(found: Content, mode: Mode) -> Kind:
    if mode is not Mode.AUTO:
        return Kind(mode.value)
    if found.whole:
        return Kind.COLOUR if found.coloured else Kind.GREY
    return Kind.MIXED if found.pictures else Kind.BILEVEL


def _print(
    pictures_: tuple[Image, Image], found: Content, dpi: float, settings: Settings
) -> tuple[Mask, list[inks.Ink], dict[str, Mask]]:
    """Where the print of the page is, in which colours; and for the debug picture, what was left out."""
    image, plain = pictures_
    height, width = image.shape[:2]
    grey, paper = (np.asarray(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), np.uint8) for one in (image, plain))
    no_print = None
    if found.no_print.any() and settings.mode is not Mode.BILEVEL:
        grown = cv2.resize(found.no_print.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        no_print = grown > 0
    dark, soft = binarise.dark(grey, paper, dpi)
    if no_print is not None:
        dark[no_print] = False
    spots = binarise.find(edges.without_rim(dark, dpi), soft)
    ours = show_through.of_this_side(spots, dpi)
    rests = edges.slivers(spots, (height, width), dpi)
    dirt = specks.find(spots, ours & ~rests, dpi)
    chosen = ours & ~rests & ~dirt
    chosen[0] = False
    if blank.is_blank(spots, chosen, len(found.pictures), dpi):
        chosen[:] = False
    if settings.mode is Mode.BILEVEL:
        kept = [inks.Ink(spots.mask(chosen), (0, 0, 0))] if chosen.any() else []
    else:
        kept = inks.separate(image, spots, chosen, dpi)
    seen: dict[str, Mask] = {}
    if settings.debug:
        left_out = {"shines_through": ~ours, "rim": ours & rests, "dirt": ours & ~rests & dirt}
        seen = {name: spots.mask(which) for name, which in left_out.items()}
    print_ = kept[0].mask if len(kept) == 1 else spots.mask(chosen)
    return print_, kept, seen


def _layers(
    image: Image, found: Content, print_inks: list[inks.Ink], kept: tuple[Kind, Mask], dpi: float
) -> Layers:
    kind, print_ = kept
    height, width = image.shape[:2]
    box = margins.print_box(print_, [picture.box for picture in found.pictures])
    if box is not None:
        box = box.grown(0, width, height)
    if kind in (Kind.GREY, Kind.COLOUR):
        whole = pictures.of_page(image, kind is Kind.COLOUR)
        return Layers(width, height, dpi, [], [whole], box)
    if kind is Kind.BILEVEL:
        return Layers(width, height, dpi, _all_black(image, found, print_inks), [], box)
    parts = pictures.of_parts(image, found.pictures, print_, dpi, PICTURE_BYTES)
    return Layers(width, height, dpi, print_inks, parts, box)


def _all_black(image: Image, found: Content, print_inks: list[inks.Ink]) -> list[inks.Ink]:
    """Print in its colours where there are no pictures; where bilevel was asked for, pictures as dots."""
    if not found.pictures:
        return print_inks
    height, width = image.shape[:2]
    mask = np.logical_or.reduce([np.zeros((height, width), np.bool_), *(ink.mask for ink in print_inks)])
    for picture in found.pictures:
        box = picture.box.grown(0, width, height)
        part = (slice(int(box.top), int(box.bottom)), slice(int(box.left), int(box.right)))
        mask[part] |= pictures.as_dots(image[part])
    return [inks.Ink(mask, (0, 0, 0))]


def _as_it_became(kind: Kind, layers: Layers) -> Kind:
    """Print in colours makes a page a mixed one."""
    if kind is Kind.BILEVEL and any(not ink.is_black for ink in layers.inks):
        return Kind.MIXED
    return kind


def _findings(hands: fingers.Fingers, layers: Layers) -> Findings:
    found = []
    if hands.on_print > 0:
        depth = {"depth_mm": round(hands.on_print, 1)}
        found.append(Finding(Defect.FINGER, hands.on_print / FINGER_DEPTH_MM, depth))
    if layers.print_box is None:
        found.append(Finding(Defect.BLANK, 1.0))
    return tuple(found)


def _strongest(findings: Findings) -> Findings:
    """Each defect once, as strongly as anybody found it."""
    by_defect: dict[Defect, Finding] = {}
    for one in findings:
        if one.defect not in by_defect or one.strength > by_defect[one.defect].strength:
            by_defect[one.defect] = one
    return tuple(by_defect.values())


def _with_text(part: bytes, flat: FlatPage, settings: Settings, watch: Watch) -> tuple[bytes, bool]:
    """The page with searchable text, where that is asked for and can be had."""
    if not settings.languages:
        return part, False
    with watch.step("text"):
        try:
            dpi = flat.flattening.dpi
            return ocr.searchable(part, dpi, settings.languages, settings.text_deadline_s), True
        except TextUnread:
            return part, False


def _processor_s() -> float:
    times = time.process_time(), _children_s()
    return sum(times)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show_steps(page: FinishedPage, folder: Path, name: str) -> None:
    """Write what each step saw, numbered in their order."""
    for number, (step, picture) in enumerate(page.debug.items()):
        cv2.imwrite(str(folder / f"{name}-{number:02}-{step}.png"), picture)


def quiet_libraries() -> None:
    """One thread a process, and nothing on the terminal: for workers, before they begin."""
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
