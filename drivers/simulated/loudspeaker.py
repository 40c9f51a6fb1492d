"""The loudspeaker of a simulated front desk: what it was given to play, and what can be wrong with it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from drivers.simulated import player

SPEAKER_FAULTS: Final[Mapping[str, player.Fault]] = {fault: fault for fault in get_args(player.Fault)}

_PATIENCE_S = 1.0  # by which a sound may outlast its length


@dataclass(frozen=True, slots=True)
class Sound:
    """Something that the loudspeaker was given. It has `ended` when it was heard to its last word."""

    number: int
    seconds: float
    age_s: float  # since its beginning
    ended: bool

    @property
    def is_playing(self) -> bool:
        """True while it can still be heard."""
        return not self.ended and self.age_s < self.seconds + _PATIENCE_S


class Loudspeaker:
    """A view on the folder of `drivers.simulated.player`, which does the playing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fault: str | None = None

    def start(self) -> None:
        """Forget what an earlier run played: its times mean nothing now."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    @property
    def command(self) -> tuple[str, ...]:
        """The command line of the player."""
        return player.command(self._folder)

    @property
    def sounds(self) -> tuple[Sound, ...]:
        """What it was given, newest first, at most twenty."""
        now_ns = time.monotonic_ns()
        return tuple(
            Sound(int(one.file.stem), one.seconds, (now_ns - one.began_ns) / 1e9, one.ended_ns is not None)
            for one in reversed(player.played(self._folder))
        )

    def wav(self, number: int) -> bytes:
        """One of `sounds`. Raises KeyError."""
        try:
            return (self._folder / f"{number:06d}.wav").read_bytes()
        except FileNotFoundError:
            raise KeyError(number) from None

    @property
    def faults(self) -> dict[str, bool]:
        """Each fault that it can have, and whether it has it."""
        return {name: name == self._fault for name in SPEAKER_FAULTS}

    def set_fault(self, name: str, on: bool) -> None:
        """Switch a fault on, in the place of another, or off. Raises KeyError."""
        fault = SPEAKER_FAULTS[name]
        if on:
            player.set_fault(self._folder, fault)
            self._fault = name
        elif self._fault == name:
            player.set_fault(self._folder, None)
            self._fault = None
