"""The voice of the waiting room: a chime, then sentences spoken by espeak-ng, offline.

Everything that is to be heard in one call is joined into one WAV before the first sound, so nothing is
cut off or stretched between the sentences, and a voice that fails is known before the chime has sounded.
The player is any command that reads a WAV on standard input and ends when it has been heard (`aplay -q`).
No shell is involved, and the text reaches espeak-ng on its standard input: a leading "-" is just a dash.
"""

from __future__ import annotations

import cmath
import io
import math
import shutil
import subprocess
import wave
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from drivers.base import Lost, Missing, Phrase, Timeout

RATE_HZ = 22_050  # what espeak-ng's own voices speak at; mono, 16 bits
ENGINE = "espeak-ng"
VOICES: Mapping[str, str] = MappingProxyType({"id": "id", "en": "en"})

_LEAD_S = 0.15  # an amplifier or an HDMI screen needs a moment to wake
_AFTER_CHIME_S = 0.35
_BETWEEN_SENTENCES_S = 0.45
_TAIL_S = 0.3  # a player that stops with its buffer half full cuts this, not the last word

_QUIET = 150  # of 32,767: below this is silence
_MARGIN_S = 0.02  # kept around a sentence, so that a soft consonant is not trimmed away

_CHIME_NOTES_HZ = (523.25, 659.25, 783.99)  # C5, E5, G5
_CHIME_STEP_S = 0.38
_CHIME_RING_S = 1.1
_CHIME_ATTACK_S = 0.012
_CHIME_DECAY_PER_S = 5.5
_CHIME_LEVEL = 9_000  # of 32,767, at volume 100: softer than the voice

# espeak-ng reads "[[...]]" as phonemes; a room's name must not switch its voice to them.
_BRACKETS = str.maketrans("[]", "  ")

Samples: TypeAlias = "array[int]"  # quoted: Python 3.11 cannot subscript it


class EspeakSpeaker:
    """A loudspeaker behind a player command. Implements `drivers.base.Speaker`.

    It owns no thread and no queue: one caller, one call of `say` at a time. `close` may come from another
    thread; it ends what is being played, and `say` then raises Lost.
    """

    def __init__(  # noqa: PLR0913 - each one is a key of the configuration
        self,
        name: str = "speaker",
        *,
        player: Sequence[str] = ("aplay", "-q"),
        voices: Mapping[str, str] = VOICES,
        words_per_minute: int = 130,
        volume: int = 100,
        chime: bool = True,
        timeout_s: float = 5.0,
    ) -> None:
        """`voices`: language to espeak-ng voice, in the order in which the languages are spoken.

        `volume`: 0 to 200, 100 is normal. `timeout_s`: what espeak-ng may take for one sentence, and what
        the player may take beyond the length of the sound.
        """
        self._name = name
        self._player = tuple(player)
        self._voices = dict(voices)
        self._words_per_minute = words_per_minute
        self._volume = volume
        self._chime = chime
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""
        return self._name

    def connect(self) -> None:
        """See that the player is there and that each voice speaks, unheard. Raises Missing or Timeout."""
        self._closed = False
        if shutil.which(self._player[0]) is None:
            raise Missing(self._name, f"the player {self._player[0]!r} is not installed")
        for voice in self._voices.values():
            try:
                self._speak("a", voice)
            except Lost as error:
                raise Missing(self._name, error.detail) from error

    def close(self) -> None:
        """End what is being played, if anything is."""
        self._closed = True  # first this, then the look: `_run` does it the other way round
        process = self._process
        if process is not None:
            process.kill()

    def say(self, phrases: tuple[Phrase, ...], *, chime: bool = True) -> None:
        """Sound the chime, unless told not to, and speak the phrases; returns when the last word is spoken.

        Raises Missing where espeak-ng or the player is not installed, Lost where one of them fails, Timeout
        where it does not end (it is then killed), and ValueError for a language without a voice.
        """
        sound = self.synthesise(phrases, chime=chime)
        self._run(self._player, sound, seconds(sound) + self._timeout_s)

    def synthesise(self, phrases: tuple[Phrase, ...], *, chime: bool = True) -> bytes:
        """The same as a WAV (mono, 16 bits, 22,050 Hz), unheard. Blank phrases are left out."""
        parts = [_silence(_LEAD_S)]
        if self._chime and chime:
            parts += [_chime(self._volume), _silence(_AFTER_CHIME_S)]
        sentences = [_trimmed(self._speak(text, voice)) for text, voice in self._in_order(phrases)]
        for sentence in sentences:
            parts += [sentence, _silence(_BETWEEN_SENTENCES_S)]
        return _as_wav([*parts, _silence(_TAIL_S)])

    def _in_order(self, phrases: Iterable[Phrase]) -> list[tuple[str, str]]:
        """(text, voice) of each phrase: one language after the other, in the order of the voices."""
        languages = list(self._voices)
        for phrase in phrases:
            if phrase.language not in self._voices:
                raise ValueError(f"{self._name}: no voice for the language {phrase.language!r}")
        ordered = sorted(phrases, key=lambda phrase: languages.index(phrase.language))
        cleaned = [(_speakable(phrase.text), self._voices[phrase.language]) for phrase in ordered]
        return [(text, voice) for text, voice in cleaned if text]

    def _speak(self, text: str, voice: str) -> Samples:
        """One sentence as samples, with espeak-ng's own silence around it."""
        command = [ENGINE, "--stdin", "--stdout", "-b", "1", "-v", voice]
        command += ["-s", str(self._words_per_minute), "-a", str(self._volume)]
        sound = self._run(command, text.encode(), self._timeout_s)
        with wave.open(io.BytesIO(sound), "rb") as reader:
            if (reader.getnchannels(), reader.getsampwidth(), reader.getframerate()) != (1, 2, RATE_HZ):
                raise Lost(self._name, f"voice {voice!r} speaks at {reader.getframerate()} Hz, not {RATE_HZ}")
            return array("h", reader.readframes(reader.getnframes()))

    def _run(self, command: Sequence[str], given: bytes, timeout_s: float) -> bytes:
        """What `command` writes when it is given `given`; it never outlives this call."""
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise Missing(self._name, f"cannot start {command[0]!r}: {error.strerror}") from error
        with process:
            self._process = process
            try:
                if self._closed:
                    raise Lost(self._name, "closed")
                output, complaint = process.communicate(given, timeout_s)
            except subprocess.TimeoutExpired as error:
                raise Timeout(self._name, f"{command[0]} did not end within {timeout_s:.1f} s") from error
            finally:
                self._process = None
                process.kill()  # does nothing where it has ended
        if process.returncode != 0:
            raise Lost(self._name, f"{command[0]}: {_reason(complaint, process.returncode)}")
        return output


