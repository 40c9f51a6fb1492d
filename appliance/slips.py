"""What the paper says: the ticket, the locker slip, the photocopy form, the first-start code, the test print.

Pure layout, for 32 columns (58 mm) and 48 (80 mm), after the field's own tickets. No name is ever on paper,
and all of it is in the office's first language.
"""

from __future__ import annotations

import sqlite3
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from appliance import photocopies, staff, visits
from appliance.errors import NoSuchVisit
from appliance.front_desk import FrontDesk
from appliance.printing import Job
from appliance.visits import Visit
from drivers.base import Block, Document, Feed, QrCode, Rule, Text

NUMBER_SIZE = 6  # times the text's size: read at arm's length without glasses
_WIDE = 48
_MODULE = {32: 6, 48: 8}  # dots of one module of the QR code


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a layout needs to know: the desk, the paper's width, and the job."""

    desk: FrontDesk
    columns: int
    job: Job

    @property
    def copy(self) -> bool:
        """True when this was printed before."""
        return self.job.copy

    def say(self, key: str, **values: str | int) -> str:
        """A text in the office's first language."""
        return self.desk.wording.text(key, self.desk.office.languages[0], **values)

    def link(self, token: str) -> str:
        """The address of a visit's page, for the QR code: as short as can be."""
        return f"{self.desk.config.panel.url}/v/{token}"

    def lines(self, text: str, **style: object) -> tuple[Block, ...]:
        """A text wrapped at words to the paper's width."""
        return tuple(Text(line, **style) for line in wrap(text, self.columns))  # type: ignore[arg-type]


def document(desk: FrontDesk, job: Job, columns: int) -> Document | None:
    """The paper of a job; None when its visit is over and nobody needs it any more."""
    sheet = Sheet(desk, columns, job)
    if job.kind == "first_start" and desk.store.read(staff.any_member):
        return None  # the set-up is done: the code opens nothing any more
    if job.visit_id is None:
        return _WITHOUT_VISIT[job.kind](sheet)
    visit = desk.store.read(_open_visit, job.visit_id)
    if visit is None:
        return None
    return _OF_VISIT[job.kind](sheet, visit)


def _open_visit(db: sqlite3.Connection, visit_id: int) -> Visit | None:
    try:
        visit = visits.get(db, visit_id)
    except NoSuchVisit:
        return None
    return visit if visit.is_open and visit.token else None


def ticket(sheet: Sheet, visit: Visit) -> Document:
    """The queue ticket."""
    office = sheet.desk.office
    arrived = visit.arrived.wall.astimezone(office.zone)
    rows = (
        (sheet.say("paper.service"), office.service(visit.service).name.text(office.languages[0])),
        (sheet.say("paper.time"), f"{clock(arrived)} {office.zone_label}"),
        (sheet.say("paper.ahead"), sheet.say("paper.ahead_value", n=visit.ahead or 0)),
    )
    return (
        *_head(sheet),
        Text(sheet.say("paper.number"), "center", bold=True),
        Text(visit.label, "center", bold=True, size=_size(visit.label, sheet.columns)),
        *([Text(sheet.say("paper.priority"), "center", bold=True, size=2)] if visit.priority else []),
        Feed(),
        *_table(sheet, rows),
        *_qr(sheet, visit),
        Rule(),
        *sheet.lines(sheet.say("paper.wait")),
        *sheet.lines(sheet.say(f"paper.{_PROMISE[office.sla.starts]}", sla_minutes=office.sla.minutes)),
        *_complaints(sheet),
        *sheet.lines(sheet.say("paper.valid_today")),
    )


def locker_slip(sheet: Sheet, visit: Visit) -> Document:
    """Which locker and which card pocket: the claim of whoever has no card that can be known again."""
    locker = visit.locker or "-"
    pocket = str(visit.pocket) if visit.pocket else sheet.say("paper.slip.no_card")
    return (
        *_head(sheet),
        Text(sheet.say("paper.slip.title"), "center", bold=True),
        *(
            (
                Text(sheet.say("paper.slip.locker"), "center"),
                Text(locker, "center", bold=True, size=_size(locker, sheet.columns)),
            )
            if visit.locker
            else ()
        ),
        Feed(),
        *_table(
            sheet,
            (
                (sheet.say("paper.slip.pocket"), pocket),
                (sheet.say("paper.visit"), visit.label),
            ),
        ),
        *_qr(sheet, visit),
        Rule(),
        *sheet.lines(sheet.say("paper.slip.valuables")),
        *sheet.lines(sheet.say("paper.slip.keep")),
    )


