"""The finished book: pages that lie ready, put one after the other.

Everything that takes time was done when the pages came. What is left is to copy them, which neither decodes
nor holds a picture: the pages are read from their files while the book is written.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Pdf, String

from appliance.pages import margins
from appliance.pages.margins import Box
from appliance.pages.source_line import draw

PRODUCER = "PST Front Desk"
AT_ONCE = 50  # files that are open at the same time
DATE = "D:%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Details:
    """What the book says of itself. No visitor's name is ever among it."""

    made: datetime  # with its zone
    title: str = ""
    language: str = "id"
    source_line: str = ""  # stands on the first page, as the copyright notice asks
    first_number: int = 1  # of the page labels
    alike: bool = True  # pages of about the same size get the same, and the print stands alike


def finish(
    parts: Sequence[Path], target: Path, details: Details, quarters: Sequence[int] | None = None
) -> None:
    """Write the book of these pages, in this order; there is the whole book afterwards, or none.

    `quarters` says for each page by how many quarters it is turned clockwise.

    Raises OSError where the disk does not take it, and pikepdf.PdfError where a part is no page.
    """
    if not parts:
        raise ValueError("a book needs a page")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".book-", dir=target.parent) as folder:
        done = _joined(list(parts), Path(folder))
        book = Path(folder) / "book.pdf"
        with Pdf.open(done, access_mode=pikepdf.AccessMode.stream) as pdf:
            for page, turn in zip(pdf.pages, quarters or (), strict=False):
                page.rotate(90 * turn, relative=True)
            if details.alike:
                _lay_alike(pdf)
            if details.source_line:
                draw(pdf, pdf.pages[0], details.source_line)
            _describe(pdf, details)
            pdf.save(book, deterministic_id=True)
        _to_disk(book)
        book.replace(target)
    _to_disk(target.parent)


def _joined(parts: list[Path], folder: Path) -> Path:
    """All pages in one file; in several rounds when there are many, so that few files are open."""
    step = 0
    while True:
        groups = [parts[start : start + AT_ONCE] for start in range(0, len(parts), AT_ONCE)]
        joined = []
        for group in groups:
            step += 1
            path = folder / f"{step}.pdf"
            _copy(group, path)
            joined.append(path)
        if len(joined) == 1:
            return joined[0]
        parts = joined


def _copy(parts: Sequence[Path], target: Path) -> None:
    with ExitStack() as stack:
        pdf = stack.enter_context(Pdf.new())
        for path in parts:
            one = stack.enter_context(Pdf.open(path, access_mode=pikepdf.AccessMode.stream))
            pdf.pages.extend(one.pages)
        _share_fonts(pdf)
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _share_fonts(pdf: Pdf) -> None:
    """The letters of searchable text are the same on all pages: once is enough."""
    known: dict[bytes, pikepdf.Object] = {}
    for page in pdf.pages:
        for holder in _with_fonts(page):
            fonts = holder.Resources.Font
            for name in list(fonts.keys()):
                font = fonts[name]
                if font.get("/Subtype") == Name.Type0 and font.is_indirect:
                    fonts[name] = known.setdefault(_fingerprint(font), font)


def _with_fonts(page: Page) -> list[pikepdf.Object]:
    holders = [page.obj, *page.form_xobjects.values()]
    return [holder for holder in holders if "/Font" in holder.get("/Resources", {})]


def _fingerprint(font: pikepdf.Object) -> bytes:
    inner = font.DescendantFonts[0]
    digest = sha256(str(font.get("/BaseFont")).encode())
    file = inner.FontDescriptor.get("/FontFile2") if "/FontDescriptor" in inner else None
    for stream in (file, font.get("/ToUnicode")):
        if isinstance(stream, pikepdf.Stream):
            digest.update(stream.read_bytes())
    return digest.digest()


def _lay_alike(pdf: Pdf) -> None:
    """The same size for all, and the print at the same place; only the frame moves, no picture does."""
    upright = [page for page in pdf.pages if int(page.obj.get("/Rotate", 0)) % 360 == 0]
    pages = [(_size(page), _print(page)) for page in upright]
    for page, sheet in zip(upright, margins.alike(pages), strict=True):
        height = float(page.mediabox[3])
        corners = (sheet.left, height - sheet.bottom, sheet.right, height - sheet.top)
        page.obj.MediaBox = Array([round(corner, 3) for corner in corners])


def _size(page: Page) -> tuple[float, float]:
    left, bottom, right, top = (float(corner) for corner in page.mediabox)
    return right - left, top - bottom


def _print(page: Page) -> Box | None:
    if "/ArtBox" not in page.obj:
        return None
    left, bottom, right, top = (float(corner) for corner in page.artbox)
    height = float(page.mediabox[3])
    return Box(left, height - top, right, height - bottom)


def _describe(pdf: Pdf, details: Details) -> None:
    when = (
        details.made.strftime(DATE) + details.made.strftime("%z")[:3] + "'" + details.made.strftime("%z")[3:]
    )
    for name, value in (("Producer", PRODUCER), ("CreationDate", when), ("ModDate", when)):
        pdf.docinfo[f"/{name}"] = String(value)
    if details.title:
        pdf.docinfo["/Title"] = String(details.title)
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    with pdf.open_metadata(set_pikepdf_as_editor=False) as words:
        words.load_from_docinfo(pdf.docinfo)
        words["dc:language"] = [details.language]
        if details.source_line:
            words["dc:rights"] = details.source_line
    pdf.Root.Lang = String(details.language)
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D, St=details.first_number)]))


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
