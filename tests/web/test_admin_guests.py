"""What the privacy notice promises: a guest's data can be seen, corrected, taken along and erased."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance import days, guest_form, guestbook, journal
from appliance.answers import ANSWERS
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.guestbook import Entry
from appliance.staff import Member
from appliance.visits import Visit


@pytest.fixture
def guest(desk: FrontDesk, issue: Callable[..., Visit]) -> Callable[..., Visit]:
    """Somebody who has filled in the guest book: `guest("Siti Aminah")`."""

    def come(name: str, **entries: str) -> Visit:
        visit = issue()
        values = {
            "name": name,
            "email": f"{name.split()[0].lower()}@contoh.id",
            "institution": "Universitas Andalas",
            "birth_year": "1998",
            "phone": "081234567890",
            "data_needed": "Kota dalam angka",
            "consent": "1",
            **{one.name: ANSWERS[one.answers][0].key for one in guest_form.FIELDS if one.answers},
            **entries,
        }
        entry = Entry(values, guestbook.notice_hash(["words"]), "id", "kiosk")
        return desk.store.write(guestbook.submit, desk.office, visit.id, entry)

    return come


def kinds(desk: FrontDesk) -> list[str]:
    return [line.entry.kind for line in desk.store.read(journal.latest, 20)]


def search(client: FlaskClient, words: str) -> TestResponse:
    return client.post("/admin/guests", data={"words": words})


# ---------------------------------------------------------------------------------------- finding


@pytest.mark.parametrize("words", ["Siti Aminah", "aminah", "SITI", "siti@contoh.id", " siti  aminah "])
def test_a_guest_is_found_by_a_part_of_the_name_or_the_address(
    administrator_client: FlaskClient, guest: Callable[..., Visit], words: str
) -> None:
    guest("Siti Aminah")
    guest("Ahmad Fauzi")
    page = search(administrator_client, words).text

    assert "Siti Aminah" in page
    assert "P001" in page
    assert "Ahmad Fauzi" not in page


@pytest.mark.parametrize("words", ["zzz", "100%", "___", "%%%", "\\\\\\"])
def test_what_matches_nobody_finds_nobody(
    administrator_client: FlaskClient, guest: Callable[..., Visit], words: str
) -> None:
    guest("Siti Aminah")

    assert "Tidak ada data yang cocok" in search(administrator_client, words).text


def test_signs_of_a_pattern_are_taken_as_they_are(
    administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    guest("Siti", email="siti_a@contoh.id")

    assert "siti_a@contoh.id" in search(administrator_client, "ti_a@").text


@pytest.mark.parametrize("words", ["", "si", "  s  "])
def test_too_few_letters_are_refused(
    administrator_client: FlaskClient, guest: Callable[..., Visit], words: str
) -> None:
    guest("Siti Aminah")
    response = search(administrator_client, words)

    assert response.status_code == 422
    assert "Tulis paling sedikit 3 huruf." in response.text
    assert "Siti" not in response.text


def test_no_more_than_twenty_are_listed(
    administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    for n in range(22):
        guest(f"Siti {n:02d}")
    page = search(administrator_client, "siti").text

    assert page.count('action="/admin/guests/') == 20
    assert "Siti 21" in page
    assert "Siti 00" not in page
    assert "Hanya 20 yang terbaru." in page


@pytest.mark.parametrize("number", ["P002", "p002", " p 002 "])
def test_a_guest_is_found_by_date_and_number(
    administrator_client: FlaskClient, guest: Callable[..., Visit], number: str
) -> None:
    guest("Siti Aminah")
    guest("Ahmad Fauzi")
    page = administrator_client.post("/admin/guests", data={"date": "2026-11-23", "number": number}).text

    assert "Ahmad Fauzi" in page
    assert "Siti Aminah" not in page


def test_the_same_number_of_another_day_is_somebody_else(
    desk: FrontDesk, clock: ManualClock, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    guest("Siti Aminah")
    day = desk.store.read(days.current)
    assert day is not None
    desk.store.write(days.close, day)
    clock.step(24 * 3600)  # so that the log-in lasts
    guest("Ahmad Fauzi")
    page = administrator_client.post("/admin/guests", data={"date": "2026-11-23", "number": "P001"}).text

    assert "Siti Aminah" in page
    assert "Ahmad Fauzi" not in page


def test_a_date_that_is_none_is_refused(administrator_client: FlaskClient) -> None:
    response = administrator_client.post("/admin/guests", data={"date": "kemarin", "number": "P001"})

    assert response.status_code == 422
    assert "Pilih tanggal kunjungan." in response.text


# ---------------------------------------------------------------------------------------- every look is noted


def test_a_search_is_noted_without_whom_it_was_for(
    desk: FrontDesk, administrator: Member, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    guest("Siti Aminah")
    search(administrator_client, "siti")
    newest = desk.store.read(journal.latest, 1)[0].entry

    assert (newest.kind, newest.staff_id, newest.facts) == ("guest.searched", administrator.id, {})


def test_seeing_somebodys_data_is_noted_each_time(
    desk: FrontDesk, administrator: Member, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Aminah")
    for _ in range(2):
        assert "siti@contoh.id" in administrator_client.post(f"/admin/guests/{visit.id}").text

    entries = [line.entry for line in desk.store.read(journal.latest, 2)]
    assert [(one.kind, one.visit_id, one.staff_id) for one in entries] == [
        ("guest.read", visit.id, administrator.id)
    ] * 2


def test_the_address_of_somebodys_data_shows_nothing(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Aminah")
    before = desk.store.read(journal.last_seq)

    assert administrator_client.get(f"/admin/guests/{visit.id}").location == "/admin/guests"
    assert desk.store.read(journal.last_seq) == before


def test_what_was_wrongly_corrected_is_a_look_as_well(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Aminah")
    administrator_client.post(f"/admin/guests/{visit.id}/correct", data={"name": ""})

    assert kinds(desk)[0] == "guest.read"


# ---------------------------------------------------------------------------------------- the rights


def test_everything_that_is_kept_is_shown_in_words(
    administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    page = administrator_client.post(f"/admin/guests/{guest('Siti Aminah').id}").text

    for kept in ("081234567890", "Universitas Andalas", "Kota dalam angka", "1998", "Laki-laki", "1373-2026"):
        assert kept in page


def test_a_guest_who_declined_everything_can_be_shown(
    administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    declined = {one.name: "-" for one in guest_form.FIELDS if one.screen == 2}
    optional = {one.name: "" for one in guest_form.FIELDS if one.screen == 3}
    visit = guest("Siti Aminah", **declined, **optional, consent="")

    assert administrator_client.post(f"/admin/guests/{visit.id}").status_code == 200


def test_data_can_be_corrected(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Amina")
    response = administrator_client.post(
        f"/admin/guests/{visit.id}/correct",
        data={"name": "Siti Aminah", "email": "aminah@contoh.id", "phone": "", "institution": "SMA 1"},
    )

    assert "Data sudah diperbaiki." in response.text
    kept = desk.store.read(guestbook.guest, visit.id)
    assert kept is not None
    assert (kept.name, kept.email, kept.phone, kept.institution) == (
        "Siti Aminah",
        "aminah@contoh.id",
        None,
        "SMA 1",
    )


def test_a_correction_that_does_not_fit_changes_nothing_and_keeps_what_was_entered(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Aminah")
    response = administrator_client.post(
        f"/admin/guests/{visit.id}/correct", data={"name": "Siti", "email": "no address"}
    )

    assert response.status_code == 422
    assert 'value="no address"' in response.text
    kept = desk.store.read(guestbook.guest, visit.id)
    assert kept is not None
    assert kept.name == "Siti Aminah"


def test_data_can_be_taken_along_as_a_file(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Aminah")
    response = administrator_client.post(f"/admin/guests/{visit.id}/export")

    assert response.mimetype == "application/json"
    assert response.headers["Content-Disposition"] == 'attachment; filename="data-2026-11-23-P001.json"'
    data = json.loads(response.text)
    assert data["guest"]["name"] == "Siti Aminah"
    assert data["visit"]["number"] == "P001"
    assert data["answers"]["birth_year"] == "1998"
    assert data["consent"]["optional_details"] is True
    assert kinds(desk)[0] == "guest.exported"


def test_data_can_be_erased_and_is_gone_from_every_page(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    visit = guest("Siti Aminah")
    response = administrator_client.post(f"/admin/guests/{visit.id}/erase")

    assert response.location == "/admin/guests?said=erased"
    assert "Data tamu sudah dihapus." in administrator_client.get(response.location).text
    assert "Tidak ada data yang cocok" in search(administrator_client, "siti").text
    assert "guest.erased" in kinds(desk)


def test_all_entries_of_one_person_are_erased_at_once(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    first, second = guest("Siti Aminah"), guest("siti  aminah", email="SITI@contoh.id")
    namesake, other = guest("Siti Aminah", email="lain@contoh.id"), guest("Ahmad Fauzi")
    page = administrator_client.post(f"/admin/guests/{second.id}").text
    assert "Catatan lain dengan nama atau e-mail ini" in page
    ticked = re.findall(r'id="erase-(\d+)" name="also" value="\d+" autocomplete="off"( checked)?', page)
    assert ticked == [(str(namesake.id), ""), (str(first.id), " checked")], (
        "by the name alone somebody must look"
    )

    form = {"also": [str(first.id), str(other.id)]}
    response = administrator_client.post(f"/admin/guests/{second.id}/erase", data=form)
    assert response.location == "/admin/guests?said=erased"
    left = [one.id for one in (first, second, namesake, other) if desk.store.read(guestbook.guest, one.id)]
    assert left == [namesake.id, other.id], "only what is of this person goes along"
    assert kinds(desk).count("guest.erased") == 2


def test_all_entries_of_one_person_are_taken_along_in_one_file(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit]
) -> None:
    first, second = guest("Siti Aminah"), guest("Siti Aminah")
    response = administrator_client.post(f"/admin/guests/{second.id}/export", data={"also": [str(first.id)]})
    data = json.loads(response.text)
    assert data["visit"]["number"] == "P002"
    assert [one["visit"]["number"] for one in data["other_visits"]] == ["P001"]
    assert kinds(desk)[:2] == ["guest.exported"] * 2, "each is noted"


@pytest.mark.parametrize("what", ["", "/correct", "/erase", "/export"])
def test_erased_data_cannot_be_seen_changed_or_taken(
    desk: FrontDesk, administrator_client: FlaskClient, guest: Callable[..., Visit], what: str
) -> None:
    visit = guest("Siti Aminah")
    desk.store.write(guestbook.erase, visit.id, staff=None)
    before = desk.store.read(journal.last_seq)
    response = administrator_client.post(f"/admin/guests/{visit.id}{what}", data={"name": "Siti"})

    assert response.status_code == 409
    assert "siti" not in response.text.lower()
    assert desk.store.read(journal.last_seq) == before


def test_officers_see_none_of_it(officer_client: FlaskClient, guest: Callable[..., Visit]) -> None:
    visit = guest("Siti Aminah")

    for response in (search(officer_client, "siti"), officer_client.post(f"/admin/guests/{visit.id}")):
        assert response.status_code == 403
        assert "Siti" not in response.text
