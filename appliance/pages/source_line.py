"""The line that names the source, small, on the margin of the first page, where nothing is printed."""

from __future__ import annotations

from typing import Final

from pikepdf import Array, Dictionary, Name, Page, Pdf

SIZE = 6.5  # points
LEADING = 8.0
EDGE = 12.0  # from the side of the page
AIR = 4.0  # from the print

# The widths of Helvetica, of the signs from the space to the tilde, in thousandths of its size.
_WIDTHS: Final = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
    "556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 "
    "556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584 "
)
WIDTHS = dict(zip(map(chr, range(32, 127)), map(int, _WIDTHS.split()), strict=True))
BROADEST = 1015  # for signs that are not among them


def draw(pdf: Pdf, page: Page, words: str) -> None:
    """Put the words below the print, or above it; where there is no room the page grows by a strip."""
    left, bottom, right, top = (float(corner) for corner in page.mediabox)
    lines = wrapped(words, right - left - 2 * EDGE)
    height = len(lines) * LEADING + AIR
    print_bottom, print_top = _print(page, bottom, top)
    if print_bottom - bottom >= EDGE + height:
        baseline = bottom + EDGE + (len(lines) - 1) * LEADING
    elif top - print_top >= EDGE + height:
        baseline = top - EDGE - SIZE
    else:
        bottom -= EDGE + height
        page.obj.MediaBox = Array([left, round(bottom, 3), right, top])
        baseline = bottom + EDGE + (len(lines) - 1) * LEADING
    font = page.add_resource(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
        ),
        Name.Font,
        prefix="Source",
    )
    shown = [f"q 0.25 g BT {font} {SIZE} Tf {LEADING} TL {left + EDGE:.2f} {baseline:.2f} Td"]
    shown += [f"<{line.encode('cp1252', 'replace').hex()}> Tj T*" for line in lines]
    page.contents_add("\n".join([*shown, "ET Q"]).encode(), prepend=False)


def wrapped(words: str, width: float) -> list[str]:
    """The words in lines that are no broader than the width; a longer word stands alone."""
    lines: list[str] = []
    for word in words.split():
        if lines and _width(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _width(line: str) -> float:
    return sum(WIDTHS.get(sign, BROADEST) for sign in line) * SIZE / 1000


def _print(page: Page, bottom: float, top: float) -> tuple[float, float]:
    """Between which heights there is print; nowhere on a blank page."""
    if "/ArtBox" not in page.obj:
        return top, top
    return max(bottom, float(page.artbox[1])), min(top, float(page.artbox[3]))
