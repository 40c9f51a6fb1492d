"""From what somebody types to publications: as they type, newest first, forgiving of spelling.

Four rounds, each only when the one before has found nothing: all words as they stand (the last one may be
unfinished); all words as beginnings; all words, each as the nearest that occurs in a title; any of the words,
most of them first. Within a round the newest come first.

No text makes SQLite complain: words are letters and digits only, and each stands in quotation marks.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import distance, process

from appliance.catalogue.answers import Publication
from appliance.catalogue.shelf import as_publication

MOST_FOUND: Final = 40
LONGEST_QUERY: Final = 200  # letters that are looked at
MOST_WORDS: Final = 8
COUNTED: Final = 200  # beyond it is "more than 200"

_WORD: Final = re.compile(r"[^\W_]+")
_SHORTEST_MENDED: Final = 4  # letters: shorter words are near to everything
# Words that are in nearly every question and tell nothing about a title.
_EMPTY: Final = frozenset(
    ("di", "ke", "dari", "yang", "dan", "atau", "untuk", "tentang", "the", "of", "in", "and", "a", "an")
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `more`: more than COUNTED; `mended`: the words that were looked for instead."""

    publications: tuple[Publication, ...]
    count: int
    more: bool
    mended: str = ""


NOTHING_FOUND: Final = Found((), 0, more=False)


def words_of(text: str) -> list[str]:
    """The words of a question: small letters and digits without accents, at most MOST_WORDS."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_QUERY].casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    found = list(dict.fromkeys(_WORD.findall(letters)))
    telling = [word for word in found if word not in _EMPTY]
    return (telling or found)[:MOST_WORDS]


def search(
    db: sqlite3.Connection,
    vocabulary: Sequence[str],
    text: str,
    *,
    domain: str | None = None,
    most: int = MOST_FOUND,
) -> Found:
    """The publications for a question, of one domain or of all; the newest of all for an empty one."""
    words = words_of(text)
    place = f'place : "d{domain}"' if domain and domain.isalnum() else ""
    if not words:
        return _newest(db, domain, most)
    for question in _questions(words):
        found = _ask(db, question, place, most)
        if found.count:
            return found
    mended = [_nearest(word, vocabulary) for word in words]
    if mended != words and (found := _ask(db, _all(mended), place, most)).count:
        return Found(found.publications, found.count, found.more, mended=" ".join(mended))
    return _any(db, mended, place, most) if len(words) > 1 else NOTHING_FOUND


def vocabulary_of(db: sqlite3.Connection) -> list[str]:
    """The words of all titles: those that a misspelt one can be meant for."""
    rows = db.execute(
        "SELECT term FROM vocabulary WHERE col = 'title' AND length(term) >= ?", (_SHORTEST_MENDED,)
    )
    return [row["term"] for row in rows if not row["term"].isdigit()]


# ---------------------------------------------------------------------------------------- questions


def _questions(words: Sequence[str]) -> Iterator[str]:
    *whole, last = words
    yield " AND ".join([*(f'"{word}"' for word in whole), f'"{last}" *'])
    if whole:
        yield _all(words)


def _all(words: Sequence[str]) -> str:
    return " AND ".join(f'"{word}" *' for word in words)


def _ask(db: sqlite3.Connection, question: str, place: str, most: int) -> Found:
    match = f"title : ({question})" + (f" AND {place}" if place else "")
    numbers = [
        row[0]
        for row in db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (match, COUNTED + 1)
        )
    ]
    return _shown(db, numbers, most)


def _any(db: sqlite3.Connection, words: Sequence[str], place: str, most: int) -> Found:
    """Publications that have most of the words: at least half of them."""
    hits: dict[int, int] = {}
    for word in words:
        match = f'title : ("{word}" *)' + (f" AND {place}" if place else "")
        for row in db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (match, COUNTED)
        ):
            hits[row[0]] = hits.get(row[0], 0) + 1
    enough = [number for number, count in hits.items() if count * 2 >= len(words)]
    return _shown(db, sorted(enough, key=lambda number: (-hits[number], -number)), most)


def _newest(db: sqlite3.Connection, domain: str | None, most: int) -> Found:
    rows = db.execute(
        "SELECT number FROM publication WHERE ?1 IS NULL OR domain = ?1 ORDER BY number DESC LIMIT ?2",
        (domain, most),
    )
    return _shown(db, [row[0] for row in rows], most)


def _shown(db: sqlite3.Connection, numbers: Sequence[int], most: int) -> Found:
    chosen = numbers[:most]
    marks = ", ".join("?" * len(chosen))
    rows = db.execute(f"SELECT * FROM publication WHERE number IN ({marks})", chosen).fetchall()
    by_number = {row["number"]: as_publication(row) for row in rows}
    return Found(
        tuple(by_number[number] for number in chosen if number in by_number),
        min(len(numbers), COUNTED),
        more=len(numbers) > COUNTED,
    )


def _nearest(word: str, vocabulary: Sequence[str]) -> str:
    """The word of a title that is meant: one slip in four to seven letters, two in more."""
    if len(word) < _SHORTEST_MENDED or word.isdigit():
        return word
    slips = 1 if len(word) < 8 else 2
    best = process.extractOne(
        word, vocabulary, scorer=distance.OSA.distance, score_cutoff=slips, processor=None
    )
    return best[0] if best else word
