"""`frontdesk bench catalogue`: the copy of many publications, and what a search in it takes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from appliance.catalogue import search
from appliance.catalogue.answers import Publication
from appliance.catalogue.shelf import Shelf

_DOMAIN: Final = "0000"
_PAGE: Final = 100
_KINDS: Final = (
    "{place} Dalam Angka {year}",
    "Statistik {subject} {place} {year}",
    "Indikator {subject} {place} {year}",
    "Profil {subject} dan {subject2} {place} {year}",
    "Laporan Hasil Survei {subject} {place} {year}",
    "Direktori Perusahaan {subject} {place} {year}",
)
_SYLLABLES: Final = [first + last for first in "bcdgjklmnprstwy" for last in "aiu"]
_QUESTIONS: Final = (
    "dalam angka 2025",
    "sawahlunto dalam angka",
    "statistik kemiskinan",
    "indikator kesejahteraan rakyat 2019",
    "profil ketenagakerjaan",
    "perdagangan luar negeri",
    "kemiskinnan",  # misspelt
    "sawahlnto dalam agka",
    "statistk kesehatn 2020",
    "penduduk kota yang tidak ada 1971",
    "zzzz qqqq",
)
_SUBJECTS: Final = (
    "Kemiskinan", "Kesejahteraan Rakyat", "Ketenagakerjaan", "Penduduk", "Pertanian",
    "Perdagangan Luar Negeri",
    "Industri", "Kesehatan", "Pendidikan", "Harga Konsumen", "Pariwisata", "Transportasi", "Lingkungan Hidup",
)  # fmt: skip


def catalogue(titles: int, rounds: int) -> dict[str, object]:
    """Make a copy of so many publications, then type questions into it, letter by letter."""
    with TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        shelf = Shelf(Path(folder))
        began = time.perf_counter()
        with shelf.writing() as writer:
            writer.begin(_DOMAIN, datetime.now(UTC))
            for number, page in enumerate(_pages(titles), 1):
                writer.lay_aside(_DOMAIN, number, page)
            swapping = time.perf_counter()
            count = writer.swap([_DOMAIN], datetime.now(UTC))
        made = time.perf_counter()
        with shelf.reading() as db:
            vocabulary = search.vocabulary_of(db)
        times = sorted(_typed(shelf, vocabulary, rounds))
    return {
        "publications": count,
        "words": len(vocabulary),
        "copy_s": round(made - began, 2),
        "swap_s": round(made - swapping, 2),
        "searches": len(times),
        "p50_ms": _ms(times, 0.5),
        "p95_ms": _ms(times, 0.95),
        "p99_ms": _ms(times, 0.99),
        "longest_ms": _ms(times, 1.0),
    }


def _typed(shelf: Shelf, vocabulary: list[str], rounds: int) -> Iterator[float]:
    """Seconds of each search: after each letter of each question, the connection's opening included."""
    for _ in range(rounds):
        for question in _QUESTIONS:
            for end in range(1, len(question) + 1):
                began = time.perf_counter()
                with shelf.reading() as db:
                    search.search(db, vocabulary, question[:end])
                yield time.perf_counter() - began


def _pages(titles: int) -> Iterator[list[Publication]]:
    """Invented publications of 35 years and 500 places, always the same."""
    dice = random.Random(1373)  # noqa: S311 - no secret
    places = [f"{kind} {_name(dice)}" for kind in ("Kabupaten", "Kota") for _ in range(250)]
    places += ["Kota Sawahlunto", "Kota Pariaman", "Provinsi Sumatera Barat", "Indonesia"]
    first = date(1992, 1, 1)
    for start in range(0, titles, _PAGE):
        page = []
        for number in range(start, min(start + _PAGE, titles)):
            day = first + timedelta(days=dice.randrange(35 * 365))
            subject, subject2 = dice.choice(_SUBJECTS), dice.choice(_SUBJECTS)
            title = dice.choice(_KINDS).format(
                place=dice.choice(places), subject=subject, subject2=subject2, year=day.year
            )
            page.append(Publication(f"{number:024d}", _DOMAIN, title, day, f"{title}. " * 6))
        yield page


def _name(dice: random.Random) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(dice.randint(2, 4))).capitalize()


def _ms(times: list[float], part: float) -> float:
    return round(times[min(len(times) - 1, int(part * len(times)))] * 1000, 2)
