"""Scan sessions: whose they are, how far they have come, and when they are erased.

    open -> finished -> left -> erased          open -> erased, finished -> open again

One session at a time has the station (open, finished). `left` is a PDF whose visitor has gone from the screen
while the download may still run. What is erased here is erased in its folder within a second (by the keeper),
and nothing about a book or a page is ever written into the database: only how many there were.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from appliance import days, visits
from appliance.clock import Moment
from appliance.errors import LinkOver, NotNow, StationTaken
from appliance.office import Office
from appliance.scanning.policy import BookClass
from appliance.store import Transaction

OpenedBy = Literal["ticket", "touch", "desk"]
Why = Literal["visitor", "cancelled", "checkout", "idle", "time_limit", "day_end"]

_SELECT = """
SELECT scan.*, visit.closed AS visit_closed, service_day.closed AS day_closed
FROM scan LEFT JOIN visit ON visit.id = scan.visit_id JOIN service_day ON service_day.id = scan.day_id
"""


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """How long a session and its PDF last, in seconds."""

    idle_s: float
    longest_s: float
    keep_s: float
    link_s: float


@dataclass(frozen=True, slots=True)
class Scan:
    """One session as it stands."""

    id: int
    visit_id: int | None
    folder: str
    state: str
    language: str
    book: BookClass | None
    began: Moment
    seen: Moment
    finished: Moment | None
    pages: int
    bytes: int
    linked: Moment | None
    downloads: int
    visit_closed: bool
    day_closed: bool

    @property
    def at_station(self) -> bool:
        """Whether it has the screen."""
        return self.state in ("open", "finished")

    def ends_in_s(self, now: Moment, limits: ScanLimits) -> float:
        """Seconds until it is erased by time; 0 or less when that is due."""
        ends = [self._left(now, self.began, limits.longest_s)] if self.state == "open" else []
        if self.state == "open":
            ends.append(self._left(now, self.seen, limits.idle_s))
        elif self.finished is not None:
            ends.append(self._left(now, self.finished, limits.keep_s))
        return min(ends, default=0.0)

    def link_left_s(self, now: Moment, limits: ScanLimits) -> float:
        """Seconds that the download link is good for."""
        return self._left(now, self.linked, limits.link_s) if self.linked is not None else 0.0

    @staticmethod
    def _left(now: Moment, since: Moment, limit_s: float) -> float:
        gone = now.seconds_since(since)
        return 0.0 if gone is None else limit_s - gone  # no clock can tell: over


# ------------------------------------------------------------------------------------------- changing


def begin(
    tx: Transaction, office: Office, *, visit_id: int | None, opened_by: OpenedBy, language: str
) -> Scan:
    """Begin a session, with the visit it belongs to where that is known.

    The same visitor again goes on with what is there. Raises StationTaken, NotNow for a visit that is over,
    NoSuchVisit, or ClockImplausible.
    """
    current = at_station(tx.db)
    if current is not None and (visit_id is None or current.visit_id != visit_id):
        raise StationTaken
    if current is not None:
        _touch(tx, current.id)
        return get(tx.db, current.id)
    if visit_id is not None and not (visit := visits.get(tx.db, visit_id)).is_open:
        raise NotNow(visit.state)
    day = days.today(tx, office.zone)
    row = tx.db.execute(
        "INSERT INTO scan (visit_id, day_id, folder, opened_by, language, state, began, seen)"
        " VALUES (?, ?, ?, ?, ?, 'open', ?, ?) RETURNING id",
        (visit_id, day.id, secrets.token_hex(16), opened_by, language, tx.now.stamp(), tx.now.stamp()),
    ).fetchone()
    tx.record("scan.begun", visit=visit_id, by=opened_by)
    return get(tx.db, row["id"])


def accept(tx: Transaction, office: Office, scan_id: int, book: BookClass) -> Scan:
    """The visitor has read the notice for this kind of book, and will comply. Raises ScanForbidden."""
    scan = _open(tx.db, scan_id)
    office.scanning.limit(book)
    tx.db.execute(
        "UPDATE scan SET book = ?, accepted = ?, seen = ? WHERE id = ?",
        (book, tx.now.stamp(), tx.now.stamp(), scan_id),
    )
    tx.record("scan.accepted", visit=scan.visit_id, book=book)
    return get(tx.db, scan_id)


def touch(tx: Transaction, scan_id: int) -> None:
    """Somebody is there: a touch, or a page."""
    if get(tx.db, scan_id).state == "open":
        _touch(tx, scan_id)


def finish(tx: Transaction, scan_id: int, *, pages: int, size: int) -> Scan:
    """The PDF is there: its number of pages joins the visit. Raises NotNow, also without a page."""
    scan = _open(tx.db, scan_id)
    if pages < 1:
        raise NotNow("nothing_scanned")
    tx.db.execute(
        "UPDATE scan SET state = 'finished', finished = ?, pages = ?, bytes = ? WHERE id = ?",
        (tx.now.stamp(), pages, size, scan_id),
    )
    _count(tx, scan, pages)
    tx.record("scan.finished", visit=scan.visit_id, pages=pages)
    return get(tx.db, scan_id)


def reopen(tx: Transaction, scan_id: int) -> Scan:
    """The visitor goes on scanning after all; the link is over."""
    scan = get(tx.db, scan_id)
    if scan.state != "finished":
        raise NotNow(scan.state)
    tx.db.execute(
        "UPDATE scan SET state = 'open', seen = ?, finished = NULL, link_hash = NULL, linked = NULL"
        " WHERE id = ?",
        (tx.now.stamp(), scan_id),
    )
    tx.record("scan.reopened", visit=scan.visit_id)
    return get(tx.db, scan_id)


def leave(tx: Transaction, scan_id: int) -> None:
    """The visitor goes from the screen; the PDF stays for as long as its link and the time limit let it."""
    scan = get(tx.db, scan_id)
    if scan.state != "finished":
        raise NotNow(scan.state)
    tx.db.execute("UPDATE scan SET state = 'left' WHERE id = ?", (scan_id,))
    tx.record("scan.left", visit=scan.visit_id)


def make_link(tx: Transaction, scan_id: int) -> str:
    """A new download link, 128 random bits; the one before is over. Only its hash is stored."""
    scan = get(tx.db, scan_id)
    if scan.state != "finished":
        raise NotNow(scan.state)
    token = secrets.token_urlsafe(16)
    tx.db.execute(
        "UPDATE scan SET link_hash = ?, linked = ? WHERE id = ?", (_hash(token), tx.now.stamp(), scan_id)
    )
    tx.record("scan.linked", visit=scan.visit_id)
    return token


def delivered(tx: Transaction, scan_id: int, way: Literal["download", "usb", "email"]) -> None:
    """The PDF was handed over; counted, and to whom is not written."""
    scan = get(tx.db, scan_id)
    if way == "download":
        tx.db.execute("UPDATE scan SET downloads = downloads + 1 WHERE id = ?", (scan_id,))
    tx.record("scan.delivered", visit=scan.visit_id, way=way)


def erase(tx: Transaction, scan_id: int, why: Why) -> None:
    """Nothing of it is to be left; again does no harm. Its folder goes within a second."""
    scan = get(tx.db, scan_id)
    if scan.state == "erased":
        return
    tx.db.execute(
        "UPDATE scan SET state = 'erased', erased = ?, why = ?, link_hash = NULL WHERE id = ?",
        (tx.now.stamp(), why, scan_id),
    )
    tx.record("scan.erased", visit=scan.visit_id, why=why)


def erase_due(tx: Transaction, limits: ScanLimits) -> int:
    """Erase what is due by checkout, by time or by the day's end; gives how many."""
    found = due(tx.db, tx.now, limits)
    for scan_id, why in found.items():
        erase(tx, scan_id, why)
    return len(found)


