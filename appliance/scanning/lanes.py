"""The lanes of the scanning process: the camera's, the glass's, and the darkroom's; a thread each.

So a page is taken while the one before is in work. A frame is on the disk, with its number, before the front
desk is told that it is saved; everything else can be done again.
"""

from __future__ import annotations

import base64
import errno
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from appliance.errors import ApplianceError, NoRoomForScans, StationAway
from appliance.pages.codes import ticket_token
from appliance.pages.trigger import Sight, Trigger
from appliance.scanning.darkroom import FAILED, UNEXPECTED, BookFacts, Darkroom, jpeg
from appliance.scanning.folder import FrameFile, PageFiles, ScanFolder
from appliance.scanning.protocol import Line
from drivers.base import Camera, DriverError, Flatbed, Frame, LensCovered, Photo

log = logging.getLogger(__name__)

Tell = Callable[[Line], None]
By = Literal["auto", "button", "glass"]

TRIES = 2  # a frame in whose development the process ended so often is given up
NICE = 10  # of the darkroom, above the process's own
PREVIEW_EVERY_S = 0.25
CODE_EVERY_S = 0.4
CODE_RESTS_S = 5.0  # so long the same ticket is not told again
AGAIN_S = 1.0  # until a device that has gone is looked for again
LOOK_PX, DETAIL_PX, PREVIEW_PX, CODE_PX = 320, 640, 640, 1600
THUMB_HEIGHT_PX = 240


class Shelf:
    """The open session's folder, and the one place where frames get their numbers."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self.folder: ScanFolder | None = None
        self.more = threading.Condition()  # rings when there is a frame to develop, or something to bind

    def open(self, folder: ScanFolder) -> None:
        """Work in this folder from now on."""
        folder.make()
        self.folder = folder
        self.ring()

    def ring(self) -> None:
        """There may be something to do in the darkroom."""
        with self.more:
            self.more.notify_all()

    def keep(
        self, photo: Photo, look: NDArray[np.uint8], by: By, since_s: float, instead: int | None = None
    ) -> None:
        """Put a frame on the disk, and only then say so."""
        folder = self.folder
        if folder is None:
            return
        try:
            with self._lock:
                suffix = f"glass.{photo.suffix}" if by == "glass" else photo.suffix
                number = folder.keep_frame(photo.data, suffix, instead)
            with suppress(OSError):  # it is made anew, or the page itself is shown
                folder.keep_look(number, jpeg(look, THUMB_HEIGHT_PX))
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            log.error("a frame could not be kept: %s", error)
            self._tell({"is": "refused", "code": NoRoomForScans.code if full else "store_read_only"})
            return
        ms = round((time.monotonic() - since_s) * 1000)
        self._tell({"is": "saved", "frame": number, "by": by, "instead": instead, "ms": ms})
        self.ring()


class CameraLane:
    """Watches the book: shows it, takes pages, and reads tickets while nobody scans."""

    def __init__(self, camera: Camera, shelf: Shelf, tell: Tell) -> None:
        self._camera = camera
        self._shelf = shelf
        self._tell = tell
        self._trigger = Trigger()
        self._wishes: queue.SimpleQueue[tuple[int | None, float]] = queue.SimpleQueue()
        self._troubled: str | None = ""  # not connected yet
        self._sight: str | None = None
        self._next_preview_s = self._next_code_s = 0.0
        self._code: tuple[str, float] = ("", 0.0)
        self._wants_picture = False  # somebody looks after the camera, and no visitor is here
        self.auto = False  # whether it takes pages by itself: the front desk says so
        self.grabbed_s = time.monotonic()

    @property
    def is_ready(self) -> bool:
        """Whether pictures come."""
        return self._troubled is None

    def take(self, instead: int | None) -> None:
        """Take the page that lies there now: the button. Called from another thread."""
        if self._troubled is not None:
            self._tell({"is": "refused", "code": StationAway.code})
        else:
            self._wishes.put((instead, time.monotonic()))

    def show(self) -> None:
        """Send one picture although nobody scans. Called from another thread."""
        self._wants_picture = True

    def run(self) -> None:
        """Look until the process ends."""
        while True:
            try:
                self._camera.connect()
                while True:
                    self._see(self._camera.grab())
            except DriverError as error:
                self._trouble(error.code, error.detail)
            self._camera.close()
            self._sight = None
            time.sleep(AGAIN_S)
            self.grabbed_s = time.monotonic()

    def _see(self, frame: Frame) -> None:
        self.grabbed_s = time.monotonic()
        wide = frame.reduced(8, grey=True).shape[1] * 8

        def at_least(pixels: int, *, grey: bool = True) -> NDArray[np.uint8]:
            factor = next((one for one in (8, 4, 2) if wide // one >= pixels), 1)
            return frame.reduced(factor, grey=grey)  # type: ignore[arg-type]  # 1, 2, 4 or 8

        if self._shelf.folder is None:
            self._trouble(None)
            if self._wants_picture:
                self._wants_picture = False
                self._preview(at_least)
            self._read_ticket(at_least)
            return
        self._wants_picture = False
        sight = self._trigger.look(
            at_least(LOOK_PX), frame.at_s, lambda: at_least(DETAIL_PX), may_take=self.auto
        )
        self._trouble(LensCovered.code if sight is Sight.COVERED else None)
        self._answer(frame, sight, at_least)
        self._show(sight, at_least)

    def _answer(self, frame: Frame, sight: Sight, at_least: Callable[..., NDArray[np.uint8]]) -> None:
        """Take the page, for the button's sake or by itself."""
        try:
            instead, since_s = self._wishes.get_nowait()
        except queue.Empty:
            if sight is Sight.TAKE:
                self._shelf.keep(frame.photo(), at_least(PREVIEW_PX, grey=False), "auto", frame.at_s)
            return
        self._trigger.was_taken(at_least(DETAIL_PX))
        self._shelf.keep(frame.photo(), at_least(PREVIEW_PX, grey=False), "button", since_s, instead)

    def _show(self, sight: Sight, at_least: Callable[..., NDArray[np.uint8]]) -> None:
        if sight.value != self._sight:
            self._sight = sight.value
            self._tell({"is": "sight", "sight": sight.value})
        now = time.monotonic()
        if now >= self._next_preview_s:
            self._next_preview_s = now + PREVIEW_EVERY_S
            self._preview(at_least)

    def _preview(self, at_least: Callable[..., NDArray[np.uint8]]) -> None:
        picture = jpeg(at_least(PREVIEW_PX, grey=False), PREVIEW_PX, quality=70)
        self._tell({"is": "preview", "jpeg": base64.b64encode(picture).decode()})

    def _read_ticket(self, at_least: Callable[..., NDArray[np.uint8]]) -> None:
        now = time.monotonic()
        if now < self._next_code_s:
            return
        self._next_code_s = now + CODE_EVERY_S
        token = ticket_token(at_least(CODE_PX))
        if token is not None and (token != self._code[0] or now > self._code[1]):
            self._code = token, now + CODE_RESTS_S
            self._tell({"is": "ticket", "token": token})

    def _trouble(self, code: str | None, detail: str = "") -> None:
        if code != self._troubled:
            self._troubled = code
            self._tell({"is": "device", "device": self._camera.name, "problem": code, "detail": detail})


