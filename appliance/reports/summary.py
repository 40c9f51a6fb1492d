"""The key figures of a report, one line each.

For publication a figure is given only where it follows from the published cells of one table, or was
computed of enough visits; the office itself sees all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from appliance import inquiries
from appliance.office import Office
from appliance.reports.figures import JUDGED, NOT_MEASURED, SERVED, Report
from appliance.reports.ikm import Grade, ikm, needed, rounded
from appliance.reports.partition import percent
from appliance.reports.published import LEAST_FOR_P90, Form, Shown, is_enough, show
from appliance.reports.spread import Spread

Number = int | Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """One key figure; its name and its unit are texts under "report.sum" and "report.unit"."""

    key: str
    value: Number
    unit: str
    grade: Grade | None = None


def lines(report: Report, office: Office, form: Form) -> Iterator[Line]:
    """The key figures, those of steps that the office does not have left out."""
    yield from _visits(report, form)
    yield from _clock(report, form)
    yield from _durations(report, form)
    if office.steps.rating or report.ratings:
        yield from _ratings(report, form)
    if office.steps.skm or report.forms:
        yield from _survey(report, form)
    yield from _things(report, office, form)


def _visits(report: Report, form: Form) -> Iterator[Line]:
    yield Line("visits", report.visits, "visits")
    if report.erased.visits:
        yield Line("erased", report.erased.visits, "visits")
    yield Line("served", show(report.outcomes, form).sum_of(*SERVED), "visits")


def _clock(report: Report, form: Form) -> Iterator[Line]:
    shown = show(report.outcomes, form)
    met, missed = shown.sum_of("met"), shown.sum_of("missed")
    yield Line("clock_count", shown.sum_of(*JUDGED), "visits")
    yield Line(
        "met_share",
        percent(met, met + missed) if met is not None and missed is not None else None,
        "percent",
    )
    yield from _spread("clock", report.clock, form)


def _durations(report: Report, form: Form) -> Iterator[Line]:
    measured = [cell.key for cell in report.waits.cells if cell.key != NOT_MEASURED]
    yield Line("waiting_count", show(report.waits, form).sum_of(*measured), "visits")
    yield from _spread("waiting", report.waiting, form)
    yield from _spread("stay", report.stay, form)


def _spread(name: str, spread: Spread, form: Form) -> Iterator[Line]:
    median = spread.median_s if is_enough(spread.count, form) else None
    p90 = spread.p90_s if is_enough(spread.count, form, LEAST_FOR_P90) else None
    yield Line(f"{name}_median", _minutes(median), "minutes")
    yield Line(f"{name}_p90", _minutes(p90), "minutes")


def _ratings(report: Report, form: Form) -> Iterator[Line]:
    shown = show(report.scores, form)
    offered = show(report.outcomes, form).sum_of(*SERVED)
    yield Line("ratings", shown.total, "ratings")
    yield Line("response", percent(shown.total, offered), "percent")
    yield Line("quick_index", _index(shown), "points")


def _index(shown: Shown) -> Decimal | None:
    """The mean of the faces x 25. With merged cells it would help to tell them apart."""
    total = shown.partition.total
    if shown.merged or not total:
        return None
    points = sum(int(cell.key) * cell.count for cell in shown.partition.cells)
    return rounded(Fraction(points * 25, total))


def _survey(report: Report, form: Form) -> Iterator[Line]:
    enough = not report.forms or is_enough(report.forms, form)
    found = ikm(report.forms, report.form_sums) if enough else None
    offered = show(report.outcomes, form).sum_of(*SERVED)
    yield Line("forms", report.forms if enough else None, "forms")
    yield Line("forms_needed", None if offered is None else needed(offered), "forms")
    yield Line("ikm", found.value if found else None, "points", grade=found.grade if found else None)


def _things(report: Report, office: Office, form: Form) -> Iterator[Line]:
    deposits = show(report.deposits, form)
    scanned = show(report.scanning, form).sum_of("yes")
    copied = show(report.copying, form).sum_of("yes")
    if office.steps.locker:
        yield Line("lockers", deposits.sum_of("bag_and_card", "bag"), "visits")
        yield Line("cards", deposits.sum_of("bag_and_card", "card"), "visits")
    if office.steps.scan:
        yield Line("pages_scanned", None if scanned is None else report.pages_scanned, "pages")
        by_touch = report.unnumbered_scans
        seen = not by_touch or is_enough(by_touch, form)
        yield Line("unnumbered_pages", report.unnumbered_pages if seen else None, "pages")
    if office.steps.photocopy:
        yield Line("pages_photocopied", None if copied is None else report.pages_photocopied, "pages")
    yield from _lending(report, office, form)


def _lending(report: Report, office: Office, form: Form) -> Iterator[Line]:
    """Photocopy forms and requests: of no table, so that a small number is not published."""
    lending, offered = report.lending, inquiries.kinds(office)
    if office.steps.photocopy or lending.forms:
        yield Line("copy_forms", _if_enough(lending.forms, form), "forms")
    for kind, found in (("consultation", lending.consultation), ("softcopy", lending.softcopy)):
        if kind not in offered and not found.asked:
            continue
        yield Line(f"{kind}_asked", _if_enough(found.asked, form), "requests")
        yield Line(f"{kind}_done", _if_enough(found.done, form), "requests")
        median = found.took.median_s if is_enough(found.took.count, form) else None
        yield Line(f"{kind}_median", _minutes(median), "minutes")


def _if_enough(number: int, form: Form) -> int | None:
    return number if number == 0 or is_enough(number, form) else None


def _minutes(seconds: int | None) -> Decimal | None:
    return None if seconds is None else rounded(Fraction(seconds, 60))
