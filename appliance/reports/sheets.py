"""A report as tables with words, in both languages: what the page shows and what the files hold.

For the office in full, or for publication with small cells merged. A value that cannot be given (not
published, or nothing was measured) is None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from appliance.answers import ANSWERS
from appliance.office import Office
from appliance.reports import labels, summary
from appliance.reports.figures import Report
from appliance.reports.ikm import ELEMENTS, ikm, needed
from appliance.reports.labels import Words
from appliance.reports.partition import Partition, percent
from appliance.reports.published import Form, is_enough, show, show_one
from appliance.wording import Wording

Value = int | Decimal | None
RowKind = Literal["cell", "merged", "total"]
Measure = Literal["count", "percent", "value", "mean"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    key: str
    title: Words
    values: tuple[Value, ...]
    kind: RowKind = "cell"
    unit: Words | None = None  # where it is not the table's
    said: Words | None = None  # a value in words: the grade


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table, with a word on what its columns measure. The first column can be drawn where `charted`."""

    key: str
    title: Words
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    notes: tuple[Words, ...] = ()
    charted: bool = True

    @property
    def drawn(self) -> tuple[Row, ...]:
        """The rows of a chart."""
        return tuple(row for row in self.rows if row.kind != "total") if self.charted else ()

    @property
    def has_units(self) -> bool:
        """Whether each row says its own unit."""
        return any(row.unit is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all tables of one report are made of."""

    report: Report
    office: Office
    wording: Wording
    form: Form

    def say(self, key: str, /, **values: str | int) -> Words:
        return labels.both(self.wording, key, **values)

    @property
    def minutes(self) -> int:
        return self.office.sla.minutes


def build(report: Report, office: Office, wording: Wording, form: Form) -> tuple[Sheet, ...]:
    """All tables of a report, those of steps that the office does not have left out."""
    return tuple(_tables(_Desk(report, office, wording, form)))


def _tables(desk: _Desk) -> Iterator[Sheet]:
    report, steps = desk.report, desk.office.steps
    yield _summary(desk)
    yield _parts(desk, report.outcomes, desk.say("report.note.outcomes", minutes=desk.minutes))
    yield _parts(desk, report.services)
    yield from (_parts(desk, one) for one in report.answers)
    yield _sub_services(desk)
    yield from (_parts(desk, one) for one in (report.waits, report.arrivals, report.priority))
    if steps.locker or report.deposits.sum_of("none") < report.visits:
        yield _parts(desk, report.deposits)
    if steps.scan or report.pages_scanned:
        yield _parts(desk, report.scanning)
    if steps.photocopy or report.pages_photocopied:
        yield _parts(desk, report.copying)
    if steps.rating or report.ratings:
        yield _parts(desk, report.scores, desk.say("report.note.ratings"))
        yield _parts(desk, report.elements)
    if steps.skm or report.forms:
        yield _skm(desk)
    if desk.form == "internal" and report.period.kind != "day":
        yield _times(desk)
    if desk.form == "internal" and report.erased.visits:
        yield _erased(desk)


def _summary(desk: _Desk) -> Sheet:
    rows = tuple(
        Row(
            line.key,
            desk.say(f"report.sum.{line.key}", minutes=desk.minutes),
            (line.value,),
            unit=desk.say(f"report.unit.{line.unit}"),
            said=desk.say(f"report.grade.{line.grade}") if line.grade else None,
        )
        for line in summary.lines(desk.report, desk.office, desk.form)
    )
    notes = (desk.say("report.note.method"), *_merging_note(desk))
    return Sheet("summary", desk.say("report.sheet.summary"), ("value",), rows, notes, charted=False)


def _merging_note(desk: _Desk) -> tuple[Words, ...]:
    return (desk.say("report.note.merged"),) if desk.form == "publication" else ()


def _parts(desk: _Desk, partition: Partition, *notes: Words) -> Sheet:
    """A table whose cells add up; for publication with its small cells as one."""
    shown, total = show(partition, desk.form), partition.total
    names = {
        cell.key: labels.of(desk.wording, desk.office, partition.name, cell.key) for cell in partition.cells
    }
    rows = []
    if not shown.hidden:
        rows += [
            Row(cell.key, names[cell.key], (cell.count, percent(cell.count, total))) for cell in shown.single
        ]
        if together := shown.together:
            count = sum(cell.count for cell in together)
            title = labels.merged(desk.wording, [names[cell.key] for cell in together])
            rows.append(Row("merged", title, (count, percent(count, total)), "merged"))
    if shown.hidden:
        notes = (desk.say("report.hidden"), *notes)
    rows.append(Row("total", desk.say("report.total"), (shown.total, percent(shown.total, total)), "total"))
    title = desk.say(f"report.sheet.{partition.name}", minutes=desk.minutes)
    return Sheet(partition.name, title, ("count", "percent"), tuple(rows), notes)


def _sub_services(desk: _Desk) -> Sheet:
    """Several to a visit: cells that overlap, so none of them can be merged; a small one is not given."""
    visits = desk.report.visits
    rows = []
    for cell in desk.report.sub_services:
        count = show_one(cell.count, visits, desk.form)
        title = labels.of(desk.wording, desk.office, "sub_services", cell.key)
        rows.append(Row(cell.key, title, (count, percent(count, visits))))
    title = desk.say("report.sheet.sub_services")
    return Sheet("sub_services", title, ("count", "percent"), tuple(rows), (desk.say("report.note.several"),))


def _skm(desk: _Desk) -> Sheet:
    """The mean of each element, the index and the IKM."""
    report = desk.report
    found = ikm(report.forms, report.form_sums) if is_enough(report.forms, desk.form) else None
    means: tuple[Decimal | None, ...] = found.means if found else (None,) * ELEMENTS
    rows = [
        Row(answer.key, {"id": answer.id, "en": answer.en}, (mean,))
        for answer, mean in zip(ANSWERS["skm_elements"], means, strict=True)
    ]
    rows.append(Row("index", desk.say("report.skm.index"), (found.index if found else None,), "total"))
    rows.append(Row("ikm", desk.say("report.skm.ikm"), (found.value if found else None,), "total"))
    notes = [desk.say("report.note.weight")]
    if found is None and report.forms:
        notes.insert(0, desk.say("report.hidden"))
    if found is not None and found.forms < needed(report.offered):
        notes.append(desk.say("report.note.few_forms"))
    return Sheet("skm", desk.say("report.sheet.skm"), ("mean",), tuple(rows), tuple(notes))


def _times(desk: _Desk) -> Sheet:
    """How the visits lie within the period: by day, of a quarter and a year by month. For the office only."""
    report = desk.report
    by_month = report.period.kind in ("quarter", "year")
    counts: dict[str, int] = {}
    for day, number in report.days:
        key = day.isoformat()[:7] if by_month else day.isoformat()
        counts[key] = counts.get(key, 0) + number
    rows = [
        Row(key, labels.period(desk.wording, key), (count, percent(count, report.visits)))
        for key, count in counts.items()
    ]
    rows.append(
        Row(
            "total", desk.say("report.total"), (report.visits, percent(report.visits, report.visits)), "total"
        )
    )
    key = "months" if by_month else "days"
    return Sheet(key, desk.say(f"report.sheet.{key}"), ("count", "percent"), tuple(rows))


def _erased(desk: _Desk) -> Sheet:
    """What is left of visits that are too old to be kept. For the office only."""
    erased, rows = desk.report.erased, []
    for part in erased.parts:
        table = desk.say(f"report.sheet.{part.name}")
        for cell in part.cells:
            name = labels.of(desk.wording, desk.office, part.name, cell.key)
            title: Words = {language: f"{table[language]}: {name[language]}" for language in name}
            rows.append(
                Row(f"{part.name}.{cell.key}", title, (cell.count, percent(cell.count, erased.visits)))
            )
    rows += [Row(name, desk.say(f"report.erased.{name}"), (number, None)) for name, number in erased.sums]
    rows.append(Row("total", desk.say("report.total"), (erased.visits, percent(1, 1)), "total"))
    title = desk.say("report.sheet.erased")
    notes = (desk.say("report.note.erased"),)
    return Sheet("erased", title, ("count", "percent"), tuple(rows), notes, charted=False)