class GlassLane:
    """Scans what lies on the glass, when told to; libsane is loaded for one scan at a time."""

    def __init__(self, flatbed: Flatbed, shelf: Shelf, tell: Tell) -> None:
        self._flatbed = flatbed
        self._shelf = shelf
        self._tell = tell
        self._wishes: queue.SimpleQueue[tuple[Literal["page", "ticket"], int | None]] = queue.SimpleQueue()
        self.began_s: float | None = None  # since when a scan is under way

    def scan(self, instead: int | None) -> None:
        """Scan a page. Called from another thread; a second wish in the meantime counts for nothing."""
        if self.began_s is None and self._wishes.empty():
            self._wishes.put(("page", instead))

    def read_ticket(self) -> None:
        """Scan, and look for a ticket's code."""
        if self.began_s is None and self._wishes.empty():
            self._wishes.put(("ticket", None))

    def cancel(self) -> None:
        """Stop the scan that is under way."""
        self._flatbed.cancel()

    def run(self) -> None:
        """Wait for wishes until the process ends."""
        while True:
            wish, instead = self._wishes.get()
            self.began_s = time.monotonic()
            self._tell({"is": "scanning", "done": 0, "of": 0})
            try:
                self._flatbed.connect()
                photo = self._flatbed.scan(self._progress)
            except DriverError as error:
                self._tell({"is": "scanned", "problem": error.code, "detail": error.detail})
            else:
                self._use(photo, wish, instead)
            finally:
                self._flatbed.close()
                self.began_s = None

    def _use(self, photo: Photo, wish: str, instead: int | None) -> None:
        import cv2

        picture = cv2.imdecode(np.frombuffer(photo.data, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
        if picture is None:
            self._tell({"is": "scanned", "problem": "short_picture", "detail": ""})
            return
        small = np.asarray(picture, np.uint8)
        if wish == "ticket":
            token = ticket_token(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8))
            self._tell({"is": "scanned", "problem": None, "detail": ""})
            self._tell({"is": "ticket", "token": token})
            return
        self._shelf.keep(photo, small, "glass", self.began_s or time.monotonic(), instead)
        self._tell({"is": "scanned", "problem": None, "detail": ""})

    def _progress(self, done: int, total: int) -> None:
        if total and done % max(1, total // 10) == 0:
            self._tell({"is": "scanning", "done": done, "of": total})


class DarkroomLane:
    """Develops the frames in their order, and binds the book; at low priority."""

    def __init__(self, darkroom: Darkroom, shelf: Shelf, tell: Tell) -> None:
        self._darkroom = darkroom
        self._shelf = shelf
        self._tell = tell
        self._binding: Line | None = None
        self.frame: int | None = None  # in work
        self.began_s = time.monotonic()

    def bind(self, wish: Line) -> None:
        """Put the pages into one PDF, once all frames are developed. Called from another thread."""
        self._binding = wish
        self._shelf.ring()

    def run(self) -> None:
        """Work until the process ends."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.nice(0) + NICE)
        while True:
            with self._shelf.more:
                if not self._has_work():
                    self._shelf.more.wait(1.0)
            folder = self._shelf.folder
            if folder is None:
                continue
            waiting = folder.undeveloped()
            if waiting:
                self._develop(folder, waiting[0])
            elif self._binding is not None:
                wish, self._binding = self._binding, None
                self._bind(folder, wish)

    def _has_work(self) -> bool:
        folder = self._shelf.folder
        return folder is not None and (self._binding is not None or bool(folder.undeveloped()))

    def _develop(self, folder: ScanFolder, frame: FrameFile) -> None:
        number = frame.number
        self.frame, self.began_s = number, time.monotonic()
        try:
            photo = frame.path.read_bytes()
            if folder.begin(number) >= TRIES:
                log.error("frame %d: its development ended the process; it stays a plain photo", number)
                folder.keep_pages(number, self._darkroom.plain(photo))
            else:
                folder.keep_pages(number, self._pages(photo, frame))
        except ApplianceError as error:
            folder.give_up(number, error.code)
        except MemoryError:
            folder.give_up(number, FAILED)
        except OSError as error:  # a full disk: the frame waits, and is tried again
            log.error("frame %d: %s", number, error)
            self._tell({"is": "refused", "code": NoRoomForScans.code})
            time.sleep(AGAIN_S)
            return
        finally:
            self.frame = None
        seconds = round(time.monotonic() - self.began_s, 3)
        self._tell({"is": "page", "frame": number, "seconds": seconds})

    def _pages(self, photo: bytes, frame: FrameFile) -> list[PageFiles]:
        """The pages of a frame; the plain photo, where the pipeline meets something that it does not know."""
        try:
            return self._darkroom.develop(photo, from_glass=frame.from_glass)
        except UNEXPECTED:
            log.exception("frame %d stays a plain photo", frame.number)
            return self._darkroom.plain(photo)

    def _bind(self, folder: ScanFolder, wish: Line) -> None:
        began = time.monotonic()
        pages: Sequence[tuple[str, int]] = [(key, int(turn)) for key, turn in wish["pages"]]
        facts = BookFacts(datetime.fromisoformat(wish["made"]), wish["language"], wish["source_line"])
        try:
            self._darkroom.bind([(folder.pdf(key), turn) for key, turn in pages], folder.book, facts)
        except (OSError, ApplianceError, KeyError) as error:
            log.error("the book was not bound: %s", error)
            code = error.code if isinstance(error, ApplianceError) else NoRoomForScans.code
            self._tell({"is": "bound", "problem": code})
            return
        size, seconds = folder.book.stat().st_size, round(time.monotonic() - began, 3)
        self._tell({"is": "bound", "problem": None, "pages": len(pages), "bytes": size, "seconds": seconds})


def state_of(*lanes: Any) -> Line:
    """What a pulse says of the lanes: for how long each has been at the same thing."""
    now = time.monotonic()
    said: Line = {"is": "pulse"}
    for lane in lanes:
        if isinstance(lane, CameraLane):
            said["camera_s"] = round(now - lane.grabbed_s, 2)
        elif isinstance(lane, GlassLane) and lane.began_s is not None:
            said["glass_s"] = round(now - lane.began_s, 2)
        elif isinstance(lane, DarkroomLane) and lane.frame is not None:
            said |= {"frame": lane.frame, "frame_s": round(now - lane.began_s, 2)}
    return said
