"""A report as a file: which report, in which form, as what; its name, and its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from appliance.office import Office
from appliance.reports import sheets
from appliance.reports.cover import Cover, cover
from appliance.reports.csv_file import write_csv
from appliance.reports.figures import Report
from appliance.reports.published import Form
from appliance.reports.sheets import Sheet
from appliance.wording import Wording

Format = Literal["csv", "xlsx"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
MIME: Final[Mapping[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# In a file's name, so that nobody mistakes one for the other.
_FORM_WORDS: Final[Mapping[Form, str]] = {"internal": "internal", "publication": "publikasi"}


def file_name(cover: Cover, format: Format) -> str:
    """`laporan-1373-2026-Q4-publikasi.xlsx`."""
    period = cover.period_name.replace("..", "_")
    return f"laporan-{cover.office_id}-{period}-{_FORM_WORDS[cover.form]}.{format}"


def write(report: Report, office: Office, wording: Wording, form: Form, format: Format) -> bytes:
    """The file's bytes. Whether there is anything to publish is asked before (`published.obstacle`)."""
    tables: tuple[Sheet, ...] = sheets.build(report, office, wording, form)
    front = cover(report, office, wording, form)
    if format == "csv":
        return write_csv(front, tables)
    # Here, since few take one: a front desk starts without the library, and does not hold it in memory.
    from appliance.reports.xlsx_file import write_xlsx

    return write_xlsx(front, tables)
