"""The guided end of the day, clicked through; and what the desk says of it the next morning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import lockers, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.staff import Member
from appliance.store import Transaction
from appliance.visits import Visit
from tests.conftest import logged_in
from tests.web.desk.conftest import Officer, Page

Issue = Callable[..., Visit]
DAY = 24 * 3600.0


def page(client: FlaskClient, path: str = "/desk/closing", **form: str) -> Page:
    """The page as it stands; with a path of its own, after that click."""
    if path != "/desk/closing":
        answer = client.post(path, data=form)
        assert answer.status_code == 303
        path = answer.headers["Location"]
    return Page(client.get(path).text)


def serve(rina: Officer, visit: Visit, *acts: str) -> None:
    for act in ("call", "guest-book-done", "serve", *acts):
        rina.click(visit, act)


def test_the_page_leads_from_the_line_to_the_end(
    rina: Officer, issue: Issue, desk: FrontDesk, officer: Member
) -> None:
    reader = issue()
    serve(rina, reader, "finish")
    issue()
    assert "Langkah 1 dari 4" in page(rina.client).words
    at_end = page(rina.client, "/desk/closing/end")
    assert "Masih ada yang harus diselesaikan." in at_end.words

    refused = page(rina.client, "/desk/closing/visits", why="")
    assert "Pilih alasannya dahulu." in refused.words
    second = page(rina.client, "/desk/closing/visits", why="went_home")
    assert "Langkah 2 dari 4: Kunjungan yang belum ditutup" in second.words
    last = page(rina.client, f"/desk/closing/visits/{reader.id}", why="forgotten")
    assert "Langkah 4 dari 4: Akhiri hari" in last.words
    assert "0 tas 0 kartu 0 buku" in last.words

    ended = page(rina.client, "/desk/closing/end")

    assert "Hari diakhiri pukul 09.00" in ended.words
    assert desk.store.read(visits.open_ones) == []


def test_what_stays_is_named_and_stands_at_the_desk_the_next_morning(
    rina: Officer, issue: Issue, desk: FrontDesk, officer: Member, clock: ManualClock, app: Flask
) -> None:
    visit = issue()
    desk.store.write(lockers.take_in, visit.id, Wanted("2", None), pockets=12, staff=officer.id)
    desk.store.write(_close, visit.id)
    assert "Belum ada alasan" in page(rina.client).words
    refused = page(rina.client, "/desk/closing/things/bag/1", reason="other", words="")
    assert "Tulis keterangannya" in refused.words
    named = page(rina.client, "/desk/closing/things/bag/1", reason="other", words="di lemari besi")
    assert "Lainnya, tulis keterangan di lemari besi" in named.words
    assert "Hari diakhiri" in page(rina.client, "/desk/closing/end").words

    clock.advance(DAY)
    client = logged_in(app, desk, officer)
    line = Page(client.get("/desk/status").text).words
    assert "23 November 2026 diakhiri, masih ada: P001 tas di loker 2 (Lainnya" in line
    assert "di lemari besi" in line

    read = page(client, "/desk/closing/read/1")

    assert "diakhiri" not in read.words


def _close(tx: Transaction, visit_id: int) -> None:
    """What the page of the calendar does to a visit whose bag is here."""
    tx.db.execute(
        "UPDATE visit SET state = 'closed_by_system', closed = ? WHERE id = ?", (tx.now.stamp(), visit_id)
    )
    tx.db.execute("UPDATE ticket SET state = 'closed_by_system' WHERE visit_id = ?", (visit_id,))
    tx.record("store.recovered")


@pytest.mark.parametrize("language", ["id", "en"])
def test_both_languages_have_all_the_words(
    rina: Officer, issue: Issue, desk: FrontDesk, officer: Member, language: str
) -> None:
    visit = issue()
    desk.store.write(lockers.take_in, visit.id, Wanted("2", "ktp"), pockets=12, staff=officer.id)
    issue()

    html = rina.client.get(f"/desk/closing?lang={language}").text

    assert ("tas di loker 2" in html, "bag in locker 2" in html) == (language == "id", language == "en")