def settle_after_restart(tx: Transaction) -> None:
    """A restart is no reason to lose a session: its times begin anew. Links do not outlive it."""
    stamp = tx.now.stamp()
    tx.db.execute("UPDATE scan SET seen = ?, began = ? WHERE state = 'open'", (stamp, stamp))
    tx.db.execute(
        "UPDATE scan SET finished = ?, link_hash = NULL, linked = NULL WHERE state IN ('finished', 'left')",
        (stamp,),
    )


def _count(tx: Transaction, scan: Scan, pages: int) -> None:
    if scan.visit_id is not None:
        tx.db.execute(
            "UPDATE visit SET pages_scanned = max(0, pages_scanned + ?) WHERE id = ?",
            (pages - scan.pages, scan.visit_id),
        )


def _touch(tx: Transaction, scan_id: int) -> None:
    tx.db.execute("UPDATE scan SET seen = ? WHERE id = ?", (tx.now.stamp(), scan_id))


def _open(db: sqlite3.Connection, scan_id: int) -> Scan:
    scan = get(db, scan_id)
    if scan.state != "open":
        raise NotNow(scan.state)
    return scan


# -------------------------------------------------------------------------------------------- reading


def at_station(db: sqlite3.Connection) -> Scan | None:
    """The session that has the station."""
    row = db.execute(f"{_SELECT} WHERE scan.state IN ('open', 'finished')").fetchone()
    return _scan(row) if row else None


