"""Office profiles: the two that come with the product, a third without code, and what is refused."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

import appliance.office
from appliance.errors import ConfigError, NoSuchPlace, NoSuchService
from appliance.office import Office, load_office, shipped_offices

SAWAHLUNTO = Path(appliance.office.__file__).parent / "offices" / "1373.toml"


@pytest.fixture
def profile() -> str:
    """The text of a sound profile, to be changed."""
    return SAWAHLUNTO.read_text(encoding="utf-8")


def load_text(folder: Path, text: str) -> Office:
    (folder / "office.toml").write_text(text, encoding="utf-8")
    return load_office("office.toml", folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def swapped(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


# ------------------------------------------------------------------------------------- as shipped


def test_two_offices_come_with_the_product() -> None:
    assert shipped_offices() == ("1373", "1377")
    assert [load_office(name).name for name in shipped_offices()] == ["Kota Sawahlunto", "Kota Pariaman"]


def test_steps_follow_each_offices_standard() -> None:
    sawahlunto, pariaman = load_office("1373").steps, load_office("1377").steps

    assert (sawahlunto.ticket, sawahlunto.rating, sawahlunto.photocopy) == (True, True, False)
    assert (pariaman.ticket, pariaman.rating, pariaman.photocopy) == (False, True, True)


def test_complaint_links_are_as_published_with_and_without_hyphen() -> None:
    sawahlunto, pariaman = load_office("1373").complaints, load_office("1377").complaints

    assert sawahlunto.links == ("s.bps.go.id/pengaduan-1373",)
    assert sawahlunto.lapor is None
    assert pariaman.links == ("s.bps.go.id/pengaduan1377", "https://lapor.go.id")
    assert pariaman.lapor == "https://lapor.go.id"


def test_the_e_mail_address_is_required_in_sawahlunto_only() -> None:
    assert load_office("1373").guest_book.email_required
    assert not load_office("1377").guest_book.email_required


def test_the_published_standard_is_whole_with_its_repetitions() -> None:
    standard = load_office("1373").standard

    assert (standard.number, load_office("1377").standard.number) == ("025A", "038A TAHUN 2023")
    assert (len(standard.requirements), len(standard.procedure), len(standard.time)) == (7, 14, 2)
    assert standard.requirements[3] == standard.requirements[5]
    assert standard.procedure[3].splitlines()[1] == "a. Layanan Perpustakaan Tercetak"
    assert [len(part) for part in (load_office("1377").standard.procedure, standard.complaints)] == [8, 4]


def test_other_services_are_for_an_officer_and_ask_nothing() -> None:
    for name in shipped_offices():
        office = load_office(name)
        assert [service.key for service in office.services if service.ask_officer] == ["other"]
        assert office.service_of_letter("L").kind == "other"


def test_the_clock_starts_with_the_guest_book_and_allows_five_minutes() -> None:
    for name in shipped_offices():
        assert (load_office(name).sla.minutes, load_office(name).sla.starts) == (5, "guest_book_submitted")


# ---------------------------------------------------------------------------------------- looking up


def test_a_service_is_found_by_key_and_by_letter() -> None:
    office = load_office("1373")

    assert office.service("library") is office.service_of_letter("P")
    with pytest.raises(NoSuchService):
        office.service("P")
    with pytest.raises(NoSuchService):
        office.service_of_letter("library")


def test_a_desk_is_found_by_its_key() -> None:
    office = load_office("1373")

    assert office.place("frontline").name.text("id") == "Meja Layanan 1"
    assert office.place("frontline").name.text("en") == "Desk 1"
    with pytest.raises(NoSuchPlace):
        office.place("roof")


def test_the_time_zone_is_seven_hours_ahead() -> None:
    assert datetime(2026, 11, 23, tzinfo=load_office("1377").zone).utcoffset() == timedelta(hours=7)


def test_hours_go_by_the_weekday() -> None:
    office = load_office("1373")
    monday, friday = office.opening(date(2026, 11, 23)), office.opening(date(2026, 11, 27))

    assert monday is not None
    assert (monday.open, monday.close, monday.pause) == (time(8), time(15, 30), (time(12), time(13)))
    assert friday is not None
    assert (friday.close, friday.pause) == (time(16), (time(11, 30), time(13)))
    assert office.opening(date(2026, 11, 28)) is None


def test_special_hours_come_first_and_without_hours_the_office_is_closed(
    tmp_path: Path, profile: str
) -> None:
    office = load_text(
        tmp_path,
        profile
        + """
