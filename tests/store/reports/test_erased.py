"""Visits that are too old: their days' totals, as the eraser leaves them, and what a report makes of them."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from appliance.answers import ANSWERS
from appliance.front_desk import FrontDesk
from appliance.keeping import totals
from appliance.office import Office
from appliance.reports import figures, sheets
from appliance.reports.figures import Report
from appliance.reports.partition import UNKNOWN
from appliance.reports.periods import parse
from appliance.reports.published import obstacle
from appliance.store import Transaction
from tests.store.reports.past import CODED, Past, imagine, store

AFTER = date(2027, 1, 5)
FIRST = date(2026, 10, 1)


def erase_until(tx: Transaction, office: Office, last: date) -> None:
    """What the eraser does of a night, up to this day."""
    days = tx.db.execute("SELECT id FROM service_day WHERE date <= ?", (last.isoformat(),)).fetchall()
    for day in days:
        totals.take_down(tx, office, day["id"])
    tx.record("guests.erased", before=last.isoformat(), count=0)


def count(desk: FrontDesk) -> Report:
    return desk.store.read(figures.count, desk.office, parse("2026-Q4"), AFTER)


@pytest.fixture
def gone(desk: FrontDesk) -> list[Past]:
    """October's visits, erased; November's are there."""
    history = imagine(21, FIRST, 50, 4)
    desk.store.write(store, history)
    desk.store.write(erase_until, desk.office, date(2026, 10, 31))
    return [one for one in history.visits if one.day.month == 10]


def test_the_totals_of_erased_visits_are_those_of_a_plain_count(desk: FrontDesk, gone: list[Past]) -> None:
    erased = count(desk).erased
    assert erased.visits == len(gone)
    parts = {part.name: {cell.key: cell.count for cell in part.cells if cell.count} for part in erased.parts}
    assert parts["services"] == Counter(one.service for one in gone)
    assert parts["states"] == Counter(one.state for one in gone)
    for name in CODED:
        keys = {answer.code: answer.key for answer in ANSWERS[name]}
        codes = [one.answers.get(name) if one.answers else None for one in gone]
        assert parts[name] == Counter(keys.get(code or 0, UNKNOWN) for code in codes)
    bands = [one.band if one.answers is not None else None for one in gone]
    assert parts["age_band"] == Counter(band or UNKNOWN for band in bands)
    assert dict(erased.sums) == {
        "priority": sum(one.priority for one in gone),
        "locker_used": sum(one.bag for one in gone),
        "id_deposited": sum(one.card for one in gone),
        "pages_scanned": sum(one.scanned for one in gone),
        "pages_photocopied": sum(one.copied for one in gone),
    }


def test_all_other_figures_are_without_them(desk: FrontDesk, gone: list[Past]) -> None:
    report = count(desk)
    assert report.visits > 0
    assert {day.month for day, _ in report.days} == {11}


def test_the_office_sees_them_in_a_table_of_their_own(desk: FrontDesk, gone: list[Past]) -> None:
    built = sheets.build(count(desk), desk.office, desk.wording, "internal")
    found = {sheet.key: sheet for sheet in built}
    rows = {row.key: row.values[0] for row in found["erased"].rows}
    assert rows["total"] == len(gone)
    assert rows["services.library"] == sum(one.service == "library" for one in gone)
    assert {row.key: row.values[0] for row in found["summary"].rows}["erased"] == len(gone)
    assert any("jumlah per hari" in note["id"] for note in found["erased"].notes)


def test_such_a_period_is_not_published_again(desk: FrontDesk, gone: list[Past]) -> None:
    """What is left, taken from what was published before, would be what is gone."""
    report = count(desk)
    assert obstacle(desk.office, report) == "erased"
    built = sheets.build(report, desk.office, desk.wording, "publication")
    assert "erased" not in {sheet.key for sheet in built}


def test_where_nothing_is_erased_no_report_speaks_of_it(desk: FrontDesk) -> None:
    desk.store.write(store, imagine(22, FIRST, 20, 3))
    report = count(desk)
    assert report.erased.visits == 0
    assert "erased" not in {s.key for s in sheets.build(report, desk.office, desk.wording, "internal")}