def get(db: sqlite3.Connection, scan_id: int) -> Scan:
    """One session. Raises NotNow for one that never was."""
    row = db.execute(f"{_SELECT} WHERE scan.id = ?", (scan_id,)).fetchone()
    if row is None:
        raise NotNow("gone")
    return _scan(row)


def of_link(db: sqlite3.Connection, token: str, now: Moment, limits: ScanLimits) -> Scan:
    """The session of a download link. Raises LinkOver, whatever is wrong with it."""
    row = db.execute(f"{_SELECT} WHERE scan.link_hash = ?", (_hash(token),)).fetchone()
    scan = _scan(row) if row else None
    if scan is None or scan.visit_closed or scan.day_closed or scan.link_left_s(now, limits) <= 0:
        raise LinkOver
    return scan


def ready_of(db: sqlite3.Connection, visit_id: int, now: Moment, limits: ScanLimits) -> Scan | None:
    """The finished PDF of a visit, as long as it is kept; None where there is none (any more)."""
    row = db.execute(
        f"{_SELECT} WHERE scan.visit_id = ? AND scan.state IN ('finished', 'left')"
        " ORDER BY scan.id DESC LIMIT 1",
        (visit_id,),
    ).fetchone()
    scan = _scan(row) if row else None
    over = scan is None or scan.visit_closed or scan.day_closed or scan.ends_in_s(now, limits) <= 0
    return None if over else scan


def kept_folders(db: sqlite3.Connection) -> frozenset[str]:
    """The folders that may be there."""
    return frozenset(row["folder"] for row in db.execute("SELECT folder FROM scan WHERE state != 'erased'"))


def due(db: sqlite3.Connection, now: Moment, limits: ScanLimits) -> Mapping[int, Why]:
    """What has to be erased now, and why."""
    found: dict[int, Why] = {}
    for row in db.execute(f"{_SELECT} WHERE scan.state != 'erased'"):
        scan = _scan(row)
        if scan.day_closed:
            found[scan.id] = "day_end"
        elif scan.visit_closed:
            found[scan.id] = "checkout"
        elif scan.ends_in_s(now, limits) <= 0:
            found[scan.id] = "idle" if scan.state == "open" else "time_limit"
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _scan(row: sqlite3.Row) -> Scan:
    return Scan(
        id=row["id"],
        visit_id=row["visit_id"],
        folder=row["folder"],
        state=row["state"],
        language=row["language"],
        book=row["book"],
        began=Moment.parse(row["began"]),
        seen=Moment.parse(row["seen"]),
        finished=Moment.parse(row["finished"]) if row["finished"] else None,
        pages=row["pages"],
        bytes=row["bytes"],
        linked=Moment.parse(row["linked"]) if row["linked"] else None,
        downloads=row["downloads"],
        visit_closed=row["visit_closed"] is not None,
        day_closed=row["day_closed"] is not None,
    )
