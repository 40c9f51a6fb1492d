"""From what somebody types to publications."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.catalogue import search
from appliance.catalogue.answers import Publication
from appliance.catalogue.search import COUNTED, Found, words_of
from appliance.catalogue.shelf import Shelf

TITLES = [
    ("1373", "Kota Sawahlunto Dalam Angka 2024", date(2024, 2, 28)),
    ("1373", "Kota Sawahlunto Dalam Angka 2025", date(2025, 2, 28)),
    ("1373", "Statistik Daerah Kota Sawahlunto 2023", date(2023, 9, 1)),
    ("1300", "Provinsi Sumatera Barat Dalam Angka 2025", date(2025, 2, 27)),
    ("1300", "Indikator Kesejahteraan Rakyat Sumatera Barat 2025", date(2025, 12, 1)),
    ("0000", "Statistik Indonesia 2025", date(2025, 2, 26)),
    ("0000", "Profil Kemiskinan di Indonesia Maret 2025", date(2025, 7, 25)),
    ("0000", "Keadaan Angkatan Kerja di Indonesia Agustus 2025", date(2025, 11, 30)),
    ("0000", "Daftar Nama-Nama Pejabat Öffentlich & Café", None),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder: Path = tmp_path_factory.mktemp("shelf")
    made = Shelf(folder)
    with made.writing() as writer:
        for domain in ("1373", "1300", "0000"):
            writer.begin(domain, datetime.now(UTC))
            rows = [
                Publication(f"{domain}{number:020d}", domain, title, day)
                for number, (of, title, day) in enumerate(TITLES)
                if of == domain
            ]
            writer.lay_aside(domain, 1, rows)
        writer.swap(("1373", "1300", "0000"), datetime.now(UTC))
    return made


@pytest.fixture
def db(shelf: Shelf) -> Iterator[Connection]:
    with shelf.reading() as found:
        yield found


def ask(db: Connection, text: str, domain: str | None = None) -> Found:
    return search.search(db, search.vocabulary_of(db), text, domain=domain)


def titles(found: Found) -> list[str]:
    return [one.title for one in found.publications]


def test_words_and_numbers_are_found_the_newest_first(db: Connection) -> None:
    assert titles(ask(db, "dalam angka")) == [TITLES[1][1], TITLES[3][1], TITLES[0][1]]
    assert titles(ask(db, "dalam angka 2025")) == [TITLES[1][1], TITLES[3][1]]
    assert titles(ask(db, "ANGKA sawahlunto")) == [TITLES[1][1], TITLES[0][1]]


def test_it_finds_as_one_types(db: Connection) -> None:
    for text in ("kes", "kesej", "indik kesej", "kesejahteraan r"):
        assert titles(ask(db, text)) == [TITLES[4][1]], text


@pytest.mark.parametrize(
    ("text", "title", "mended"),
    [
        ("kemiskinnan", 6, "kemiskinan"),
        ("kmiskinan", 6, "kemiskinan"),
        ("sawahlnto statistik", 2, "sawahlunto statistik"),
        ("kesejahtraan rakyta", 4, "kesejahteraan rakyat"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven_and_told(
    db: Connection, text: str, title: int, mended: str
) -> None:
    found = ask(db, text)
    assert TITLES[title][1] in titles(found)
    assert found.mended == mended


def test_accents_and_small_words_do_not_matter(db: Connection) -> None:
    assert titles(ask(db, "offentlich cafe")) == [TITLES[8][1]]
    assert titles(ask(db, "kemiskinan yang di indonesia")) == [TITLES[6][1]]


def test_where_not_all_words_fit_most_of_them_do(db: Connection) -> None:
    assert TITLES[6][1] in titles(ask(db, "kemiskinan 1871"))


def test_one_domain_alone_and_the_newest_of_all(db: Connection) -> None:
    assert titles(ask(db, "dalam angka", "1300")) == [TITLES[3][1]]
    assert titles(ask(db, ""))[0] == TITLES[4][1]
    assert titles(ask(db, "", "1373"))[0] == TITLES[1][1]
    assert ask(db, "dalam angka", '1" OR 1').count == 3, "no domain: of all"


def test_nothing_is_nothing(db: Connection) -> None:
    assert ask(db, "xyzzy") == search.NOTHING_FOUND


@given(st.text(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_sqlite_complain(shelf: Shelf, text: str) -> None:
    with shelf.reading() as db:
        found = search.search(db, ["kemiskinan"], text)
    assert found.count <= COUNTED


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "AND",
        "NEAR(a b)",
        "title:",
        "*",
        "-",
        "a OR b",
        "'; DROP TABLE words; --",
        "\0",
        "^x",
        "(((",
        "A" * 10_000,
    ],
)
def test_nor_does_what_fts5_could_take_for_its_own(db: Connection, text: str) -> None:
    ask(db, text)


def test_words_of_a_question() -> None:
    assert words_of("Dalam Angka: 2025!") == ["dalam", "angka", "2025"]
    assert words_of("di") == ["di"]
    assert len(words_of(" ".join(f"kata{number}" for number in range(50)))) == search.MOST_WORDS
