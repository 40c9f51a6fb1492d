"""What the office has promised in public: its service standard and its channels for complaints.

Word for word from the profile; here is only what a machine needs of it: an address that a phone can open, and
pieces short enough to be read aloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from appliance.office import Office

SECTIONS: Final = ("requirements", "procedure", "time", "cost", "product", "complaints")

LONGEST_PIECE: Final = 160  # characters: about ten seconds, after which a call may go before the next one
WORDS_A_MINUTE: Final = 100  # slower than any voice that is configured usually speaks, pauses included

ChannelKind = Literal["box", "website", "lapor", "email", "phone"]

# Not after the letter of a list ("a. Layanan").
_SENTENCE_ENDS = re.compile(r"(?<=\w\w[.!?;])\s+(?=[A-Z])")
_CLAUSE_ENDS = re.compile(r"(?<=,)\s+")


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to complain: as published, and what a phone opens (None: one goes there on foot)."""

    kind: ChannelKind
    published: str
    address: str | None


def channels(office: Office) -> list[Channel]:
    """The office's channels, each address once."""
    told = office.complaints
    links = [Channel(_kind(link, told.lapor), link, full_address(link)) for link in told.links]
    if told.lapor and told.lapor not in told.links:
        links.append(Channel("lapor", told.lapor, full_address(told.lapor)))
    return [
        Channel("box", told.suggestion_box, None),
        *links,
        Channel("email", told.email, f"mailto:{told.email}"),
        Channel("phone", told.phone, f"tel:{re.sub(r'[^0-9+]', '', told.phone)}"),
    ]


def _kind(link: str, lapor: str | None) -> ChannelKind:
    return "lapor" if link == lapor else "website"


def full_address(published: str) -> str:
    """What a phone can open: a link that was published without its scheme gets one; nothing else changes."""
    return published if "://" in published else f"https://{published}"


def paragraphs(office: Office, section: str) -> tuple[str, ...]:
    """One section of the standard as published. Raises KeyError for a section that there is not."""
    if section not in SECTIONS:
        raise KeyError(section)
    found: tuple[str, ...] = getattr(office.standard, section)
    return found


def pieces(texts: Iterable[str]) -> list[str]:
    """Paragraphs as what a voice says in one go: lines, then sentences, then clauses, none long."""
    return [
        piece
        for text in texts
        for line in text.splitlines()
        for sentence in _SENTENCE_ENDS.split(line.strip())
        for piece in _short(sentence)
        if piece
    ]


def reading_s(said: Iterable[str]) -> float:
    """About how long it takes to read this aloud, rather too long than too short."""
    return sum(len(piece.split()) for piece in said) * 60 / WORDS_A_MINUTE


def _short(sentence: str) -> Iterator[str]:
    """The sentence, cut at its commas where it is long, and between words where even that is too long."""
    held = ""
    for clause in _CLAUSE_ENDS.split(sentence):
        for part in _of_words(clause):
            if held and len(held) + 1 + len(part) > LONGEST_PIECE:
                yield held
                held = ""
            held = f"{held} {part}".strip()
    yield held


def _of_words(clause: str) -> Iterator[str]:
    held = ""
    for word in clause.split():
        if held and len(held) + 1 + len(word) > LONGEST_PIECE:
            yield held
            held = ""
        held = f"{held} {word}".strip()
    if held:
        yield held
