"""What an office decides about photocopies, requests and its reading room: tables of its profile.

All of it is a proposal until the office decides; the published standards name neither times nor numbers.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from appliance.toml_model import Table

Text = Annotated[str, Field(min_length=1)]


class CopyPlace(Table):
    """Where photocopies are made, in both languages."""

    id: Text = "koperasi"
    en: Text = "the cooperative"


class Photocopying(Table):
    """The table [photocopy]: where, how long a book may be out, and how much one form may ask for."""

    place: CopyPlace = CopyPlace()
    minutes: Annotated[int, Field(ge=5, le=480)] = 60  # until the book should be back; never after closing
    most_pages: Annotated[int, Field(ge=1, le=2000)] = 200  # of one form
    most_copies: Annotated[int, Field(ge=1, le=100)] = 10


class Requests(Table):
    """The table [requests]: what can be asked for when it was not found."""

    consultation: bool = False  # an officer answers, here or by the online service
    softcopy: bool = False  # the office sends a publication by e-mail
    online_url: Text | None = None  # of the online service, shown as a QR code beside the consultation


class ReadingRoom(Table):
    """The table [reading_room]; without it nobody counts who reads."""

    seats: Annotated[int, Field(ge=1, le=500)]
    longest_minutes: Annotated[int, Field(ge=15, le=720)] = 240  # after that the desk is told