def photocopy_form(sheet: Sheet, visit: Visit) -> Document:
    """The form that goes with a book to where photocopies are made, with places to sign."""
    office = sheet.desk.office
    form = sheet.desk.store.read(photocopies.get, int(sheet.job.facts["form"]))
    place = getattr(office.photocopy.place, office.languages[0])
    due = (form.due or photocopies.due_at(office, sheet.desk.clock.now())).astimezone(office.zone)
    rows = (
        (sheet.say("paper.visit"), visit.label),
        (sheet.say("paper.form.pages"), form.pages),
        (sheet.say("paper.form.copies"), str(form.copies)),
        (sheet.say("paper.form.sheets"), str(form.sheets)),
    )
    return (
        *_head(sheet),
        Text(sheet.say("paper.form.title"), "center", bold=True),
        Text(form.label, "center", bold=True, size=_size(form.label, sheet.columns)),
        Feed(),
        *sheet.lines(form.title, bold=True),
        Feed(),
        *_table(sheet, rows),
        Feed(),
        *sheet.lines(sheet.say("paper.form.go", place=place)),
        *sheet.lines(
            sheet.say("paper.form.due", time=due.strftime("%H.%M"), tz=office.zone_label), bold=True
        ),
        Rule(),
        *_signature(sheet, sheet.say("paper.form.officer")),
        *_signature(sheet, place.capitalize()),
        *sheet.lines(sheet.say("paper.form.cost")),
    )


def _signature(sheet: Sheet, who: str) -> tuple[Block, ...]:
    """Room for a pen, and whose it is."""
    return (Feed(), Feed(), Text("." * sheet.columns), *sheet.lines(who), Feed())


def first_start(sheet: Sheet) -> Document:
    """The code that lets the first administrator in."""
    code = staff.first_start_code(sheet.desk.folder)
    return (
        *_head(sheet),
        Text(sheet.say("paper.setup.title"), "center", bold=True),
        Text(f"{code[:4]} {code[4:]}", "center", bold=True, size=3),
        Feed(),
        *sheet.lines(sheet.say("paper.setup.body")),
        QrCode(f"{sheet.desk.config.panel.url}/setup", _MODULE[sheet.columns]),
        *sheet.lines(f"{sheet.desk.config.panel.url}/setup", align="center"),
        *sheet.lines(sheet.say("paper.setup.once")),
    )


def test_print(sheet: Sheet) -> Document:
    """Shows that the printer prints text, large text and codes."""
    return (
        *_head(sheet),
        Text(sheet.say("paper.test.title"), "center", bold=True),
        Text("A123", "center", bold=True, size=NUMBER_SIZE),
        QrCode(sheet.desk.config.panel.url, _MODULE[sheet.columns]),
        *sheet.lines(sheet.say("paper.test.body")),
        Text(("1234567890" * sheet.columns)[: sheet.columns]),
    )


# Kinds of jobs, as `printing.ask` names them.
_OF_VISIT: dict[str, Callable[[Sheet, Visit], Document]] = {
    "ticket": ticket,
    "locker_slip": locker_slip,
    photocopies.PAPER: photocopy_form,
}
_WITHOUT_VISIT: dict[str, Callable[[Sheet], Document]] = {"first_start": first_start, "test": test_print}
_PROMISE = {"guest_book_submitted": "served_within", "previous_visit_ended": "served_after_previous"}


def clock(moment: datetime) -> str:
    """Day and time as Indonesian writes them: 23/11/2026 09.14."""
    return moment.strftime("%d/%m/%Y %H.%M")


def wrap(text: str, columns: int, indent: int = 0) -> list[str]:
    """Lines of at most `columns` characters, broken between words; a longer word (a link) is broken too.

    All lines but the first begin with `indent` spaces.
    """
    if len(text) <= columns:
        return [text]
    return textwrap.wrap(text, columns, break_on_hyphens=False, subsequent_indent=" " * indent)


def _head(sheet: Sheet) -> tuple[Block, ...]:
    title = tuple(
        block
        for line in sheet.desk.office.paper_title
        for block in sheet.lines(line, align="center", bold=True)
    )
    copy = (Text(sheet.say("paper.copy"), "center", bold=True, size=2),) if sheet.copy else ()
    return (*title, Rule(), *copy)


def _table(sheet: Sheet, rows: tuple[tuple[str, str], ...]) -> tuple[Block, ...]:
    width = max(len(name) for name, _ in rows)
    return tuple(
        Text(line)
        for name, value in rows
        for line in wrap(f"{name:<{width}} : {value}", sheet.columns, width + 3)
    )


def _qr(sheet: Sheet, visit: Visit) -> tuple[Block, ...]:
    return (
        QrCode(sheet.link(visit.token or ""), _MODULE[sheet.columns]),
        *sheet.lines(sheet.say("paper.scan_qr"), align="center"),
    )


def _complaints(sheet: Sheet) -> tuple[Block, ...]:
    channels = sheet.desk.office.complaints
    named = (*channels.links, *((channels.lapor,) if channels.lapor else ()))
    return tuple(  # each once: LAPOR! may be published among the links too
        block
        for link in dict.fromkeys(named)
        for block in sheet.lines(sheet.say("paper.suggestions", link=link))
    )


def _size(text: str, columns: int) -> int:
    """Six times the text's size, or as large as fits."""
    return max(1, min(NUMBER_SIZE, columns // max(1, len(text))))
