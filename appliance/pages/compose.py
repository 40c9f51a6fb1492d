"""One page as a small PDF of its own: sharp print over its pictures, in its true size.

Each ink is a stencil of one bit a point, packed without loss: CCITT G4, or JBIG2 in its generic form where
the encoder is installed. (Its other form puts one letter in the place of another that looks alike; an office
of statistics never does that.) Pictures lie below as JPEG. `ArtBox` says where the print is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import img2pdf
import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image as Pillow
from PIL import TiffImagePlugin

from appliance.pages.inks import Ink
from appliance.pages.margins import Box
from appliance.pages.pictures import Jpeg
from appliance.pages.sheet import Mask

POINTS_PER_INCH = 72.0
JBIG2_DEADLINE_S = 20.0
INK = "/FrontdeskInk"  # marks the stencils, so that they are found again


@dataclass(frozen=True, slots=True)
class Layers:
    """What a page consists of, in its own pixels."""

    width: int
    height: int
    dpi: float
    inks: Sequence[Ink]
    pictures: Sequence[Jpeg]
    print_box: Box | None

    @property
    def size_pt(self) -> tuple[float, float]:
        """In points of PDF."""
        scale = POINTS_PER_INCH / self.dpi
        return self.width * scale, self.height * scale

    @property
    def is_one_picture(self) -> bool:
        """Whether nothing but one picture covers the page."""
        return not self.inks and len(self.pictures) == 1 and self.pictures[0].box.width == self.width


def part(layers: Layers, jbig2: str | None = None) -> bytes:
    """The page as a PDF of one page; `jbig2` is the encoder, when it is there."""
    with _picture_page(layers) if layers.is_one_picture else _layered_page(layers, jbig2) as pdf:
        page = pdf.pages[0]
        if layers.print_box is not None:
            page.obj.ArtBox = Array(_in_points(layers.print_box, layers))
        return _bytes(pdf)


def g4(mask: Mask) -> bytes:
    """The stencil as one strip of CCITT group 4."""
    packed = BytesIO()
    # Turned about: Pillow packs a set bit as black, and would turn the picture itself point by point.
    _as_bits(~mask).save(packed, "TIFF", compression="group4", strip_size=1 << 30)
    with Pillow.open(packed) as tiff:
        tags = tiff.tag_v2  # type: ignore[attr-defined]
        (start,), (length,) = tags[TiffImagePlugin.STRIPOFFSETS], tags[TiffImagePlugin.STRIPBYTECOUNTS]
    return packed.getvalue()[start : start + length]


def jbig2_generic(mask: Mask, encoder: str) -> bytes | None:
    """The stencil as JBIG2, generic and so without loss; None where the encoder does not do it."""
    picture = BytesIO()
    _as_bits(mask).save(picture, "PNG", compress_level=1)
    command = [encoder, "-p", "/dev/stdin"]
    try:
        done = subprocess.run(
            command, input=picture.getvalue(), capture_output=True, timeout=JBIG2_DEADLINE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None  # G4 is always there
    return done.stdout or None


def stencils(part_of_book: bytes) -> list[Mask]:
    """The stencils of a page, unpacked again by another reader than wrote them."""
    with Pdf.open(BytesIO(part_of_book)) as pdf:
        images = pdf.pages[0].resources.get("/XObject", Dictionary())
        drawn = [image for _, image in sorted(images.items()) if isinstance(image, Stream)]
        inks = [image for image in drawn if INK in image]
        return [np.asarray(pikepdf.PdfImage(ink).as_pil_image().convert("L")) < 128 for ink in inks]


def _as_bits(mask: Mask) -> Pillow.Image:
    height, width = mask.shape
    return Pillow.frombytes("1", (width, height), np.packbits(~mask, axis=1).tobytes())


def _picture_page(layers: Layers) -> Pdf:
    """A page that is one JPEG: img2pdf puts it in as it is."""
    size = layers.size_pt
    layout = img2pdf.get_layout_fun(
        pagesize=size, imgsize=tuple((img2pdf.ImgSize.abs, side) for side in size)
    )
    return Pdf.open(BytesIO(img2pdf.convert(layers.pictures[0].data, layout_fun=layout, nodate=True)))


def _layered_page(layers: Layers, jbig2: str | None) -> Pdf:
    pdf = Pdf.new()
    page = pdf.add_blank_page(page_size=layers.size_pt)
    images = Dictionary()
    drawn = []
    for number, picture in enumerate(layers.pictures):
        name = f"/P{number}"
        images[name] = _jpeg(pdf, picture)
        drawn.append(_placed(name, _in_points(picture.box, layers)))
    for number, ink in enumerate(layers.inks):
        name = f"/I{number}"
        images[name] = _stencil(pdf, ink.mask, jbig2)
        colour = " ".join(f"{part / 255:.3f}" for part in ink.colour)
        drawn.append(f"{colour} rg\n" + _placed(name, [0, 0, *layers.size_pt]))
    page.obj.Resources = Dictionary(XObject=images)
    page.obj.Contents = pdf.make_stream("\n".join(drawn).encode())
    return pdf


def _placed(name: str, corners: Sequence[float]) -> str:
    left, bottom, right, top = (float(corner) for corner in corners)
    return f"q {right - left:.4f} 0 0 {top - bottom:.4f} {left:.4f} {bottom:.4f} cm {name} Do Q"


def _jpeg(pdf: Pdf, picture: Jpeg) -> Stream:
    return Stream(
        pdf,
        picture.data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width,
        Height=picture.height,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceRGB if picture.coloured else Name.DeviceGray,
        Filter=Name.DCTDecode,
    )


def _stencil(pdf: Pdf, mask: Mask, jbig2: str | None) -> Stream:
    height, width = mask.shape
    stencil = Stream(
        pdf,
        b"",
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=width,
        Height=height,
        BitsPerComponent=1,
        ImageMask=True,
    )
    stencil[INK] = True
    smaller = jbig2_generic(mask, jbig2) if jbig2 else None
    if smaller is not None:
        stencil.write(smaller, filter=Name.JBIG2Decode)
        return stencil
    how = Dictionary(K=-1, Columns=width, Rows=height, BlackIs1=False, EndOfBlock=True)
    stencil.write(g4(mask), filter=Name.CCITTFaxDecode, decode_parms=how)
    return stencil


def _in_points(box: Box, layers: Layers) -> list[float]:
    """A box of the page, whose top left is 0, 0, as PDF has it: bottom left."""
    scale = POINTS_PER_INCH / layers.dpi
    height = layers.height
    corners = (box.left, height - box.bottom, box.right, height - box.top)
    return [round(float(corner * scale), 4) for corner in corners]


def _bytes(pdf: Pdf) -> bytes:
    out = BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()
