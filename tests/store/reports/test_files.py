"""The files, read back: every number a number, every text a text."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import openpyxl
import pytest

from appliance.front_desk import FrontDesk
from appliance.reports import figures, files, sheets
from appliance.reports.cover import cover
from appliance.reports.csv_file import HEADER, safe
from appliance.reports.figures import Report
from appliance.reports.periods import parse
from appliance.reports.sheets import Sheet
from appliance.reports.xlsx_file import HEAD
from tests.store.reports.past import History, Past, imagine, store

AFTER = date(2027, 1, 5)
FORMS = ("internal", "publication")


@pytest.fixture
def report(desk: FrontDesk) -> Report:
    """A quarter with a bit of everything."""
    desk.store.write(store, imagine(11, date(2026, 10, 1), 60, 3))
    return desk.store.read(figures.count, desk.office, parse("2026-Q4"), AFTER)


def write(desk: FrontDesk, report: Report, form: str, format: str) -> bytes:
    return files.write(report, desk.office, desk.wording, form, format)  # type: ignore[arg-type]


def build(desk: FrontDesk, report: Report, form: str) -> tuple[Sheet, ...]:
    return sheets.build(report, desk.office, desk.wording, form)  # type: ignore[arg-type]


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


# ------------------------------------------------------------------------------------------ CSV


@pytest.mark.parametrize("form", FORMS)
def test_a_csv_file_holds_every_number_of_the_report(desk: FrontDesk, report: Report, form: str) -> None:
    lines = read_csv(write(desk, report, form, "csv"))
    found = {
        (one["tabel"], one["baris"], one["ukuran"]): one["nilai"] for one in lines if one["ukuran"] != "grade"
    }
    expected = {
        (sheet.key, row.key, measure): "" if value is None else str(value).replace(".", ",")
        for sheet in build(desk, report, form)
        for row in sheet.rows
        for measure, value in zip(sheet.measures, row.values, strict=True)
    }
    assert found == expected
    assert {(one["kode_domain"], one["masa"], one["bentuk"]) for one in lines} == {("1373", "2026-Q4", form)}


def test_a_csv_file_opens_in_a_spreadsheet_that_is_set_to_indonesian(desk: FrontDesk, report: Report) -> None:
    content = write(desk, report, "publication", "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    first, second, *_ = content.decode("utf-8-sig").split("\r\n")
    assert first == ";".join(HEADER)
    assert second.split(";")[:5] == ["1373", "2026-Q4", "publication", "summary", "visits"]


def test_the_grade_of_the_ikm_is_a_line_of_its_own(desk: FrontDesk, report: Report) -> None:
    grades = [one for one in read_csv(write(desk, report, "internal", "csv")) if one["ukuran"] == "grade"]
    (said,) = (row.said for row in build(desk, report, "internal")[0].rows if row.said)
    assert [(one["tabel"], one["baris"], one["nilai"]) for one in grades] == [("summary", "ikm", said["id"])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+62", "'+62"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("Perpustakaan", "Perpustakaan"),
        ("a=b", "a=b"),
    ],
)
def test_no_text_is_a_formula(text: str, expected: str) -> None:
    assert safe(text) == expected


def with_service(desk: FrontDesk, name: str) -> Report:
    desk.store.write(store, History([Past(date(2026, 11, 24), service=name) for _ in range(4)]))
    return desk.store.read(figures.count, desk.office, parse("2026-Q4"), AFTER)


def test_a_service_named_like_a_formula_is_a_text_in_both_files(desk: FrontDesk) -> None:
    report = with_service(desk, '=HYPERLINK("http://x";"y")')
    (line,) = (
        one
        for one in read_csv(write(desk, report, "internal", "csv"))
        if one["tabel"] == "services" and one["ukuran"] == "count" and "HYPERLINK" in one["baris"]
    )
    assert line["uraian"].startswith("'=")
    assert line["baris"].startswith("'=")
    book = openpyxl.load_workbook(io.BytesIO(write(desk, report, "internal", "xlsx")))
    cells = [cell for row in book["services"].iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)


# ------------------------------------------------------------------------------------------ XLSX


@pytest.mark.parametrize("form", FORMS)
def test_an_xlsx_file_holds_a_sheet_for_each_table_and_real_numbers(
    desk: FrontDesk, report: Report, form: str
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write(desk, report, form, "xlsx")))
    tables = build(desk, report, form)
    assert book.sheetnames == [sheet.key for sheet in tables]
    for sheet in tables:
        page = book[sheet.key]
        assert (page["A1"].value, page["A2"].value) == (sheet.title["id"], sheet.title["en"])
        assert page["A3"].value == "BPS Kota Sawahlunto · Triwulan IV 2026 / Quarter 4 2026"
        for line, row in enumerate(sheet.rows, HEAD + 2):
            assert str(page.cell(line, 1).value).split("\n")[0] == row.title["id"]
            for column, value in enumerate(row.values, 2):
                cell = page.cell(line, column)
                if value is None:
                    assert cell.value == "-"
                else:
                    assert cell.data_type == "n"
                    assert float(cell.value) == float(value)  # type: ignore[arg-type]
        assert page.column_dimensions["A"].width > 40


def test_the_headings_are_indonesian_with_english_below(desk: FrontDesk, report: Report) -> None:
    page = openpyxl.load_workbook(io.BytesIO(write(desk, report, "publication", "xlsx")))["outcomes"]
    assert [page.cell(HEAD + 1, column).value for column in (1, 2, 3)] == [
        "Uraian\nItem",
        "Jumlah\nNumber",
        "Persen\nPercent",
    ]
    assert "Untuk publikasi" in str(page["A4"].value)


def test_each_table_that_can_be_drawn_has_the_programs_own_chart(desk: FrontDesk, report: Report) -> None:
    content = write(desk, report, "internal", "xlsx")
    drawn = [
        sheet
        for sheet in build(desk, report, "internal")
        if any(row.values[0] is not None for row in sheet.drawn)
    ]
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert len([name for name in names if name.startswith("xl/charts/chart")]) == len(drawn) > 15


def test_a_file_of_an_empty_period_opens_too(desk: FrontDesk) -> None:
    report = desk.store.read(figures.count, desk.office, parse("2026-Q1"), AFTER)
    book = openpyxl.load_workbook(io.BytesIO(write(desk, report, "publication", "xlsx")))
    assert book["outcomes"].cell(HEAD + 2, 2).value == 0
    lines = read_csv(write(desk, report, "publication", "csv"))
    assert next(one["nilai"] for one in lines if one["baris"] == "visits") == "0"


@pytest.mark.parametrize(
    ("period", "form", "name"),
    [
        ("2026-Q4", "publication", "laporan-1373-2026-Q4-publikasi.xlsx"),
        ("2026-11-01..2026-11-07", "internal", "laporan-1373-2026-11-01_2026-11-07-internal.xlsx"),
    ],
)
def test_the_name_of_a_file_says_what_it_is(desk: FrontDesk, period: str, form: str, name: str) -> None:
    report = desk.store.read(figures.count, desk.office, parse(period), AFTER)
    assert files.file_name(cover(report, desk.office, desk.wording, form), "xlsx") == name  # type: ignore[arg-type]