def seconds(sound: bytes) -> float:
    """How long a WAV lasts."""
    with wave.open(io.BytesIO(sound), "rb") as reader:
        return reader.getnframes() / reader.getframerate()


def _speakable(text: str) -> str:
    """`text` without what is not spoken: control characters, line ends and brackets become spaces."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.translate(_BRACKETS).split())


def _reason(complaint: bytes, returncode: int) -> str:
    """The last line that a program said on standard error, or how it ended."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"ended with {returncode}"


def _silence(duration_s: float) -> Samples:
    return array("h", bytes(2 * round(duration_s * RATE_HZ)))


def _trimmed(samples: Samples) -> Samples:
    """`samples` without the silence at both ends."""
    loud = (index for index, sample in enumerate(samples) if abs(sample) > _QUIET)
    first = next(loud, None)
    if first is None:
        return _silence(0)
    last = next(index for index in range(len(samples) - 1, -1, -1) if abs(samples[index]) > _QUIET)
    margin = round(_MARGIN_S * RATE_HZ)
    return samples[max(0, first - margin) : last + 1 + margin]


@cache
def _chime(volume: int) -> Samples:
    """Three rising notes, each ringing on under the next, like struck bars."""
    step, ring = round(_CHIME_STEP_S * RATE_HZ), round(_CHIME_RING_S * RATE_HZ)
    mixed = [0.0] * (step * (len(_CHIME_NOTES_HZ) - 1) + ring)
    for number, frequency_hz in enumerate(_CHIME_NOTES_HZ):
        for index, value in enumerate(_struck(frequency_hz, ring), start=number * step):
            mixed[index] += value
    level = _CHIME_LEVEL * volume / 100
    return array("h", (round(level * value) for value in mixed))


def _struck(frequency_hz: float, length: int) -> Iterator[float]:
    """One note between -1 and 1, with a soft attack, decaying to nothing: no click, no hard end.

    A number that turns and shrinks in the complex plane is a decaying sine; its square is the octave above.
    Two multiplications a sample, because a Pi computes this while it serves pages.
    """
    turn = cmath.exp(complex(-_CHIME_DECAY_PER_S, 2 * math.pi * frequency_hz) / RATE_HZ)
    attack = _CHIME_ATTACK_S * RATE_HZ
    point = complex(1)
    for index in range(length):
        yield min(1.0, index / attack) * (0.8 * point.imag + 0.2 * (point * point).imag)
        point *= turn


def _as_wav(parts: Iterable[Samples]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes(b"".join(part.tobytes() for part in parts))
    return buffer.getvalue()
