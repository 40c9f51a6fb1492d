"""`frontdesk bench reports`: what a quarter's report costs beside years of stored visits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from appliance import config as configuration
from appliance.clock import SystemClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.reports import figures, files
from appliance.reports.periods import containing
from appliance.store import Transaction
from appliance.surveys import ELEMENTS

T = TypeVar("T")

LAST_DAY: Final = date(2026, 12, 31)
_TIMES: Final = 5
_RATED: Final = 2  # one visit in so many
_SURVEYED: Final = 4


def reports(visits: int, days: int) -> dict[str, object]:
    """Count a quarter and write its files, several times; the middle one of the times is told."""
    with TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        config = configuration.parse(f'[site]\noffice = "1373"\ndata = {json.dumps(folder)}\n')
        desk = assemble(load_office("1373"), config, SystemClock(), Path(folder))
        desk.store.open()
        try:
            desk.store.write(add_visits, visits, days)
            desk.store.checkpoint()
            return {"visits": visits, "days": days, **_measure(desk)}
        finally:
            desk.store.close()


def _measure(desk: FrontDesk) -> dict[str, object]:
    period, after = containing("quarter", LAST_DAY), LAST_DAY + timedelta(days=1)

    def count() -> figures.Report:
        return desk.store.read(figures.count, desk.office, period, after)

    counted_ms, report = _median_ms(count)
    year = containing("year", LAST_DAY)
    year_ms, _ = _median_ms(lambda: desk.store.read(figures.count, desk.office, year, after))
    made: dict[str, object] = {"quarter_visits": report.visits, "quarter_ms": counted_ms, "year_ms": year_ms}
    for format in files.FORMATS:
        spent_ms, content = _median_ms(
            lambda format=format: files.write(report, desk.office, desk.wording, "publication", format)  # type: ignore[misc]
        )
        made |= {f"{format}_ms": spent_ms, f"{format}_bytes": len(content)}
    return made


def _median_ms(work: Callable[[], T]) -> tuple[float, T]:
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - began)
    return round(sorted(times)[_TIMES // 2] * 1000, 1), result


def add_visits(tx: Transaction, number: int, days: int) -> None:
    """Visits on each of so many days up to LAST_DAY, all alike in number, with all that a visit leaves."""
    stamp = tx.now.stamp()
    first = LAST_DAY - timedelta(days=days - 1)
    tx.db.executemany(
        "INSERT INTO service_day (id, date, opened, closed) VALUES (?, ?, ?, ?)",
        [(n + 1, (first + timedelta(days=n)).isoformat(), stamp, stamp) for n in range(days)],
    )
    series = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {number - 1})"
    a_day = -(-number // days)
    tx.db.execute(
        f"{series} INSERT INTO visit (id, request_id, day_id, source, service, priority, language, state,"
        " arrived, called, registered, served, finished, closed, wait_s, sla_s, duration_s, pages_scanned,"
        f" locker_used, id_deposited) SELECT i + 1, 'old-' || i, 1 + i / {a_day}, 'button',"
        " iif(i % 4, 'library', 'consultation'), i % 20 = 0, 'id',"
        " CASE i % 25 WHEN 0 THEN 'no_show' WHEN 1 THEN 'cancelled' ELSE 'checked_out' END,"
        " '2026-01-01T0' || (1 + i % 8) || substr(:stamp, 14), :stamp, :stamp, :stamp, :stamp, :stamp,"
        " i % 1800, i % 400, i % 9000, i % 3 * 4, i % 2, i % 3 = 0 FROM n",
        {"stamp": stamp},
    )
    tx.db.execute(
        f"{series} INSERT INTO ticket (visit_id, day_id, letter, number, queue, state, ahead)"
        f" SELECT i + 1, 1 + i / {a_day}, substr('PKLABCEFGH', 1 + i % {a_day} / 999, 1),"
        f" 1 + i % {a_day} % 999, 'library', 'done', 0 FROM n"
    )
    tx.db.execute(
        f"{series} INSERT INTO guest_facts (visit_id, sub_services, sex, age_band, education, occupation,"
        " institution_category, main_use, origin) SELECT i + 1, 'printed_library scan', 1 + i % 2, '17_25',"
        " 1 + i % 5, 1 + i % 7, 1 + i % 9, 1 + i % 5, 'same_city' FROM n"
    )
    dates = f"(SELECT date FROM service_day WHERE id = 1 + i / {a_day})"
    tx.db.execute(
        f"{series} INSERT INTO rating (id, date, service, score) SELECT lower(hex(randomblob(16))), {dates},"
        f" 'library', 1 + i % 4 FROM n WHERE i % {_RATED} = 0"
    )
    scores = ", ".join(f"1 + (i + {place}) % 4" for place in range(len(ELEMENTS)))
    tx.db.execute(
        f"{series} INSERT INTO survey SELECT lower(hex(randomblob(16))), {dates}, 'library', {scores}"
        f" FROM n WHERE i % {_SURVEYED} = 0"
    )
    tx.record("appliance.started", version="bench")