[[special_hours]]
first = 2026-12-25
last = 2026-12-25
reason = { id = "Hari Raya Natal", en = "Christmas Day" }
[[special_hours]]
first = 2027-02-08
last = 2027-03-09
reason = { id = "Ramadan", en = "Ramadan" }
hours.monday = { open = "08:00", close = "15:00" }
""",
    )
    closed, shorter = office.special(date(2026, 12, 25)), office.opening(date(2027, 2, 8))

    assert closed is not None
    assert closed.reason.text("en") == "Christmas Day"
    assert office.opening(date(2026, 12, 25)) is None
    assert office.opening(date(2026, 12, 24)) is not None
    assert shorter is not None
    assert shorter.close == time(15)
    assert office.opening(date(2027, 3, 10)) is not None
    assert office.special(date(2027, 3, 10)) is None


# ------------------------------------------------------------------------------------ a third office


def test_a_third_office_is_a_file_and_no_code(tmp_path: Path, profile: str) -> None:
    text = swapped(profile, 'id = "1373"', 'id = "1371"')
    text = swapped(text, 'name = "Kota Sawahlunto"', 'name = "Kota Padang"')
    text = swapped(text, "ticket = true", "ticket = false")
    text = swapped(text, "rating = true", "rating = false")
    (tmp_path / "padang.toml").write_text(text, encoding="utf-8")

    for office in (load_office("padang.toml", tmp_path), load_office(str(tmp_path / "padang.toml"))):
        assert (office.id, office.name) == ("1371", "Kota Padang")
        assert (office.steps.ticket, office.steps.rating) == (False, False)


def test_an_unknown_id_is_told_with_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r'no office "1337" comes with this product.*did you mean "13[37]7"'
    ):
        load_office("1337")


# -------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize("letter", ["I", "O", "Q"])
def test_a_letter_that_is_misread_is_refused(tmp_path: Path, profile: str, letter: str) -> None:
    (told,) = problems(tmp_path, swapped(profile, 'letter = "L"', f'letter = "{letter}"'))

    assert f'"{letter}" is misread or misheard' in told


@pytest.mark.parametrize(("one", "other"), [("P", "B"), ("P", "D"), ("T", "P"), ("M", "N")])
def test_letters_that_sound_alike_need_a_word_in_the_profile(
    tmp_path: Path, profile: str, one: str, other: str
) -> None:
    text = swapped(profile, 'letter = "P"', f'letter = "{one}"')
    text = swapped(text, 'letter = "L"', f'letter = "{other}"')

    (told,) = problems(tmp_path, text)
    assert f"services: {one} and {other} sound alike" in told
    assert load_text(tmp_path, f"allow_similar_letters = true\n{text}").service_of_letter(other)


def test_two_services_never_share_a_letter_or_a_key(tmp_path: Path, profile: str) -> None:
    letters = swapped(profile, 'letter = "K"', 'letter = "P"')
    keys = swapped(profile, 'key = "consultation"', 'key = "library"')

    assert [line for line in problems(tmp_path, letters) if "letter used twice: P" in line]
    assert [line for line in problems(tmp_path, keys) if "key used twice: library" in line]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('timezone = "Asia/Jakarta"', 'timezone = "Asia/Jakarto"', 'did you mean "Asia/Jakarta"?'),
        ('mode = "local"', 'mode = "locall"', 'did you mean "local"?'),
        ('kind = "consultation"', 'kind = "consult"', "services[2].kind: must be 'printed_library'"),
        ('close = "15:30"', 'close = "07:30"', "hours.monday.close: must be later than open"),
        (
            'close = "15:30"',
            'close = "half"',
            'hours.monday.close: must be a time in quotation marks, as "08:00"',
        ),
        ('["12:00", "13:00"]', '["13:00", "12:00"]', "hours.monday.pause: must lie within the hours"),
        ("wednesday = {", "wensday = {", 'hours.wensday: is not a known key (did you mean "wednesday"?)'),
        ("minutes = 5", "minutes = 0", "sla.minutes: must be at least 1"),
        (', en = "Library" }', " }", "services[1].name.en: is missing"),
        ('number = "025A"', 'number = ""', "standard.number: must not be empty"),
        ('id_types = ["ktp",', 'id_types = ["kpt",', "card_deposit.id_types[1]: must be"),
    ],
)
def test_a_mistake_in_a_profile_is_told_at_its_line(
    tmp_path: Path, profile: str, old: str, new: str, expected: str
) -> None:
    line = profile[: profile.index(old)].count("\n") + 1

    (told,) = problems(tmp_path, swapped(profile, old, new))

    assert expected in told
    assert told.startswith(f"office.toml:{line}: ")


def test_a_national_guest_book_needs_its_address(tmp_path: Path, profile: str) -> None:
    text = swapped(profile, 'mode = "local"', 'mode = "both"')
    assert load_text(tmp_path, text).guest_book.mode == "both"

    (told,) = problems(tmp_path, re.sub(r"(?m)^national_url.*$", "", text))
    assert 'guest_book.national_url: is needed for mode "both"' in told


def test_all_mistakes_of_a_profile_are_told_at_once(tmp_path: Path, profile: str) -> None:
    text = swapped(profile, 'letter = "L"', 'letter = "O"')
    text = swapped(text, "minutes = 5", 'minutes = "5"')
    text = swapped(text, "pockets = 12", "pocket = 12")

    assert len(problems(tmp_path, text)) == 4  # pocket is unknown and pockets missing
