"""The configuration of the ticket printer: how it is connected, which one it is, what it can do.

Every field's description is what `config init` and docs/configuration.md show.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from appliance.device_config import Pattern, Text
from appliance.durations import Duration, between
from appliance.printer_models import GENERIC, MODELS, Confirm, Model, Paper, PrinterModel
from appliance.toml_model import Table


def _usb_id(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{4}", value):
        return int(value, 16)
    if type(value) is int and 0 <= value <= 0xFFFF:
        return value
    raise ValueError('must be four hexadecimal digits in quotation marks, as "04b8"')


def _as_lsusb(number: int | None) -> str | None:
    return None if number is None else f"{number:04x}"


def _confirm(value: object) -> Confirm | None:
    if value is None or value == "auto" or isinstance(value, bool):
        return value
    raise ValueError('must be true, false or "auto"')


UsbId = Annotated[int, BeforeValidator(_usb_id)]
OptionalUsbId = Annotated[UsbId | None, PlainSerializer(_as_lsusb, return_type=str | None)]

_DRIVER = "How the printer is connected: `escpos-network`, `escpos-usb` or `escpos-serial`."
_AS_MODEL = " Without it as the model."


class _Escpos(Table):
    driver: str = Field(description=_DRIVER)
    model: Model | None = Field(
        None,
        description="Which family of printers it is: says the keys below that are left out. Without it a "
        "generic one of the paper's width.",
        examples=["epson-tm-t20"],
    )
    paper: Paper | None = Field(
        None, description="Width of the paper roll. Without it as the model, else 80 mm.", examples=["80mm"]
    )
    native_qr: bool | None = Field(
        None,
        description=f"The printer draws QR codes itself; false: sent as a picture.{_AS_MODEL}",
        examples=[True],
    )
    cutter: bool | None = Field(
        None,
        description=f"The printer has a cutter; false: it feeds to the tear bar.{_AS_MODEL}",
        examples=[True],
    )
    confirm: Annotated[Confirm | None, PlainValidator(_confirm)] = Field(
        None,
        description="The printer says when a ticket is out (GS ( H; Epson TM-T20 and later): true, false, or "
        f'"auto" to find out.{_AS_MODEL}',
        examples=["auto"],
    )
    answers_status: bool | None = Field(
        None,
        description=f"The printer answers when it is asked for its paper (DLE EOT).{_AS_MODEL}",
        examples=[True],
    )
    timeout: Annotated[Duration, between("100ms", "30s")] = Field(
        timedelta(seconds=3), description="Longest wait for an answer of the printer."
    )

    @property
    def abilities(self) -> PrinterModel:
        """What this printer can do: its model's row, with what the file says itself put in."""
        row = MODELS[self.model or GENERIC[self.paper or "80mm"]]
        if self.paper not in (None, row.paper):  # a narrow roll in a wide printer
            row = replace(row, paper=self.paper, dots=MODELS[GENERIC[self.paper]].dots)
        said = {
            name: value
            for name in ("native_qr", "cutter", "confirm", "answers_status")
            if (value := getattr(self, name)) is not None
        }
        return replace(row, **said)


class EscposNetwork(_Escpos):
    """A ticket printer on the network."""

    driver: Literal["escpos-network"] = Field(description=_DRIVER, examples=["escpos-network"])
    host: Text = Field(description="The printer's address.", examples=["192.168.1.50"])
    port: Annotated[int, Field(ge=1, le=65535)] = Field(9100, description="The printer's port.")


class EscposUsb(_Escpos):
    """A ticket printer on USB."""

    driver: Literal["escpos-usb"] = Field(description=_DRIVER, examples=["escpos-usb"])
    vendor: OptionalUsbId = Field(
        None, description="USB vendor id, the first number that `lsusb` shows.", examples=["04b8"]
    )
    product: OptionalUsbId = Field(None, description="USB product id, the second one.", examples=["0e15"])
    serial: Text | None = Field(
        None, description="Its serial number: for two printers of one kind.", examples=["X3AB012345"]
    )
    match: Pattern | None = Field(
        None,
        description='Regular expression found in "vendor:product maker name serial", instead of the numbers '
        "or besides them.",
        examples=["EPSON TM-T20"],
    )

    @model_validator(mode="after")
    def _is_named(self) -> EscposUsb:
        if (self.vendor is None) != (self.product is None):
            raise ValueError("vendor and product belong together: the two numbers that `lsusb` shows")
        if self.vendor is None and self.serial is None and self.match is None:
            raise ValueError("does not say which USB device it is: vendor and product, serial, or match")
        return self


class EscposSerial(_Escpos):
    """A ticket printer on a serial line."""

    driver: Literal["escpos-serial"] = Field(description=_DRIVER, examples=["escpos-serial"])
    path: Text = Field(description="Device file of the serial line.", examples=["/dev/ttyUSB0"])
    baudrate: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = Field(
        9600, description="Speed, as on the printer's self-test."
    )


Printer = Annotated[EscposNetwork | EscposUsb | EscposSerial, Field(discriminator="driver")]
