"""A report as XLSX, for people: a sheet a table, real numbers, and the program's own charts.

Texts are written as texts, never as formulas or links, whatever they begin with.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from appliance.reports.cover import Cover
from appliance.reports.labels import Words
from appliance.reports.sheets import Measure, Row, Sheet

HEAD: Final = 5  # the row of the columns' names; below it are the figures
_COLUMNS: Final[dict[Measure, Words]] = {
    "count": {"id": "Jumlah", "en": "Number"},
    "percent": {"id": "Persen", "en": "Percent"},
    "value": {"id": "Nilai", "en": "Value"},
    "mean": {"id": "NRR", "en": "Mean"},
}
_ITEM: Final = "Uraian\nItem"
_UNIT: Final = "Satuan\nUnit"
_TITLE_WIDTH: Final = 58
_WIDTH: Final = 14
_BAR: Final = "#0a4f8f"
_MOST_IN_NAME: Final = 31  # characters, by the format


@dataclass(frozen=True, slots=True)
class _Looks:
    title: Format
    soft: Format
    head: Format
    text: Format
    total: Format
    numbers: dict[tuple[bool, int], Format]  # by: is it a total, and how many decimals


def write_xlsx(cover: Cover, sheets: tuple[Sheet, ...]) -> bytes:
    """A workbook of all tables."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties(
            {"title": cover.title["id"], "subject": cover.period["id"], "author": cover.office["id"]}
        )
        looks = _looks(book)
        for sheet in sheets:
            _write(book, looks, cover, sheet)
    return file.getvalue()


def _looks(book: Workbook) -> _Looks:
    whole = {"text_wrap": True, "valign": "top"}
    total = {"bold": True, "top": 1}
    return _Looks(
        title=book.add_format({"bold": True, "font_size": 14}),
        soft=book.add_format({"font_color": "#4a5a69"}),
        head=book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        text=book.add_format(whole),
        total=book.add_format({**whole, **total}),
        numbers={
            (is_total, decimals): book.add_format(
                {
                    "num_format": f"0.{'0' * decimals}" if decimals else "0",
                    "valign": "top",
                    **(total if is_total else {}),
                }
            )
            for is_total in (False, True)
            for decimals in range(3)
        },
    )


def _write(book: Workbook, looks: _Looks, cover: Cover, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.key[:_MOST_IN_NAME])
    page.set_column(0, 0, _TITLE_WIDTH)
    page.set_column(1, 3, _WIDTH)
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    _write_head(page, looks, cover, sheet)
    line = HEAD + 1
    for row in sheet.rows:
        _write_row(page, looks, line, row)
        line += 1
    for note in sheet.notes:
        line += 1
        page.write_string(line, 0, note["id"], looks.text)
        page.write_string(line + 1, 0, note["en"], looks.text)
        line += 1
    if any(row.values[0] is not None for row in sheet.drawn):
        _draw(book, page, sheet)


def _write_head(page: Worksheet, looks: _Looks, cover: Cover, sheet: Sheet) -> None:
    page.write_string(0, 0, sheet.title["id"], looks.title)
    page.write_string(1, 0, sheet.title["en"], looks.soft)
    page.write_string(2, 0, f"{cover.office['id']} · {cover.period['id']} / {cover.period['en']}")
    page.write_string(3, 0, f"{cover.form_words['id']} / {cover.form_words['en']}", looks.soft)
    page.write_string(HEAD, 0, _ITEM, looks.head)
    names = ["\n".join((_COLUMNS[one]["id"], _COLUMNS[one]["en"])) for one in sheet.measures]
    for column, name in enumerate([*names, *([_UNIT] if sheet.has_units else [])], 1):
        page.write_string(HEAD, column, name, looks.head)
    page.set_row(HEAD, 32)
    page.freeze_panes(HEAD + 1, 0)


def _write_row(page: Worksheet, looks: _Looks, line: int, row: Row) -> None:
    is_total = row.kind == "total"
    text = looks.total if is_total else looks.text
    title = row.title["id"] if row.title["id"] == row.title["en"] else f"{row.title['id']}\n{row.title['en']}"
    page.write_string(line, 0, title, text)
    for column, value in enumerate(row.values, 1):
        if value is None:
            page.write_string(line, column, "-", text)
        else:
            page.write_number(line, column, float(value), looks.numbers[is_total, _decimals(value)])
    unit = [row.unit["id"]] if row.unit else []
    if unit or row.said:
        page.write_string(
            line, len(row.values) + 1, "; ".join([*unit, *([row.said["id"]] if row.said else [])]), text
        )


def _decimals(value: int | Decimal) -> int:
    return 0 if isinstance(value, int) else -int(value.as_tuple().exponent)


def _draw(book: Workbook, page: Worksheet, sheet: Sheet) -> None:
    """A bar for each row, in the order of the table."""
    chart = book.add_chart({"type": "bar"})
    last = HEAD + len(sheet.drawn)
    chart.add_series(
        {
            "name": sheet.title["id"],
            "categories": [page.get_name(), HEAD + 1, 0, last, 0],
            "values": [page.get_name(), HEAD + 1, 1, last, 1],
            "fill": {"color": _BAR},
            "data_labels": {"value": True},
            "gap": 60,
        }
    )
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"major_gridlines": {"visible": False}, "visible": False})
    chart.set_title({"name": sheet.title["id"], "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 620, "height": 120 + 34 * len(sheet.drawn)})
    page.insert_chart(HEAD, 5, chart, {"description": sheet.title["id"]})
