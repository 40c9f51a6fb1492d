"""The reports: what a day, a month, a quarter or a year looked like, as a page and as files.

For everybody who is logged in. The page is for the office itself and says so: it shows complete figures. What
leaves the office is a file for publication, in which small cells are merged.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any, Final, get_args

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from appliance.front_desk import FrontDesk
from appliance.reports import figures, files, labels, periods, sheets
from appliance.reports.cover import cover
from appliance.reports.figures import Report
from appliance.reports.files import FORMATS, MIME, Format
from appliance.reports.periods import Kind, NoSuchPeriod, Period
from appliance.reports.published import Form, obstacle
from appliance.reports.sheets import Sheet, Value
from appliance.store import Transaction
from web import access, charts
from web.context import language
from web.parts import front_desk

reports = Blueprint("reports", __name__, url_prefix="/reports")

KINDS: Final[tuple[Kind, ...]] = ("day", "month", "quarter", "year")
FORMS: Final[tuple[Form, ...]] = get_args(Form)
# Drawn as columns from left to right: what has an order in time. All others are bars within their table.
_IN_TIME: Final = ("arrivals", "days", "months")
# The figures at the top, large.
HEADLINES: Final = ("visits", "met_share", "waiting_median", "response", "quick_index", "ikm")


@reports.get("/")
@access.for_staff
def page() -> ResponseReturnValue:
    """The report of a period, the current month's unless one is chosen; in full, or as it is published."""
    try:
        period = _chosen()
    except NoSuchPeriod:
        return _page(periods.containing("month", _today(front_desk())), wrong=True), 422
    return _page(period, "publication" if request.args.get("form") == "publication" else "internal")


@reports.post("/file")
@access.for_staff
def file() -> ResponseReturnValue:
    """A report as a file, to be taken away. Who took which one is noted."""
    desk = front_desk()
    form, format = request.form.get("form"), request.form.get("format")
    if form not in FORMS or format not in FORMATS:
        abort(400)
    try:
        period = periods.parse(request.form.get("period", ""))
    except NoSuchPeriod:
        abort(400)
    report = desk.store.read(_count, desk, period)
    if form == "publication" and obstacle(desk.office, report):
        return _page(period), 409
    return _file(desk, report, form, format)


def _file(desk: FrontDesk, report: Report, form: Form, format: Format) -> Response:
    desk.store.write(_note, report.period.name, form, format, access.me().member.id)
    name = files.file_name(cover(report, desk.office, desk.wording, form), format)
    return Response(
        files.write(report, desk.office, desk.wording, form, format),
        content_type=MIME[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _note(tx: Transaction, period: str, form: Form, format: Format, staff: int) -> None:
    tx.record("report.exported", staff=staff, period=period, form=form, format=format)


def _chosen() -> Period:
    """The period of the address: by its name, or by a kind and a day within it. Raises NoSuchPeriod."""
    given = request.args
    if "period" in given:
        return periods.parse(given["period"])
    kind = next((kind for kind in KINDS if kind == given.get("kind", "month")), None)
    if kind is None:
        raise NoSuchPeriod(given["kind"])
    if not given.get("date"):
        return periods.containing(kind, _today(front_desk()))
    try:
        day = date.fromisoformat(given["date"])
    except ValueError:
        raise NoSuchPeriod(given["date"]) from None
    return periods.parse(periods.containing(kind, day).name)


def _page(period: Period, form: Form = "internal", *, wrong: bool = False) -> str:
    """A report's page. What cannot be published is shown in full, with the reason."""
    desk = front_desk()
    report = desk.store.read(_count, desk, period)
    why_not = obstacle(desk.office, report)
    form = "internal" if why_not else form
    tables = sheets.build(report, desk.office, desk.wording, form)
    spoken = language()
    return render_template(
        "reports/page.html",
        report=report,
        period=period,
        period_words=labels.period(desk.wording, period.name)[spoken],
        kinds=KINDS,
        picked=request.args.get("date") or min(period.last, _today(desk)).isoformat(),
        wrong=wrong,
        empty=not (report.visits or report.ratings or report.forms or report.erased.visits),
        summary=tables[0],
        headlines=_headlines(tables[0]),
        tables=tables[1:],
        in_time=_IN_TIME,
        columns=_columns,
        bar=charts.bar,
        chart_size=(charts.WIDTH, charts.HEIGHT),
        figure=_figure,
        form=form,
        obstacle=why_not,
        now=desk.clock.now(),
    )


def _count(db: sqlite3.Connection, desk: FrontDesk, period: Period) -> Report:
    return figures.count(db, desk.office, period, _today(desk))


def _headlines(summary: Sheet) -> list[Any]:
    rows = {row.key: row for row in summary.rows}
    return [rows[key] for key in HEADLINES if key in rows]


def _columns(sheet: Sheet) -> list[charts.Column]:
    """The columns of a table in time; a day by its number, a month by its first letters, an hour as it is."""
    return charts.columns(
        [(_short(sheet, row.key, row.title[language()]), int(row.values[0] or 0)) for row in sheet.drawn]
    )


def _short(sheet: Sheet, key: str, title: str) -> str:
    if sheet.key == "arrivals":
        return key
    return key[8:].lstrip("0") if sheet.key == "days" else title[:3]


def _figure(value: Value) -> str:
    """A number as this language writes it; a dash for none."""
    if value is None:
        return "–"
    return str(value).replace(".", ",") if language() == "id" else str(value)


def _today(desk: FrontDesk) -> date:
    return desk.clock.now().local_date(desk.office.zone)
