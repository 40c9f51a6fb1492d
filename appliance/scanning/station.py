"""The scanner station as the front desk sees it: what the camera shows, how far the pages are.

Shared by the pages and the scanner's thread, and only in memory: whose session it is stands in the database
(`scans.py`), its pages in their folder (`album.py`). After a restart both are read anew.
"""

from __future__ import annotations

import base64
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from appliance.changes import Changes
from appliance.errors import NoRoomForScans, NotNow, StationAway
from appliance.office import Office
from appliance.scanning.album import Album, Leaf, Step
from appliance.scanning.folder import ScanFolder
from appliance.scanning.protocol import Line, Setup
from appliance.scans import Scan, ScanLimits

SCANS = "scans"  # the folder of all sessions, within the data folder
STICK = "stick"  # beside it, never in it: where a visitor's stick is mounted while it is written
TEMPORARY = "temporary"  # in it: what libraries put aside; erased with each session

Way = Literal["usb", "email"]


class Channel(Protocol):
    """What a scanning process can be told through."""

    def send(self, line: Line) -> None:
        """Tell it something."""


@dataclass(frozen=True, slots=True)
class Glass:
    """What the flatbed is doing. `problem` is the code of the last scan's trouble."""

    scanning: bool = False
    done: int = 0
    of: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """How far the finished PDF is."""

    state: Literal["none", "binding", "ready", "failed"] = "none"
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """How far one way of taking the PDF along is. `problem` is a code of `scanner.problem.*`."""

    state: Literal["none", "working", "done", "failed"] = "none"
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A wish to take the PDF along. It never shows the address."""

    way: Way
    scan_id: int
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that a page shows of the station, at one moment."""

    leaves: tuple[Leaf, ...]
    pages: int
    in_work: int
    last_step: Step | None
    sight: str
    live: int  # the number of the live picture; 0: there is none
    process: Literal["starting", "ready", "lost"]
    camera: str | None  # why it gives no picture; None: it does
    refused: str | None
    glass: Glass
    book: Book
    handovers: Mapping[Way, Handover]
    ticket: str | None


