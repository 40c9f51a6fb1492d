"""Finds the code of a ticket in a picture."""

from __future__ import annotations

import re

import numpy as np
import zxingcpp
from numpy.typing import NDArray

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_TOKEN = re.compile(r"/v/([A-Za-z0-9_-]{22})$")


def ticket_token(picture: NDArray[np.uint8]) -> str | None:
    """The token of the first ticket's QR code in a grey picture; None where there is none."""
    for code in zxingcpp.read_barcodes(picture, formats=_QR):
        if found := _TOKEN.search(code.text):
            return found[1]
    return None
