"""A report as CSV, for programs: one line for each number.

Semicolons and decimal commas, as a spreadsheet expects them that is set to Indonesian, and UTF-8 with a byte
order mark, without which Excel takes it for something else. What is not published, or was not measured, is
empty. A text that a spreadsheet would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from appliance.reports.cover import Cover
from appliance.reports.sheets import Row, Sheet

HEADER: Final = (
    "kode_domain",
    "masa",
    "bentuk",
    "tabel",
    "baris",
    "ukuran",
    "nilai",
    "satuan",
    "uraian",
    "description",
)
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(cover: Cover, sheets: tuple[Sheet, ...]) -> bytes:
    """All tables, one below the other."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for sheet in sheets:
        for row in sheet.rows:
            writer.writerows(_lines(cover, sheet, row))
    return text.getvalue().encode("utf-8-sig")


def _lines(cover: Cover, sheet: Sheet, row: Row) -> Iterator[tuple[str, ...]]:
    """A line for each measure of a row."""
    names = (safe(row.title["id"]), safe(row.title["en"]))
    unit = row.unit["id"] if row.unit else ""
    for measure, value in zip(sheet.measures, row.values, strict=True):
        yield (
            cover.office_id,
            cover.period_name,
            cover.form,
            sheet.key,
            safe(row.key),
            measure,
            number(value),
            unit,
            *names,
        )
    if row.said:
        yield (
            cover.office_id,
            cover.period_name,
            cover.form,
            sheet.key,
            row.key,
            "grade",
            row.said["id"],
            "",
            *names,
        )


def number(value: int | Decimal | None) -> str:
    """A number with a decimal comma; nothing for none."""
    return "" if value is None else str(value).replace(".", ",")


def safe(text: str) -> str:
    """A text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
