"""What a machine needs of the published standard: addresses, and pieces that a voice can say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import promise
from appliance.office import load_office, shipped_offices
from appliance.promise import LONGEST_PIECE, SECTIONS


def all_words(texts: list[str] | tuple[str, ...]) -> list[str]:
    return [word for text in texts for word in text.split()]


@pytest.mark.parametrize("office", shipped_offices())
@pytest.mark.parametrize("section", SECTIONS)
def test_every_word_of_a_section_is_read_once_and_in_its_order(office: str, section: str) -> None:
    texts = promise.paragraphs(load_office(office), section)

    said = promise.pieces(texts)

    assert all_words(said) == all_words(texts)
    assert all(0 < len(piece) <= LONGEST_PIECE for piece in said)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=400), max_size=4))
def test_no_word_is_lost_whatever_the_text(texts: list[str]) -> None:
    said = promise.pieces(texts)

    assert all_words(said) == all_words(texts)
    assert all(len(piece) <= LONGEST_PIECE or " " not in piece for piece in said)


def test_a_text_is_cut_where_a_voice_would_pause() -> None:
    text = "a. Layanan Tercetak\n1) Membaca. Lalu pulang; Selesai"

    assert promise.pieces([text]) == ["a. Layanan Tercetak", "1) Membaca.", "Lalu pulang;", "Selesai"]


def test_reading_takes_longer_for_more_words() -> None:
    assert promise.reading_s(["satu dua", "tiga"]) == pytest.approx(1.8)


def test_there_are_no_other_sections() -> None:
    with pytest.raises(KeyError):
        promise.paragraphs(load_office("1373"), "number")


@pytest.mark.parametrize("office", shipped_offices())
def test_each_channel_has_the_address_that_a_phone_opens(office: str) -> None:
    told = load_office(office).complaints

    found = {one.kind: one for one in promise.channels(load_office(office))}

    assert found["box"].address is None
    assert found["email"].address == f"mailto:{told.email}"
    assert found["phone"].address == f"tel:{told.phone.replace('-', '')}"
    assert found["website"].address == f"https://{told.links[0]}"
    assert ("lapor" in found) is (told.lapor is not None)
    assert len({one.published for one in promise.channels(load_office(office))}) == len(
        promise.channels(load_office(office))
    )
