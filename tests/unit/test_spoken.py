"""Queue numbers in words."""

from __future__ import annotations

import pytest

from appliance.spoken import spoken_number
from appliance.wording import Language


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("P000", "pe nol"),
        ("P001", "pe satu"),
        ("P010", "pe sepuluh"),
        ("K011", "ka sebelas"),
        ("P012", "pe dua belas"),
        ("L019", "el sembilan belas"),
        ("P020", "pe dua puluh"),
        ("P021", "pe dua puluh satu"),
        ("P100", "pe seratus"),
        ("P101", "pe seratus satu"),
        ("P110", "pe seratus sepuluh"),
        ("P111", "pe seratus sebelas"),
        ("P119", "pe seratus sembilan belas"),
        ("P200", "pe dua ratus"),
        ("P999", "pe sembilan ratus sembilan puluh sembilan"),
        ("R7", "er tujuh"),
    ],
)
def test_a_number_in_indonesian(number: str, words: str) -> None:
    assert spoken_number(number, "id") == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("P000", "P zero"),
        ("P012", "P twelve"),
        ("K019", "K nineteen"),
        ("P020", "P twenty"),
        ("P021", "P twenty-one"),
        ("P100", "P one hundred"),
        ("P101", "P one hundred and one"),
        ("P999", "P nine hundred and ninety-nine"),
    ],
)
def test_a_number_in_english(number: str, words: str) -> None:
    assert spoken_number(number, "en") == words


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_two_numbers_are_spoken_alike(language: Language) -> None:
    spoken = {spoken_number(f"P{n:03}", language) for n in range(1000)}

    assert len(spoken) == 1000


def test_every_letter_has_a_name_of_its_own_in_indonesian() -> None:
    names = {spoken_number(f"{letter}001", "id") for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

    assert len(names) == 26


@pytest.mark.parametrize("number", ["", "P", "012", "p012", "P1000", "PP12", "P-12", "P012 ", "P٣"])
def test_what_is_no_queue_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="not a queue number"):
        spoken_number(number, "id")
