"""A loudspeaker that keeps what it plays: a program that stands where `aplay` stands, below the real speaker.

    python player.py FOLDER [--speed 1] [--keep 20]  < sound.wav

It takes as long as the sound lasts, keeps the sound as a WAV in FOLDER, and notes in FOLDER/played.jsonl
when it began and when it ended (monotonic, so comparable with every other process of this boot). As a sound
card does, it refuses a second sound while one is being played. Two faults are switched on by a file in FOLDER
(`set_fault`): `unplugged` fails as aplay does without a sound card, `stuck` never ends.

It is started for every call and imports little. `command`, `played` and `set_fault` are for its starter.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import os
import sys
import time
import wave
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict

Fault = Literal["unplugged", "stuck"]

_LOG = "played.jsonl"
_FAULT = "fault"
_STUCK_S = 3_600


class Played(NamedTuple):
    """One sound. `ended_ns` is None while it is being played, and for ever where its player was killed."""

    file: Path
    seconds: float
    began_ns: int
    ended_ns: int | None


class _Note(TypedDict):
    """One line of the log."""

    event: Literal["began", "ended"]
    file: str
    seconds: float
    at_ns: int


def command(folder: Path, *, speed: float = 1.0, keep: int = 20) -> tuple[str, ...]:
    """The command line of a player that keeps the last `keep` sounds in `folder`; `speed` 1 is as in life."""
    # Isolated: the modules beside this file must not stand in for the standard library's.
    python = (sys.executable, "-I", str(Path(__file__).resolve()))
    return (*python, str(folder), "--speed", str(speed), "--keep", str(keep))


def played(folder: Path) -> tuple[Played, ...]:
    """The sounds that are kept in `folder`, the oldest first."""
    notes = _notes(folder)
    ends = {note["file"]: note["at_ns"] for note in notes if note["event"] == "ended"}
    return tuple(
        Played(folder / note["file"], note["seconds"], note["at_ns"], ends.get(note["file"]))
        for note in notes
        if note["event"] == "began"
    )


def set_fault(folder: Path, fault: Fault | None) -> None:
    """Switch a fault on for every sound from now on, or off again."""
    if fault is None:
        (folder / _FAULT).unlink(missing_ok=True)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FAULT).write_text(fault)


def main() -> int:
    """Play one sound from standard input. Exit 1, with the reason on standard error, as aplay does."""
    parser = argparse.ArgumentParser(description="Play a WAV from standard input without a loudspeaker.")
    parser.add_argument("folder", type=Path, help="where the sounds are kept")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as life")
    parser.add_argument("--keep", type=int, default=20, help="how many sounds are kept")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    fault = _fault(folder)
    if fault == "unplugged":
        return _fail("audio open error: No such file or directory")
    with (folder / "lock").open("w") as card:
        try:
            fcntl.flock(card, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _fail("audio open error: Device or resource busy")
        return _play(folder, options.speed, options.keep, stuck=fault == "stuck")


def _play(folder: Path, speed: float, keep: int, *, stuck: bool) -> int:
    """Play what standard input holds; the card is ours."""
    sound = sys.stdin.buffer.read()
    try:
        duration_s = _duration_s(sound)
    except (wave.Error, EOFError) as error:
        return _fail(f"read error: {error}")
    file = folder / f"{_last_number(folder) + 1:06d}.wav"
    file.write_bytes(sound)
    _forget_all_but(folder, keep)
    _note(folder, "began", file.name, duration_s)
    time.sleep(_STUCK_S if stuck else duration_s / speed)
    _note(folder, "ended", file.name, duration_s)
    return 0


def _duration_s(sound: bytes) -> float:
    """How long the WAV lasts. Raises wave.Error where it is none, or shorter than it says."""
    with wave.open(io.BytesIO(sound), "rb") as reader:
        frames = reader.getnframes()
        arrived = len(reader.readframes(frames)) // (reader.getnchannels() * reader.getsampwidth())
        if arrived != frames:
            raise wave.Error(f"{arrived} of {frames} frames")
        return frames / reader.getframerate()


def _fault(folder: Path) -> str:
    try:
        return (folder / _FAULT).read_text()
    except FileNotFoundError:
        return ""


def _last_number(folder: Path) -> int:
    return max((int(file.stem) for file in folder.glob("*.wav")), default=0)


def _forget_all_but(folder: Path, keep: int) -> None:
    """Delete the oldest sounds and their notes."""
    for file in sorted(folder.glob("*.wav"))[:-keep]:
        file.unlink()
    kept = [json.dumps(note) + "\n" for note in _notes(folder) if (folder / note["file"]).exists()]
    fresh = folder / f"{_LOG}.new"
    fresh.write_text("".join(kept))
    fresh.replace(folder / _LOG)  # a reader sees the old notes or the new ones, never half of them


def _notes(folder: Path) -> list[_Note]:
    try:
        lines = (folder / _LOG).read_text().splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def _note(folder: Path, event: Literal["began", "ended"], file: str, duration_s: float) -> None:
    note = _Note(event=event, file=file, seconds=round(duration_s, 3), at_ns=time.monotonic_ns())
    line = json.dumps(note) + "\n"
    log = os.open(folder / _LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(log, line.encode())
    finally:
        os.close(log)


def _fail(reason: str) -> int:
    sys.stderr.write(f"player: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
