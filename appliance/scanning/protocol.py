"""What the front desk and its scanning process say to each other: one JSON object a line.

The front desk writes commands ({"do": ...}) to the process's standard input, and the process messages
({"is": ...}) to its standard output. docs/scanning/station.md lists all of them. Pictures of pages never go
this way: they are files; only the small live picture does, in base64.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from appliance.config import Config

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CameraSetup:
    """The camera, as configured."""

    address: str
    width: int
    height: int
    focus: float | None
    exposure: float | None
    turn: int | None
    timeout_s: float


@dataclass(frozen=True, slots=True)
class FlatbedSetup:
    """The flatbed, as configured."""

    device: str
    resolution: int
    colour: str
    area_mm: tuple[float, ...] | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Setup:
    """What a scanning process has to know before anything else."""

    camera: CameraSetup | None
    flatbed: FlatbedSetup | None
    auto: bool
    searchable: bool
    memory_mb: int

    def as_line(self) -> Line:
        """For the first line."""
        return {"do": "set_up", **asdict(self)}

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """Out of the first line."""
        camera, flatbed = line["camera"], line["flatbed"]
        if flatbed and flatbed["area_mm"] is not None:
            flatbed = {**flatbed, "area_mm": tuple(flatbed["area_mm"])}
        return cls(
            CameraSetup(**camera) if camera else None,
            FlatbedSetup(**flatbed) if flatbed else None,
            line["auto"],
            line["searchable"],
            line["memory_mb"],
        )


def setup_of(config: Config) -> Setup | None:
    """The set-up that a configuration asks for; None where there is no station."""
    scanner, camera, flatbed = config.scanner, config.camera, config.flatbed
    if scanner is None:
        return None
    return Setup(
        camera=None
        if camera is None
        else CameraSetup(
            camera.address,
            camera.width,
            camera.height,
            camera.focus,
            camera.exposure,
            camera.turn,
            camera.timeout.total_seconds(),
        ),
        flatbed=None
        if flatbed is None
        else FlatbedSetup(flatbed.device, flatbed.resolution, flatbed.colour, flatbed.area, flatbed.source),
        auto=scanner.auto,
        searchable=scanner.searchable,
        memory_mb=scanner.memory,
    )


def encode(line: Line) -> bytes:
    """One line, with its end."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Line:
    """What a line says. Raises ValueError for a line that is none of ours."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("not a message")
    return data
