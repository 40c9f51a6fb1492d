"""What common ticket printers can do: a row a family, so that a configuration need only name it.

Widths, knives and QR codes are those of python-escpos' own descriptions where it has one (`escpos`; a test
compares them). The other rows are what printers of that family are known for; none was held against its
maker's manual or tried on the printer. Whatever the configuration says itself goes before a row.

All print the ASCII half of code page 437 and raster pictures (GS v 0); nothing else is sent to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

DOTS_PER_COLUMN: Final = 12  # font A
Confirm = bool | Literal["auto"]
Paper = Literal["58mm", "80mm"]
Model = Literal[
    "generic-80mm",
    "generic-58mm",
    "epson-tm-t20",
    "epson-tm-t82",
    "epson-tm-t88",
    "epson-tm-m30",
    "bixolon-srp-350",
    "hprt-tp80",
    "xprinter-xp-80",
    "xprinter-xp-58",
    "zjiang-zj-8220",
    "zjiang-zj-5870",
    "zjiang-zj-5890",
]


@dataclass(frozen=True, slots=True)
class PrinterModel:
    """A family of printers. `dots` is the width that is printed on; `escpos` its name in python-escpos."""

    paper: Paper
    dots: int
    cutter: bool
    native_qr: bool
    confirm: Confirm
    answers_status: bool
    escpos: str | None = None

    @property
    def columns(self) -> int:
        """Characters on a line."""
        return self.dots // DOTS_PER_COLUMN


GENERIC: Final[dict[Paper, Model]] = {"58mm": "generic-58mm", "80mm": "generic-80mm"}

#   name                          paper   dots  knife  QR     GS ( H  answers  python-escpos
MODELS: Final[dict[Model, PrinterModel]] = {
    "generic-80mm":   PrinterModel("80mm", 576, True,  True,  "auto", True,  None),
    "generic-58mm":   PrinterModel("58mm", 384, False, False, False,  False, "POS-5890"),
    "epson-tm-t20":   PrinterModel("80mm", 576, True,  True,  True,   True,  "TM-T20II"),
    "epson-tm-t82":   PrinterModel("80mm", 576, True,  True,  True,   True,  "TM-T20II"),
    "epson-tm-t88":   PrinterModel("80mm", 512, True,  True,  "auto", True,  "TM-T88IV"),
    "epson-tm-m30":   PrinterModel("80mm", 576, True,  True,  True,   True,  None),
    "bixolon-srp-350": PrinterModel("80mm", 512, True, True,  "auto", True,  None),
    "hprt-tp80":      PrinterModel("80mm", 576, True,  True,  "auto", True,  None),
    "xprinter-xp-80": PrinterModel("80mm", 576, True,  True,  "auto", True,  None),
    "xprinter-xp-58": PrinterModel("58mm", 384, False, False, False,  False, "POS-5890"),
    "zjiang-zj-8220": PrinterModel("80mm", 576, True,  True,  "auto", True,  None),
    "zjiang-zj-5870": PrinterModel("58mm", 384, False, False, False,  False, "ZJ-5870"),
    "zjiang-zj-5890": PrinterModel("58mm", 384, False, False, False,  False, "NT-5890K"),
}  # fmt: skip
