"""The page of reports and its files: for staff, complete and marked as internal, merged where they go out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance import journal, staff
from appliance import reports as package
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from tests.conftest import logged_in
from tests.store.reports.past import History, Past, imagine, store
from tests.web.kiosk.steps import words
from web import create_app
from web.charts import HEIGHT, WIDTH, bar, columns

DAY = date(2026, 11, 24)
MENACE = '"><script>alert(1)</script>'


@pytest.fixture
def clock() -> ManualClock:
    """A Tuesday after the fourth quarter of 2026."""
    return ManualClock(datetime(2027, 1, 5, 2, 0, tzinfo=UTC))


@pytest.fixture
def client(desk: FrontDesk, officer_client: FlaskClient) -> FlaskClient:
    """An officer, and a quarter of which one visitor was a consultation."""
    desk.store.write(store, imagine(1, date(2026, 10, 1), 60, 3))
    return officer_client


def file(client: FlaskClient, **form: str) -> tuple[int, str, bytes]:
    whole = {"period": "2026-Q4", "form": "publication", "format": "csv", **form}
    answer = client.post("/reports/file", data=whole)
    return answer.status_code, answer.headers.get("Content-Disposition", ""), answer.data


# ------------------------------------------------------------------------------------ who may see it


@pytest.mark.parametrize("path", ["/reports/", "/reports/?period=2026-Q4"])
def test_only_staff_see_reports(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.location) == (303, "/login")


def test_only_staff_take_files(app: Flask) -> None:
    answer = app.test_client().post("/reports/file", data={"period": "2026-Q4"})
    assert (answer.status_code, answer.location) == (303, "/login")


def test_officers_and_administrators_find_them_in_the_menu(
    officer_client: FlaskClient, administrator_client: FlaskClient
) -> None:
    for client in (officer_client, administrator_client):
        assert 'href="/reports/"' in client.get("/desk/").text
        assert 'aria-current="page">Laporan<' in client.get("/reports/").text


# ------------------------------------------------------------------------------------ the period


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("", "Januari 2027"),
        ("period=2026-11-24", "24 November 2026"),
        ("period=2026-11", "November 2026"),
        ("period=2026-Q4", "Triwulan IV 2026"),
        ("period=2026", "Tahun 2026"),
        ("kind=quarter&date=2026-11-24", "Triwulan IV 2026"),
        ("kind=day", "5 Januari 2027"),
        ("period=2026-Q4&lang=en", "Quarter 4 2026"),
    ],
)
def test_a_period_is_chosen(client: FlaskClient, query: str, heading: str) -> None:
    page = client.get(f"/reports/?{query}").text
    assert re.search(rf"<h1>.*{heading}</span></h1>", page)


@pytest.mark.parametrize(
    "query",
    ["period=2026-Q5", "kind=decade", "kind=day&date=yesterday", "kind=day&date=9999-12-31", "period="],
)
def test_what_is_no_period_is_told_beside_the_field(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/reports/?{query}")
    assert answer.status_code == 422
    assert "Tulis tanggal seperti" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_periods_beside_it_are_one_click_away(client: FlaskClient) -> None:
    page = client.get("/reports/?period=2026-Q4").text
    assert 'href="/reports/?period=2026-Q3"' in page
    assert 'href="/reports/?period=2027-Q1"' in page


def test_an_empty_period_says_so_and_has_no_files(client: FlaskClient) -> None:
    page = client.get("/reports/?period=2026-Q1").text
    assert "Belum ada kunjungan pada masa ini" in page
    assert "/reports/file" not in page


def test_a_period_that_still_runs_says_so(client: FlaskClient) -> None:
    assert "masih dapat berubah" in client.get("/reports/").text
    assert "masih dapat berubah" not in client.get("/reports/?period=2026-Q4").text


def test_a_day_with_one_visit_has_a_page(desk: FrontDesk, officer_client: FlaskClient) -> None:
    desk.store.write(store, History([Past(DAY, sla_s=60, wait_s=120)]))
    page = words(officer_client.get("/reports/?period=2026-11-24"))
    assert "Kunjungan 1 kunjungan" in page
    assert "Waktu tunggu, median 2,00 menit" in page


# ------------------------------------------------------------------------------------ what it shows


def test_the_page_is_internal_and_shows_single_visits(desk: FrontDesk, officer_client: FlaskClient) -> None:
    them = [Past(DAY) for _ in range(20)] + [Past(DAY, service="other")]
    desk.store.write(store, History(them))
    page = words(officer_client.get("/reports/?period=2026-Q4"))
    assert "Internal. Angka lengkap untuk kantor ini; jangan diteruskan ke luar." in page
    assert "Layanan lain 1 4,8" in page


def test_the_page_for_publication_merges_them(desk: FrontDesk, officer_client: FlaskClient) -> None:
    them = [Past(DAY) for _ in range(20)] + [Past(DAY, service="other")]
    desk.store.write(store, History(them))
    page = words(officer_client.get("/reports/?period=2026-Q4&form=publication"))
    assert "Untuk publikasi. Sel di bawah tiga digabung." in page
    assert "Layanan lain 1 4,8" not in page
    assert "Digabung: Perpustakaan; Konsultasi Statistik; Layanan lain 21 100,0" in page


def test_a_month_cannot_be_seen_as_if_it_were_published(client: FlaskClient) -> None:
    page = words(client.get("/reports/?period=2026-11&form=publication"))
    assert "Internal." in page
    assert "hanya dibuat per triwulan" in page


def test_every_chart_stands_beside_a_table_and_says_so(client: FlaskClient) -> None:
    page = client.get("/reports/?period=2026-Q4").text
    charts = re.findall(r'<svg class="chart".*?role="img" aria-label="([^"]+)"', page)
    assert charts == [
        "Grafik: Jam kedatangan. Angkanya ada pada tabel di sebelahnya.",
        "Grafik: Kunjungan per bulan. Angkanya ada pada tabel di sebelahnya.",
    ]
    bars = re.findall(r'<svg class="bar"[^>]*>', page)
    assert len(bars) > 30
    assert all('aria-hidden="true"' in one for one in bars), "the number stands in the same row"
    assert page.count("<caption") == page.count('<section class="report-table"')
    assert " style=" not in page


def test_nothing_of_the_pages_text_is_markup(
    build: Callable[[str], FrontDesk], tmp_path: Path, clock: ManualClock
) -> None:
    """Names of offices and services come from a file that anybody at the office may write."""
    shipped = (Path(package.__file__).parents[1] / "offices" / "1373.toml").read_text(encoding="utf-8")
    profile = tmp_path / "menace.toml"
    profile.write_text(
        shipped.replace('name = "Kota Sawahlunto"', f"name = '{MENACE}'").replace(
            'id = "Perpustakaan", en = "Library"', f"id = '{MENACE}', en = '{MENACE}'"
        ),
        encoding="utf-8",
    )
    desk = build(str(profile))
    desk.store.write(store, History([Past(DAY) for _ in range(4)]))
    member = desk.store.write(staff.add, login="xena", name=MENACE, role="officer", password_hash="")
    client = logged_in(create_app(desk), desk, member)
    page = client.get("/reports/?period=2026-Q4").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    status, name, _ = file(client, form="internal", format="xlsx")
    assert (status, name) == (200, 'attachment; filename="laporan-1373-2026-Q4-internal.xlsx"')


# ------------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("format", "mime", "start"),
    [
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbfkode_domain;"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ],
)
def test_a_file_is_taken(client: FlaskClient, format: str, mime: str, start: bytes) -> None:
    answer = client.post("/reports/file", data={"period": "2026-Q4", "form": "internal", "format": format})
    assert answer.content_type == mime
    assert answer.data.startswith(start)


def test_both_forms_say_in_their_names_which_they_are(client: FlaskClient) -> None:
    assert "2026-Q4-publikasi.csv" in file(client)[1]
    assert "2026-Q4-internal.csv" in file(client, form="internal")[1]


def test_a_file_for_publication_of_a_month_is_refused_with_the_reason(client: FlaskClient) -> None:
    status, name, page = file(client, period="2026-11")
    assert (status, name) == (409, "")
    assert "hanya dibuat per triwulan" in page.decode()
    assert file(client, period="2026-11", form="internal")[0] == 200


def test_a_quarter_that_still_runs_is_not_published(desk: FrontDesk, client: FlaskClient) -> None:
    desk.store.write(store, History([Past(date(2027, 1, 4)) for _ in range(9)]))
    status, _, page = file(client, period="2027-Q1")
    assert status == 409
    assert "setelah masa ini selesai" in page.decode()


@pytest.mark.parametrize(
    "form", [{"form": "secret"}, {"format": "pdf"}, {"period": "2026-Q9"}, {"form": ""}, {"period": ""}]
)
def test_a_wish_that_no_button_makes_is_refused(client: FlaskClient, form: dict[str, str]) -> None:
    assert file(client, **form)[0] == 400


def test_who_took_which_file_is_noted(desk: FrontDesk, client: FlaskClient, officer: Member) -> None:
    file(client)
    entry = desk.store.read(journal.latest, 1)[0].entry
    assert (entry.kind, entry.staff_id) == ("report.exported", officer.id)
    assert entry.facts == {"period": "2026-Q4", "form": "publication", "format": "csv"}


def test_a_refused_file_is_not_noted(desk: FrontDesk, client: FlaskClient) -> None:
    file(client, period="2026-11")
    assert "report.exported" not in {line.entry.kind for line in desk.store.read(journal.latest, 50)}


# ------------------------------------------------------------------------------------ the pictures


def test_columns_stand_in_proportion_and_inside_the_picture() -> None:
    drawn = columns([("a", 10), ("b", 5), ("c", 0)])
    assert [one.height for one in drawn] == [drawn[0].height, drawn[0].height / 2, 0]
    assert all(one.x >= 0 and one.x + one.width <= WIDTH for one in drawn)
    assert all(one.y >= 0 and one.y + one.height <= HEIGHT for one in drawn)
    assert [one.name + one.number for one in drawn] == ["a10", "b5", "c0"]


def test_of_many_columns_only_some_are_named_so_that_names_do_not_meet() -> None:
    drawn = columns([(str(day), 1) for day in range(1, 32)])
    assert [one.name for one in drawn if one.name] == [str(day) for day in range(1, 32, 2)]
    assert all(one.number for one in drawn)
    assert not any(one.number for one in columns([(str(day), 1) for day in range(366)]))


def test_nothing_is_drawn_of_nothing() -> None:
    assert columns([]) == []
    assert [one.height for one in columns([("a", 0)])] == [0]
    assert (bar(None, 10), bar(3, 0), bar(5, 10)) == (0.0, 0.0, 50.0)
