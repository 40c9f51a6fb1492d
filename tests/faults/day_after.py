"""The day after: a folder in which a day was cut off is opened again, and compared with what was promised.

Nothing that was acknowledged is lost, no number is there twice, no locker has two owners, no deposit is gone,
no paper comes twice, and no door opens late.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from appliance import days, lockers, printing, staff, tickets, visits
from appliance.central.archive import Archive
from appliance.duties.doors import DoorDuty
from appliance.duties.paper import PaperDuty
from appliance.front_desk import FrontDesk
from appliance.keeping import high_water
from appliance.store import Transaction
from drivers.base import Door
from tests.faults import day
from tests.faults.day import ACKNOWLEDGED, DATA, GOES, OFFICE, SETTINGS, STAYS, VISITORS, Ends
from tests.store.conftest import step
from tests.store.devices import HandLocks, HandPrinter

KILLED = -9


class Centre:
    """The central server: the reference receiver, and what it has to hold in the end."""

    def __init__(self, archive: Archive, ends: Ends) -> None:
        self.ends = ends
        self.expected: set[tuple[str, str]] = set()
        self._archive = archive

    def records(self) -> dict[tuple[str, str], int]:
        """The highest revision of each record that is stored there."""
        with self._archive.db.reading() as session:
            return {
                (kind, str(record_id)): int(str(revision))
                for kind in ("visit", "rating", "guest")
                for record_id, revision in session.run(f"SELECT record_id, revision FROM {kind}")
            }


def prepare(folder: Path) -> Path:
    """A folder in which an officer has an account and the day is open; gives it."""
    (folder / DATA).mkdir(parents=True)
    desk = day.desk_in(folder / DATA)
    desk.store.open()
    desk.store.write(staff.add, login="rina", name="Rina", role="officer", password_hash="")
    desk.store.write(tickets.issue, OFFICE, visits.Request("first", "library", "button"))
    desk.store.write(printing.end, 1, "printed")
    desk.store.close()
    (folder / DATA / high_water.FILE).unlink()  # so that the day has to note its numbers itself
    return folder


@dataclass
class Told:
    """What one process acknowledged before it ended."""

    code: int | None = None
    numbers: dict[int, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    done: set[tuple[str, int]] = field(default_factory=set)
    pulses: Counter[str] = field(default_factory=Counter)
    setting: str | None = None

    def visitors(self, what: str) -> set[int]:
        """For whom this was acknowledged."""
        return {visitor for step, visitor in self.done if step == what}


def told(lines: str) -> Told:
    """Read the acknowledgements."""
    heard = Told()
    for line in lines.splitlines():
        match line.split():
            case ["ended", code]:
                heard.code = int(code)
            case ["number", visitor, number, token]:
                heard.numbers[int(visitor)] = number
                heard.tokens.add(token)
            case ["done", what, visitor]:
                heard.done.add((what, int(visitor)))
            case ["pulsed", locker]:
                heard.pulses[locker] += 1
            case ["setting", value]:
                heard.setting = value
    return heard


def heard_in(folder: Path) -> Told:
    """What the process in this folder acknowledged."""
    return told((folder / ACKNOWLEDGED).read_text(encoding="utf-8"))


def check(
    folder: Path, heard: Told, printed: Counter[str] | None = None, centre: Centre | None = None
) -> None:
    """Open the folder as after a restart and look. `printed`: how often each paper came out."""
    desk = day.desk_in(folder / DATA, centre.ends if centre else day.Ends())
    desk.store.open()
    try:
        assert desk.store.problem is None
        desk.store.write(_settle)
        desk.store.read(_sound)
        desk.store.read(_nothing_lost, heard)
        if printed is not None:
            desk.store.read(_papers, printed)
        if centre is not None:
            _events(desk, heard, centre)
        _settings(desk, heard)
        _cards(desk, heard)
        _no_door_opens_late(desk, heard)
        _paper_goes_on(desk)
        _numbers_go_on(desk, heard)
    finally:
        desk.store.close()


def _settle(tx: Transaction) -> None:
    printing.settle_after_restart(tx)
    lockers.settle_after_restart(tx)


def _sound(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    given = [(row["letter"], row["number"]) for row in db.execute("SELECT * FROM ticket ORDER BY number")]
    assert given == [("P", number) for number in range(1, len(given) + 1)], "a number twice, or one missing"
    (last,) = db.execute("SELECT last FROM queue_counter").fetchone()
    assert last == len(given)
    owners = Counter(row["locker"] for row in db.execute("SELECT locker FROM deposit WHERE closed IS NULL"))
    assert all(count == 1 for count in owners.values()), "a locker with two owners"


def _nothing_lost(db: sqlite3.Connection, heard: Told) -> None:
    """Each acknowledged step is there; and a step is there whole or not at all."""
    for visitor in VISITORS:
        visit = visits.of_request(db, f"request-{visitor}")
        if visit is None:
            assert visitor not in heard.numbers, "an acknowledged ticket is lost"
            continue
        assert heard.numbers.get(visitor, visit.number) == visit.number
        steps = {what for what, whose in heard.done if whose == visitor}
        kinds = Counter(
            row["kind"] for row in db.execute("SELECT kind FROM journal WHERE visit_id = ?", (visit.id,))
        )
        assert kinds["ticket.issued"] == 1
        deposits = db.execute("SELECT * FROM deposit WHERE visit_id = ?", (visit.id,)).fetchall()
        slips = printing.of_visit(db, visit.id, "locker_slip")
        assert len(deposits) == kinds["deposit.opened"] == (slips is not None) <= 1
        assert len(deposits) == ("take_in" in steps) or "take_in" not in steps, "a deposit is lost"
        handed_back = [row for row in deposits if row["closed"] is not None]
        assert len(handed_back) == kinds["deposit.closed"]
        assert len(handed_back) == 1 or "hand_back" not in steps, "a hand-back is lost"
        assert visitor == GOES or not handed_back, "a deposit was released by nobody"
        assert kinds["visit.serving"] == 1 or "serve" not in steps
        assert kinds["visit.checked_out"] == 1 or "check_out" not in steps
        assert visit.rating == "given" or "rate" not in steps or not visit.is_open
    ratings = db.execute("SELECT count(*) FROM rating").fetchone()[0]
    assert heard.visitors("rate") <= {GOES}
    assert len(heard.visitors("rate")) <= ratings <= 1, "a rating is lost, or there twice"
    if heard.visitors("close_day"):
        assert days.current(db) is None, "the day was closed, and is open"
        assert [deposit.locker for deposit in lockers.still_here(db)] == [str(STAYS)]


def _papers(db: sqlite3.Connection, printed: Counter[str]) -> None:
    """What came out is stored, and what will be printed has not come out before."""
    rows = db.execute(
        "SELECT visit.token, print_job.* FROM print_job JOIN visit ON visit.id = print_job.visit_id"
        " WHERE visit.token IS NOT NULL"
    ).fetchall()
    for row in rows:
        assert row["state"] != "printing"
        times = printed[f"{row['kind']} {row['token']}"]
        assert times <= 1, "a paper came out twice"
        assert times == 0 or row["state"] in ("printed", "unknown"), "it would be printed twice"


def _events(desk: FrontDesk, heard: Told, centre: Centre) -> None:
    """What was acknowledged there is there; and after the restart all is there, each once."""
    stored = desk.store.read(lambda db: db.execute("SELECT * FROM outbox WHERE state = 'stored'").fetchall())
    there = centre.records()
    for row in stored:
        assert there.get((row["kind"], row["record_id"]), 0) >= row["revision"], "stored there, and not there"
    relay = day.relay_of(desk)
    assert relay is not None
    day.drain(desk, relay)
    relay.end()
    rows = desk.store.read(lambda db: db.execute("SELECT * FROM outbox").fetchall())
    there = centre.records()
    for row in rows:
        assert there[row["kind"], row["record_id"]] == row["revision"], "an event is lost"
        centre.expected.add((row["kind"], row["record_id"]))
    closed = desk.store.read(
        lambda db: db.execute("SELECT count(*) FROM visit WHERE closed IS NOT NULL").fetchone()[0]
    )
    assert sum(row["kind"] == "visit" for row in rows) == closed, "each visit that is over is one record"
    assert closed >= len(heard.visitors("check_out"))


def _settings(desk: FrontDesk, heard: Told) -> None:
    """A setting is the old one or the new one, whole; and never older than what was acknowledged."""
    path = desk.folder / SETTINGS
    if not path.exists():
        assert heard.setting is None, "an acknowledged setting is lost"
        return
    lines = set(path.read_text(encoding="utf-8").splitlines())
    order = [None, "before", "between"]
    found = next((value for value in order[1:] if lines == {f'value = "{value}"'}), None)
    assert found is not None, f"half a setting: {lines}"
    assert order.index(found) >= order.index(heard.setting), "an older setting came back"


def _cards(desk: FrontDesk, heard: Told) -> None:
    """The card of a deposit that is here is known again: its key outlived the cut."""
    for visitor in (
        heard.visitors("take_in") - heard.visitors("hand_back") - ({GOES} & heard.visitors("rate"))
    ):
        assert desk.store.read(lockers.of_card, day.card_hash(desk, visitor)) is not None, "the key is lost"


def _no_door_opens_late(desk: FrontDesk, heard: Told) -> None:
    """What was pulsed had been written down before; and nothing that was asked before is carried out now."""
    commanded = Counter(
        row["locker"]
        for row in desk.store.read(
            lambda db: db.execute("SELECT locker FROM unlock WHERE state != 'expired'").fetchall()
        )
    )
    assert heard.pulses <= commanded, "a door was pulsed that nobody had asked for"
    assert desk.store.read(lockers.next_unlock) is None
    assert desk.store.read(lockers.interrupted) == []
    locks = HandLocks(doors={locker: Door.CLOSED for locker in desk.lockers})
    step(DoorDuty(desk, locks, opens_within_s=0.0), desk.changes)
    assert locks.pulses == []


def _paper_goes_on(desk: FrontDesk) -> None:
    """What still waits is printed; what is in doubt is left to a person."""
    waiting = desk.store.read(printing.waiting_count)
    printer = HandPrinter()
    duty = PaperDuty(desk, printer)
    for _ in range(waiting + 1):
        step(duty, desk.changes)
    assert len(printer.printed) <= waiting
    assert desk.store.read(printing.waiting_count) == 0


def _numbers_go_on(desk: FrontDesk, heard: Told) -> None:
    """The same wish gives the same number, a new one the next."""
    stored = {visitor: desk.store.read(visits.of_request, f"request-{visitor}") for visitor in VISITORS}
    again = {visitor: desk.store.write(tickets.issue, OFFICE, day.request(visitor)) for visitor in VISITORS}
    for visitor, visit in stored.items():
        if visit is not None:
            assert again[visitor].number == visit.number, "a second number"
    numbers = {visit.number for visit in again.values()}
    assert numbers == {"P002", "P003"}
    assert set(heard.numbers.values()) <= numbers
