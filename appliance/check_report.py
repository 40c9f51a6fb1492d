"""What `frontdesk check` found, on a terminal of 80 columns in both languages, and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.examination import Result
from appliance.wording import Language, Wording

WIDTH = 80
_MARKS = {"good": "[ ok ]", "wait": "[ !  ]", "bad": "[ !! ]"}
_INDENT = " " * 7


@dataclass(frozen=True, slots=True)
class Voice:
    """The texts, in one language."""

    wording: Wording
    language: Language

    def text(self, key: str, **values: str | int) -> str:
        """One of them."""
        return self.wording.text(key, self.language, **values)


def as_json(results: Sequence[Result], voice: Voice) -> str:
    """For programs: a list. `said` is for them, `answer` and `do` are for the people that they show it to."""
    return json.dumps([_row(result, voice) for result in results], indent=2, ensure_ascii=False)


def as_text(results: Sequence[Result], voice: Voice, title: str) -> str:
    """For people: a paragraph a device, with what it said and what to do, and a line that sums it up."""
    if not results:
        return voice.text("check.no_devices")
    paragraphs = ["\n".join(_paragraph(result, voice)) for result in results]
    unwell = sum(not result.is_well for result in results)
    total = voice.text("check.unwell", n=unwell, of=len(results)) if unwell else voice.text("check.all_well")
    return "\n\n".join([title, *paragraphs, total])


def words_of(result: Result, voice: Voice) -> str:
    """What a device said, as one line."""
    return " ".join(voice.wording.say(message, voice.language) for message in result.said)


def advice_for(result: Result, voice: Voice) -> str:
    """What a person must do; empty where nothing."""
    if result.problem is None:
        return ""
    own = f"check.do.{result.device}.{result.problem}"
    return voice.text(own if own in voice.wording else f"device.{result.problem}.do")


def name_of(result: Result, voice: Voice) -> str:
    """The device, and what was done with it."""
    name = voice.text(f"device.name.{result.device}")
    return f"{name}, {voice.text(f'check.act.{result.act}')}" if result.act else name


def seconds_of(result: Result, voice: Voice) -> str:
    """How long it took."""
    number = f"{result.seconds:.2f}" if result.seconds >= 0.1 else f"{result.seconds:.3f}"
    return voice.text("check.seconds", n=number.replace(".", ",") if voice.language == "id" else number)


def _paragraph(result: Result, voice: Voice) -> Iterator[str]:
    state = "bad" if not result.is_well else "wait" if result.problem else "good"
    verdict = voice.text(f"device.{result.problem}.title") if result.problem else voice.text("check.well")
    yield from _wrapped(
        f"{_MARKS[state]} ", f"{name_of(result, voice)}: {verdict} ({seconds_of(result, voice)})"
    )
    if result.said:
        yield from _wrapped(_INDENT, words_of(result, voice))
    if result.detail:
        yield from _wrapped(_INDENT, voice.text("check.detail", detail=result.detail))
    if advice := advice_for(result, voice):
        yield from _wrapped(_INDENT, voice.text("check.do_this", advice=advice))


def _wrapped(beginning: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=beginning, subsequent_indent=_INDENT, break_on_hyphens=False
    )


def _row(result: Result, voice: Voice) -> dict[str, object]:
    return {
        "device": result.device,
        "act": result.act,
        "found": result.found,
        "well": result.is_well,
        "said": [{"code": m.key.removeprefix("check.said."), **m.values} for m in result.said],
        "answer": words_of(result, voice),
        "problem": result.problem,
        "detail": result.detail,
        "do": advice_for(result, voice),
        "seconds": result.seconds,
    }
