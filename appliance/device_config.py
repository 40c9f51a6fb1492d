"""The configuration of the devices: a table each, and what its driver needs to know.

Every field's description is what `config init` and docs/configuration.md show.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

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


class Locker(Table):
    """One locker."""

    name: Annotated[str, Field(min_length=1, max_length=8)] = Field(
        description="What stands on its door.", examples=["1"]
    )
    pin: Pin = Field(description="GPIO number (BCM) of the lock.", examples=[5])
    active: Level = Field("high", description="Level of the pin that energises the lock.")
    contact_pin: Pin | None = Field(None, description="GPIO number of the door contact.", examples=[6])
    contact: Level = Field("low", description="Level of the contact's pin while the door is closed.")


class Lockers(Table):
    """Lockers that open by a pulse."""

    driver: Literal["gpiozero"] = Field("gpiozero", description="How the locks are connected.")
    chip: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Number of the gpiochip; without it gpiozero finds the header's.", examples=[0]
    )
    max_pulse: Annotated[Duration, between("50ms", "2s")] = Field(
        timedelta(seconds=1), description="A lock is never energised for longer than this."
    )
    pulse: Annotated[Duration, between("50ms", "2s")] = Field(
        timedelta(milliseconds=500), description="How long a lock is energised to open."
    )
    gap: Annotated[Duration, between("0s", "5s")] = Field(
        timedelta(milliseconds=300), description="Pause between two locks, for the power supply."
    )
    open_within: Annotated[Duration, between("500ms", "30s")] = Field(
        timedelta(seconds=3), description="The door contact must say open within this time after the pulse."
    )
    unlock_expires: Annotated[Duration, between("1s", "30s")] = Field(
        timedelta(seconds=5), description="An unlocking that was not carried out by then never is."
    )
    locker: tuple[Locker, ...] = Field(min_length=1, description="One table for each locker.")

    @field_validator("pulse")
    @classmethod
    def _within_maximum(cls, pulse: timedelta, info: ValidationInfo) -> timedelta:
        if "max_pulse" in info.data and pulse > info.data["max_pulse"]:
            raise ValueError("is longer than max_pulse")
        return pulse


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
