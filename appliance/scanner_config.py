"""The configuration of the scanner station: what scans, how long sessions last, how the PDF is handed over.

Every field's description is what `config init` and docs/configuration.md show.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from appliance.central_config import FilePath
from appliance.device_config import Pattern, Text
from appliance.durations import Duration, between
from appliance.toml_model import Table

_FREE_ADDRESSES = ("http://", "https://", "rtsp://", "/")


def _camera_address(value: str) -> str:
    if not value.startswith(_FREE_ADDRESSES):
        raise ValueError('must begin with "/dev/", "http://" or another "/"')
    return value


class Scanner(Table):
    """The scanner station: sessions, and the process that scans."""

    auto: bool = Field(
        True, description="The camera takes a page by itself once it lies still; the button works too."
    )
    searchable: bool = Field(
        False, description="Make the text of the pages searchable (Tesseract); costs time."
    )
    idle: Annotated[Duration, between("1m", "1h")] = Field(
        timedelta(minutes=10),
        description="A session in which nothing happens for so long is ended and erased.",
    )
    warn: Annotated[Duration, between("45s", "10m")] = Field(
        timedelta(minutes=1),
        description="So long before that the screen asks whether somebody is still there.",
    )
    longest: Annotated[Duration, between("10m", "8h")] = Field(
        timedelta(hours=3), description="No session lasts longer than this, whatever happens in it."
    )
    keep: Annotated[Duration, between("1m", "8h")] = Field(
        timedelta(minutes=30),
        description="A finished PDF is erased after this time, unless checkout comes first.",
    )
    memory: Annotated[int, Field(ge=256, le=4096)] = Field(
        768,
        description="Megabytes that the scanning process may use; with more it is ended and started anew.",
    )
    socket: FilePath | None = Field(
        None,
        description="Unix socket at which the service manager starts the scanning process; without it the "
        "front desk starts it itself.",
        examples=["/run/frontdesk-scan.sock"],
    )
    page_deadline: Annotated[Duration, between("10s", "10m")] = Field(
        timedelta(seconds=90),
        description="A page whose preparation takes longer is given up, and its photo kept.",
    )


class Flatbed(Table):
    """A flatbed scanner."""

    driver: Literal["sane"] = Field("sane", description="How the scanner is connected: through SANE.")
    device: Pattern = Field(
        description="Regular expression that fits the name, maker or model of this one scanner.",
        examples=["Canon"],
    )
    resolution: Annotated[int, Field(ge=75, le=1200)] = Field(300, description="Dots an inch.")
    colour: Literal["colour", "grey"] = Field(
        "colour", description="What is scanned; the page decides what is kept."
    )
    area: tuple[float, ...] | None = Field(
        None,
        description="Left, top, right and bottom in millimetres; without it the whole glass.",
        examples=[(0.0, 0.0, 210.0, 297.0)],
    )
    source: Text | None = Field(
        None, description="The scanner's name for its glass, where it has a feeder too.", examples=["Flatbed"]
    )
    sane_config: Text | None = Field(
        None,
        description="Folder of SANE's own configuration; with one backend in it the scanner is found sooner.",
        examples=["/etc/frontdesk/sane.d"],
    )
    deadline: Annotated[Duration, between("5s", "5m")] = Field(
        timedelta(seconds=60), description="A scan that takes longer is ended together with its process."
    )

    @field_validator("area")
    @classmethod
    def _is_a_box(cls, area: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if area is not None and (len(area) != 4 or not (area[0] < area[2] and area[1] < area[3])):
            raise ValueError("must be four numbers: left, top, right and bottom")
        return area


class Camera(Table):
    """A camera over the book."""

    driver: Literal["opencv"] = Field("opencv", description="How the camera is connected: through OpenCV.")
    address: Annotated[str, AfterValidator(_camera_address)] = Field(
        description="Pattern of the one device file, or the address of a stream (MJPEG).",
        examples=["/dev/v4l/by-id/usb-*-video-index0"],
    )
    width: Annotated[int, Field(ge=320, le=10000)] = Field(
        4000, description="Width of a picture that is asked for."
    )
    height: Annotated[int, Field(ge=240, le=10000)] = Field(3000, description="Height of a picture.")
    focus: float | None = Field(
        None,
        description="Focus, in the camera's own numbers; without it the camera finds it.",
        examples=[30.0],
    )
    exposure: float | None = Field(
        None,
        description="Exposure, in the camera's own numbers; without it the camera finds it.",
        examples=[157.0],
    )
    turn: Literal[0, 90, 180, 270] | None = Field(
        None,
        description="Degrees clockwise that bring a picture upright; without it the pages say so.",
        examples=[180],
    )
    timeout: Annotated[Duration, between("1s", "1m")] = Field(
        timedelta(seconds=5), description="A camera that gives no picture for so long is connected anew."
    )


class Delivery(Table):
    """How the PDF is handed over. The download on the local network is always there."""

    link: Annotated[Duration, between("1m", "1h")] = Field(
        timedelta(minutes=15), description="How long the QR code leads to the file."
    )
    usb: bool = Field(False, description="Offer to copy the file to a USB stick.")
    usb_devices: Text = Field(
        "/dev/disk/by-id/usb-*-part1", description="Pattern of the device files of sticks."
    )
    usb_mount: tuple[Text, ...] = Field(
        ("udisksctl", "mount", "--no-user-interaction", "-b", "{device}"),
        min_length=1,
        description="Command that mounts a stick; {device} and {folder} are put in.",
    )
    usb_unmount: tuple[Text, ...] = Field(
        ("udisksctl", "unmount", "--no-user-interaction", "-b", "{device}"),
        min_length=1,
        description="Command that unmounts it.",
    )
    usb_deadline: Annotated[Duration, between("5s", "10m")] = Field(
        timedelta(minutes=2), description="A stick that takes longer is given up."
    )
    email_host: Text | None = Field(
        None, description="SMTP relay; without it no e-mail is offered.", examples=["mail.example.org"]
    )
    email_port: Annotated[int, Field(ge=1, le=65535)] = Field(587, description="Port of the relay.")
    email_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the way to the relay is encrypted; `none` only for a relay on this machine.",
    )
    email_ca: Text | None = Field(
        None,
        description="File of the authority that vouches for the relay, where it is not a known one.",
        examples=["/etc/frontdesk/relay-ca.pem"],
    )
    email_user: Text | None = Field(
        None, description="Account at the relay, where it wants one.", examples=["pst"]
    )
    email_password_file: Text | None = Field(
        None,
        description="File that holds the account's password, and nothing else.",
        examples=["/etc/frontdesk/relay-password"],
    )
    email_sender: Text | None = Field(
        None,
        validate_default=True,
        description="Address that the e-mail comes from.",
        examples=["bps1373@example.org"],
    )
    email_limit: Annotated[int, Field(ge=1, le=50)] = Field(
        10, description="Megabytes that a message may have at most; the screen says so before."
    )
    email_timeout: Annotated[Duration, between("5s", "5m")] = Field(
        timedelta(seconds=30), description="Longest wait for the relay."
    )

    @field_validator("email_sender")
    @classmethod
    def _needed_for_mail(cls, sender: str | None, info: ValidationInfo) -> str | None:
        if sender is None and info.data.get("email_host") is not None:
            raise ValueError("is needed with email_host")
        return sender

    @field_validator("email_security")
    @classmethod
    def _only_here_in_the_clear(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and info.data.get("email_host") not in (None, "localhost", "127.0.0.1", "::1"):
            raise ValueError("may be none only for a relay on this machine")
        return security
