"""The hours in words: what a visitor reads and hears."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from appliance import hours_words
from appliance.office import load_office
from appliance.opening import standing
from appliance.wording import Language, load_wording

OFFICE = load_office("1373")
WORDING = load_wording()


CLOSED_MONDAY = "2026-11-23 16:00"
CHRISTMAS = "2026-12-25 10:00"
AGAIN = "Buka kembali Senin, 28 Desember 2026 pukul 08.00 WIB."
AGAIN_EN = "We open again on Monday, 28 December 2026 at 08.00 WIB."
FOR_TODAY = "Layanan hari ini sudah tutup"
CLOSED = "Layanan sedang tutup"
BREAK = "Petugas sedang istirahat sampai pukul 13.00 WIB"


@pytest.mark.parametrize(
    ("moment", "language", "said"),
    [
        (CLOSED_MONDAY, "id", (FOR_TODAY, "Buka kembali Selasa, 24 November 2026 pukul 08.00 WIB.", "")),
        ("2026-11-23 06:00", "id", (CLOSED, "Buka hari ini pukul 08.00 WIB.", "")),
        (CHRISTMAS, "id", (CLOSED, AGAIN, "Hari ini libur: Hari Raya Natal.")),
        (CHRISTMAS, "en", ("We are closed", AGAIN_EN, "Closed today: Christmas Day.")),
        ("2026-11-23 12:10", "id", (BREAK, "Anda tetap dapat mengambil nomor antrean.", "")),
    ],
)
def test_a_visitor_reads_that_it_is_closed_why_and_until_when(
    moment: str, language: Language, said: tuple[str, str, str]
) -> None:
    stands = standing(OFFICE, (), datetime.fromisoformat(moment).replace(tzinfo=OFFICE.zone))

    told = hours_words.told(stands, OFFICE, WORDING, language)

    assert told is not None
    assert (told.title, told.again, told.why) == said


def test_nothing_is_said_while_it_is_open() -> None:
    stands = standing(OFFICE, (), datetime(2026, 11, 23, 9, tzinfo=OFFICE.zone))

    assert hours_words.told(stands, OFFICE, WORDING, "id") is None


def test_the_voice_says_the_day_and_the_hour() -> None:
    stands = standing(OFFICE, (), datetime(2026, 11, 27, 17, tzinfo=OFFICE.zone))

    words = hours_words.spoken(stands, OFFICE, WORDING, "id")

    assert words == "Mohon maaf, layanan sedang tutup. Buka kembali Senin, 30 November 2026, pukul 8."


@pytest.mark.parametrize(("moment", "said"), [(time(8), "8"), (time(15, 30), "15 30"), (time(8, 5), "8 05")])
def test_a_time_is_said_as_numbers(moment: time, said: str) -> None:
    assert hours_words.said(moment) == said


def test_days_that_are_alike_stand_in_one_line() -> None:
    rows = hours_words.table(OFFICE.hours, WORDING, "id")

    assert [(row.days, row.hours, row.pause) for row in rows] == [
        ("Senin–Kamis", "08.00–15.30", "12.00–13.00"),
        ("Jumat", "08.00–16.00", "11.30–13.00"),
        ("Sabtu–Minggu", "", ""),
    ]