@dataclass
class Station:
    """One station. Every method may be called from any thread."""

    setup: Setup
    limits: ScanLimits
    root: Path  # of the sessions' folders
    changes: Changes
    has_room: Callable[[], bool]
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _channel: Channel | None = None
    _process: Literal["starting", "ready", "lost"] = "starting"
    _album: Album | None = None
    _live: tuple[int, bytes] = (0, b"")
    _sight: str = "settling"
    _camera: str | None = "opening"
    _refused: str | None = None
    _glass: Glass = field(default_factory=Glass)
    _book: Book = field(default_factory=Book)
    _handovers: dict[Way, Handover] = field(default_factory=dict)
    _orders: deque[Order] = field(default_factory=deque)
    _link: str | None = None
    _ticket: str | None = None  # a ticket that was seen, and could not be used: why

    # ---------------------------------------------------------------------- looking

    def look(self) -> Look:
        """All of it."""
        with self._lock:
            album = self._album
            return Look(
                leaves=tuple(album.leaves()) if album else (),
                pages=album.pages if album else 0,
                in_work=album.in_work if album else 0,
                last_step=album.last_step if album else None,
                sight=self._sight,
                live=self._live[0],
                process=self._process,
                camera=self._camera,
                refused=self._refused,
                glass=self._glass,
                book=self._book,
                handovers=dict(self._handovers),
                ticket=self._ticket,
            )

    def live_picture(self) -> bytes:
        """What the camera saw last, as JPEG. Raises StationAway while it sees nothing."""
        with self._lock:
            if not self._live[1]:
                raise StationAway
            return self._live[1]

    def folder_of(self, scan: Scan) -> ScanFolder:
        """Where a session's pages are."""
        return ScanFolder(self.root / scan.folder)

    @property
    def link(self) -> str | None:
        """The download's token, for the screen alone."""
        with self._lock:
            return self._link

    # ---------------------------------------------------------------------- what visitors do

    def take(self, office: Office, scan: Scan, *, glass: bool = False, instead: str | None = None) -> None:
        """Take a page, or, with the key of a page in `instead`, its frame once more.

        Raises StationAway, NoRoomForScans, PageLimit or NotNow, and then nothing is taken.
        """
        if scan.book is None or scan.state != "open":
            raise NotNow(scan.state)
        with self._lock:
            album = self._opened()
            if self._book.state == "binding":
                raise NotNow("binding")
            replaced = album.leaf(instead).frame if instead is not None else None
            if replaced is None:
                office.scanning.check(scan.book, album.pages)
            if not self.has_room():
                raise NoRoomForScans
            if self._process != "ready" or (glass and self.setup.flatbed is None):
                raise StationAway
            self._refused = None
            self._tell({"do": "scan" if glass else "take", "instead": replaced})

    def show(self) -> None:
        """Have one picture sent although nobody scans: for who looks after the camera. Raises StationAway."""
        with self._lock:
            if self._process != "ready" or self._camera is not None:
                raise StationAway
            if self._album is None:  # a visitor's own pictures come by themselves, and are nobody else's
                self._live = (self._live[0], b"")
                self._tell({"do": "show"})

    def stop_scanning(self) -> None:
        """Stop the glass."""
        self._tell({"do": "cancel"})

    def read_ticket_on_glass(self) -> None:
        """Look for a ticket on the glass. Raises StationAway."""
        with self._lock:
            if self._process != "ready" or self.setup.flatbed is None:
                raise StationAway
            self._ticket = None
            self._glass = Glass(scanning=True)
            self._tell({"do": "read_ticket"})

    def change(self, act: Callable[[Album], None]) -> None:
        """`change(lambda album: album.delete(key))`. Raises NotNow, or NoRoomForScans for a full disk."""
        with self._lock:
            try:
                act(self._opened())
            except OSError as error:
                raise NoRoomForScans from error
        self.changes.ring()

    def bind(self, language: str, made: str, source_line: str) -> None:
        """Make the PDF, as soon as all frames are developed. Raises NotNow without a page."""
        with self._lock:
            album = self._opened()
            if album.pages == 0:
                raise NotNow("nothing_scanned")
            self._book = Book("binding")
            self._wish = (language, made, source_line)
            self._bind_if_developed()
        self.changes.ring()

    def unbind(self) -> None:
        """The visitor scans on."""
        with self._lock:
            self._book, self._link = Book(), None
            self._handovers.clear()
        self.changes.ring()

    def order(self, way: Way, scan: Scan, address: str = "") -> None:
        """The visitor wants the PDF this way; an address is kept until it is used, in memory alone."""
        with self._lock:
            if self._handovers.get(way, Handover()).state == "working":
                return
            self._handovers[way] = Handover("working")
            self._orders.append(Order(way, scan.id, address))
        self.changes.ring()

    def next_order(self) -> Order | None:
        """What the delivery's thread has to do next."""
        with self._lock:
            return self._orders.popleft() if self._orders else None

    def hand_over(self, way: Way, state: Handover) -> None:
        """How far one way of taking it along is."""
        with self._lock:
            self._handovers[way] = state
        self.changes.ring()

    def show_link(self, token: str | None) -> None:
        """The download's token is there."""
        with self._lock:
            self._link = token
        self.changes.ring()

    # ---------------------------------------------------------------------- the scanner's thread

    def connect(self, channel: Channel | None, process: Literal["starting", "ready", "lost"]) -> None:
        """A scanning process is there, or not any more."""
        with self._lock:
            self._channel, self._process = channel, process
            if process != "ready":
                self._camera, self._live, self._glass = "opening", (0, b""), Glass()
        self.changes.ring()

    def open(self, scan: Scan | None) -> None:
        """The session that has the station, or none; what the last one left in memory is gone."""
        with self._lock:
            self._album = None
            self._live, self._refused, self._book, self._link = (0, b""), None, Book(), None
            self._handovers.clear()
            self._ticket = None
            self._orders.clear()
            if scan is not None:
                folder = self.folder_of(scan)
                folder.make()
                self._album = Album(folder)
                if scan.state == "finished" and folder.book.exists():
                    self._book = Book("ready")
                self._tell({"do": "open", "folder": str(folder.path.resolve())})
        self.changes.ring()

    def let_take(self, allowed: bool) -> None:
        """Whether the camera may take pages by itself."""
        self._tell({"do": "auto", "on": allowed and self.setup.auto})

    def hear(self, line: Line) -> None:
        """Take up what the process said."""
        with self._lock:
            rings = _HEARD[line["is"]](self, line)
        if rings:
            self.changes.ring()

    def say_ticket(self, problem: str | None) -> None:
        """Why a ticket that was seen did not begin a session."""
        with self._lock:
            self._ticket = problem
        self.changes.ring()

    # ---------------------------------------------------------------------- within

    _wish: tuple[str, str, str] = ("id", "", "")

    def _opened(self) -> Album:
        if self._album is None:
            raise NotNow("closed")
        return self._album

    def _tell(self, line: Line) -> None:
        if self._channel is not None:
            self._channel.send(line)

    def _bind_if_developed(self) -> None:
        album = self._opened()
        if self._book.state != "binding" or album.in_work:
            return
        pages = [(leaf.key, leaf.turn) for leaf in album.leaves() if leaf.state == "done"]
        if not pages:
            self._book = Book("failed", "nothing_scanned")
            return
        language, made, source = self._wish
        self._tell({"do": "bind", "pages": pages, "language": language, "made": made, "source_line": source})

    def bind_again(self) -> None:
        """After a restart of the process: what was being bound has to be asked for anew."""
        with self._lock:
            if self._album is not None:
                self._bind_if_developed()

    def _heard_preview(self, line: Line) -> bool:
        first = not self._live[1]
        self._live = self._live[0] + 1, base64.b64decode(line["jpeg"])
        return first  # the page asks for the picture by itself, as often as it can show it

    def _heard_sight(self, line: Line) -> bool:
        before, self._sight = self._sight, str(line["sight"])
        return before != self._sight

    def _heard_page(self, _line: Line) -> bool:
        if self._album is not None:
            self._album.look_again()
            self._bind_if_developed()
        return True

    def _heard_device(self, line: Line) -> bool:
        self._camera = line["problem"]
        if line["problem"] not in (None, "lens_covered"):
            self._live = (0, b"")
        return True

    def _heard_refused(self, line: Line) -> bool:
        self._refused = line["code"]
        return True

    def _heard_scanning(self, line: Line) -> bool:
        self._glass = Glass(scanning=True, done=line["done"], of=line["of"])
        return True

    def _heard_scanned(self, line: Line) -> bool:
        self._glass = Glass(problem=line["problem"])
        return True

    def _heard_bound(self, line: Line) -> bool:
        self._book = replace(
            self._book, state="failed" if line["problem"] else "ready", problem=line["problem"]
        )
        return True

    def _heard_nothing(self, _line: Line) -> bool:
        return False


_HEARD: Mapping[str, Callable[[Station, Line], bool]] = {
    "ready": Station._heard_nothing,
    "preview": Station._heard_preview,
    "sight": Station._heard_sight,
    "saved": Station._heard_page,
    "page": Station._heard_page,
    "device": Station._heard_device,
    "refused": Station._heard_refused,
    "scanning": Station._heard_scanning,
    "scanned": Station._heard_scanned,
    "bound": Station._heard_bound,
    "ticket": Station._heard_nothing,  # the duty's business
}
