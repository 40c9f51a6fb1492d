"""The configuration of the devices: a table each, and what its driver needs to know.

Every field's description is what `config init` and docs/configuration.md show.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from appliance.durations import Duration, between
from appliance.toml_model import Table
from appliance.wording import Language

PINS = range(28)  # the header's GPIO numbers (BCM), on every Raspberry Pi with 40 pins


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return value


Text = Annotated[str, Field(min_length=1)]
Pin = Annotated[int, Field(ge=PINS.start, le=PINS.stop - 1)]
Level = Literal["low", "high"]
Pattern = Annotated[str, AfterValidator(_pattern)]


class Button(Table):
    """One push button."""

    service: Annotated[str, Field(min_length=1, max_length=1)] = Field(
        description="Letter of the service whose ticket it gives.", examples=["P"]
    )
    pin: Pin = Field(description="GPIO number (BCM) of the contact.", examples=[17])
    active: Level = Field("low", description="Level of the pin while the button is pressed.")
    lamp_pin: Pin | None = Field(None, description="GPIO number of the lamp in the button.", examples=[27])


class Buttons(Table):
    """Push buttons on the Raspberry Pi's pins, one for each service."""

    driver: Literal["gpiozero"] = Field("gpiozero", description="How the buttons are connected.")
    chip: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Number of the gpiochip; without it gpiozero finds the header's.", examples=[0]
    )
    debounce: Annotated[Duration, between("1ms", "50ms")] = Field(
        timedelta(milliseconds=5), description="A contact must be still for this long to count."
    )
    window: Annotated[Duration, between("0s", "10s")] = Field(
        timedelta(milliseconds=1500), description="A second press within this time gives no second ticket."
    )
    button: tuple[Button, ...] = Field(min_length=1, description="One table for each button.")


class CardReader(Table):
    """The contactless card reader at the desk."""

    driver: Literal["pcsc"] = Field("pcsc", description="How the reader is connected: through pcscd.")
    reader: Pattern = Field("PICC", description="Regular expression that the reader's PC/SC name contains.")
    timeout: Annotated[Duration, between("100ms", "30s")] = Field(
        timedelta(seconds=3), description="Longest wait for an answer of a card."
    )


class Voice(Table):
    """The loudspeaker in the waiting room."""

    driver: Literal["espeak"] = Field("espeak", description="What speaks: espeak-ng, without the internet.")
    languages: tuple[Language, ...] = Field(
        ("id",), min_length=1, description="Languages of a call, spoken one after the other."
    )
    player: tuple[Text, ...] = Field(
        ("aplay", "-q"), min_length=1, description="Program that plays sound from its standard input."
    )
    speed: Annotated[int, Field(ge=80, le=300)] = Field(130, description="Words in a minute.")
    volume: Annotated[int, Field(ge=0, le=200)] = Field(
        100, description="Loudness of the voice; 100 is usual."
    )
    chime: bool = Field(True, description="Sound a chime before each call.")
