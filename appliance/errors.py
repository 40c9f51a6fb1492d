"""What can go wrong in the appliance, and what a person can do about it.

Drivers have a tree of their own (`drivers/base.py`). Each class here has a stable `code`, by which texts
(`error.<code>.title`, `error.<code>.do`), logs and the JSON API know it.

    ApplianceError
    ├── ConfigError           the files are wrong; nothing was started
    ├── StoreError            the database did not do it
    │   ├── StoreFull         no room on the disk
    │   ├── StoreReadOnly     the disk cannot be written
    │   ├── StoreDamaged      the file is no sound database
    │   └── CommitUnknown     it may be stored, it may not
    ├── CopyError             a copy of the database
    │   ├── CopyFailed        could not be made or checked
    │   └── CopyRefused       cannot be put back; nothing was touched
    ├── ReleaseError          another release of the program could not be tried
    ├── Refused               the front desk's rules say no; nothing was changed (also ValueError)
    │   ├── NoSuchService     no service of this letter or key
    │   ├── ServiceClosed     outside the hours of service
    │   ├── NotNow            the present state does not allow it
    │   ├── LockerTaken       the locker is in use
    │   ├── NoLockerFree      all lockers are in use
    │   ├── CardUnknown       the card belongs to no open deposit
    │   ├── CardUnusable      the card gives nothing lasting to know it by
    │   ├── TooSoon           the same thing was asked a moment ago
    │   ├── KeyReused         another wish was asked under the same key
    │   ├── ClockImplausible  the date cannot be right
    │   ├── NoSuchPlace       no desk of this key
    │   ├── NoSuchVisit       no visit of this token or number
    │   ├── Invalid           fields of a form that do not fit
    │   ├── ScanForbidden     this kind of book is not scanned here
    │   ├── PageLimit         the house rule's number of pages is reached
    │   ├── StationTaken      somebody else scans
    │   ├── StationAway       no scanner is ready
    │   ├── NoRoomForScans    the disk is too full for another page
    │   └── LinkOver          the download is over, or was never there
    ├── NotDelivered          the PDF was not handed over this way; `why` says what the visitor is told
    ├── CentralError          the central server took nothing; everything is kept and sent again
    │   ├── CentralUnreachable  no network, no such server, nobody answers, time is up
    │   ├── CentralUntrusted  its certificate is not good
    │   ├── CentralTooEarly   its certificate is not valid yet: as a rule the clock here is wrong
    │   ├── CentralRefused    it does not know this front desk, or does not let it
    │   ├── CentralBusy       it has too much to do
    │   ├── CentralNonsense   what answers does not speak as the central server does
    │   └── CentralUnprepared  the token or certificate here cannot be read
    ├── AccessError           who asks may not
    │   ├── BadLogin          name or password wrong
    │   ├── TooManyTries      wait before the next try
    │   ├── SessionOver       logged out by time or by somebody
    │   └── Forbidden         logged in, but not for this
    ├── PhotoError            a picture of which no page can be made
    │   ├── NotAPicture       the file holds something else
    │   ├── PictureEmpty      the file holds nothing
    │   ├── PictureTruncated  the end of the picture is missing
    │   ├── PictureTooSmall   too few pixels for a page
    │   ├── PictureTooLarge   more pixels than are ever needed
    │   └── SeveralPictures   an animation, or several pages in one file
    └── TextUnread            a page without searchable text; the page itself is good
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

from appliance.messages import Message, Problem

__all__ = ["Message", "Problem"]  # handed on; all that is defined here is public too


class ApplianceError(Exception):
    """Anything that the appliance itself can do wrong or refuse."""

    code: ClassVar[str] = "internal"
    retry: ClassVar[bool] = False
    hint: ClassVar[str] = "Restart the appliance; call the technician if it happens again."

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(detail or self.hint)


class ConfigError(ApplianceError):
    """The configuration or a profile is wrong; holds every problem that was found, in the file's order."""

    code = "config"
    hint = "Correct the lines that are named, then start again."

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


# ------------------------------------------------------------------------------------------ store


class StoreError(ApplianceError):
    """The database did not carry out a read or a write."""

    code = "store"
    hint = "Look into the log for the reason; restart the appliance."


class StoreFull(StoreError):
    """There is no room left on the disk; nothing was stored."""

    code = "store_full"
    retry = True
    hint = "Make room on the disk of the data folder."


class StoreReadOnly(StoreError):
    """The database cannot be written; nothing was stored."""

    code = "store_read_only"
    hint = "A worn memory card turns read-only: replace it, and put the last copy of the data on the new one."


class StoreDamaged(StoreError):
    """The file is not a sound database."""

    code = "store_damaged"
    hint = "Stop the appliance and put back the last copy of the data."


class CommitUnknown(StoreError):
    """COMMIT failed midway: look the request up before anything is done again."""

    code = "commit_unknown"
    retry = True
    hint = "Look whether the request was stored; never do it again under a new number."


# ------------------------------------------------------------------------------------------ copies


class CopyError(ApplianceError):
    """Something about a copy of the database."""

    code = "copy"
    hint = "Look at the list of copies."


class CopyFailed(CopyError):
    """A copy could not be made, rewritten or carried away; older copies are as they were."""

    code = "copy_failed"
    retry = True
    hint = "Look whether the disk of the copies is there and has room, then make a copy again."


class CopyRefused(CopyError):
    """A file cannot be put back as the database; nothing was touched."""

    code = "copy_refused"
    hint = "Take an older copy."


# --------------------------------------------------------------------------------------- releases


class ReleaseError(ApplianceError):
    """A release could not be tried, or the front desk not be stopped or started."""

    code = "release"
    hint = "Look at the reason; the release of before goes on."


# ---------------------------------------------------------------------------------------- refused


class Refused(ApplianceError, ValueError):
    """The rules of the front desk say no; nothing was changed."""

    code = "refused"
    hint = "Look at the page again: it shows what is possible now."


class NoSuchService(Refused):
    """The office has no such service."""

    code = "no_such_service"
    hint = "Compare the service with the office profile."


class ServiceClosed(Refused):
    """The service gives no numbers at this time."""

    code = "service_closed"
    hint = "Look at the hours in the office profile, and at the clock."


class NotNow(Refused):
    """The visit, ticket or locker is in a state that does not allow this; `state` is that state."""

    code = "not_now"
    hint = "Somebody else was faster, or the page is old: look at it again."

    def __init__(self, state: str, detail: str = "") -> None:
        self.state = state
        super().__init__(detail or f"not in state {state!r}")


class LockerTaken(Refused):
    """The locker holds somebody's bag."""

    code = "locker_taken"
    hint = "Choose another locker."


class NoLockerFree(Refused):
    """Every locker holds somebody's bag."""

    code = "no_locker_free"
    hint = "Keep the bag at the desk and note it there."


class CardUnknown(Refused):
    """No open deposit belongs to this card."""

    code = "card_unknown"
    hint = "Find the visit by the ticket or the slip."


class CardUnusable(Refused):
    """The card has no number, or a new one each time: it cannot be known again."""

    code = "card_unusable"
    hint = "Print a slip: it takes the card's place."


class TooSoon(Refused):
    """The same was asked a moment ago; `wait_s` is the time left, in seconds."""

    code = "too_soon"
    retry = True
    hint = "Wait a moment."

    def __init__(self, wait_s: float, detail: str = "") -> None:
        self.wait_s = wait_s
        super().__init__(detail or f"again in {wait_s:.1f} s")


class KeyReused(Refused):
    """Something else was asked under this key today; nothing was given."""

    code = "key_reused"
    hint = "Use a new key for each new wish, and the old one only to ask for the same again."


class ClockImplausible(Refused):
    """The date cannot be right, so no number is given under it."""

    code = "clock_implausible"
    retry = True
    hint = "Connect the network for the time, or set the clock."


class NoSuchPlace(Refused):
    """The office has no such desk."""

    code = "no_such_place"
    hint = "Compare the desk with the office profile."


class NoSuchVisit(Refused):
    """No visit belongs to this token or number."""

    code = "no_such_visit"
    hint = "Tickets are good for one day; take a new number."


class Invalid(Refused):
    """Input that does not fit; `fields` says for each field which text to show beside it."""

    code = "invalid"
    hint = "Correct the fields that are marked."

    def __init__(self, fields: Mapping[str, Message]) -> None:
        self.fields = MappingProxyType(dict(fields))
        super().__init__(", ".join(f"{name}: {message.key}" for name, message in self.fields.items()))


class ScanForbidden(Refused):
    """Micro data, embargoed and personal documents are not scanned here."""

    code = "scan_forbidden"
    hint = "Ask the officer for a publication that may be copied."


class PageLimit(Refused):
    """The number of pages that the house allows of such a book is reached."""

    code = "page_limit"
    hint = "Finish, or delete pages that are not needed; the limit stands in the office profile."


class StationTaken(Refused):
    """Somebody else has a session at the scanner."""

    code = "station_taken"
    hint = "Wait until the session is finished, or let its visitor finish it."


class StationAway(Refused):
    """No scanner or camera is ready."""

    code = "station_away"
    hint = "Look at the scanner's state on the desk page."


class NoRoomForScans(Refused):
    """The disk has too little room left for another page."""

    code = "no_room_for_scans"
    hint = "Make room on the disk of the data folder; finished pages can still be taken along."


class LinkOver(Refused):
    """The download link is over by time or by number, or never was one."""

    code = "link_over"
    hint = "Scan the code at the station again while its time runs."


class NotDelivered(ApplianceError):
    """A finished scan was not handed over this way; `why` is a text of `scanner.problem`."""

    code = "not_delivered"
    hint = "The file is still there: try again, or another way."

    def __init__(self, why: str, detail: str = "") -> None:
        self.why = why
        super().__init__(detail or why)


# ---------------------------------------------------------------------------------------- central


class CentralError(ApplianceError):
    """The central server has acknowledged nothing; what it can be is in `central_errors.py`."""

    code = "central"
    retry = True
    hint = "Nothing is lost; it is tried again by itself."


# ----------------------------------------------------------------------------------------- access


class AccessError(ApplianceError):
    """Who asks may not have it."""

    code = "access"
    hint = "Log in with an account that may do this."


class BadLogin(AccessError):
    """Name or password is wrong; which of them is not said."""

    code = "bad_login"
    hint = "Try again, or ask the administrator for a new password."


class TooManyTries(AccessError):
    """Too many wrong tries; `wait_s` is the time until the next one counts, in seconds."""

    code = "too_many_tries"
    retry = True
    hint = "Wait, then try again."

    def __init__(self, wait_s: float, detail: str = "") -> None:
        self.wait_s = wait_s
        super().__init__(detail or f"again in {wait_s:.0f} s")


class SessionOver(AccessError):
    """The session has ended by time, by log-out, or because the account was changed."""

    code = "session_over"
    hint = "Log in again."


class Forbidden(AccessError):
    """The account is known but may not do this."""

    code = "forbidden"
    hint = "Ask an administrator."


# ----------------------------------------------------------------------------------------- pages


class PhotoError(ApplianceError):
    """No page can be made of this picture."""

    code = "photo"
    hint = "Take the picture again."


class NotAPicture(PhotoError):
    """The file holds no picture of a kind that is known."""

    code = "not_a_picture"
    hint = "Give a picture: JPEG, PNG, TIFF or WebP."


class PictureEmpty(PhotoError):
    """The file holds nothing."""

    code = "picture_empty"
    hint = "Copy the file again from the camera, or take the picture again."


class PictureTruncated(PhotoError):
    """The end of the picture is missing."""

    code = "picture_truncated"
    hint = "Copy the file again from the camera, or take the picture again."


class PictureTooSmall(PhotoError):
    """The picture has too few pixels for a page that can be read."""

    code = "picture_too_small"
    hint = "Take the picture at a higher resolution."


class PictureTooLarge(PhotoError):
    """The picture has more pixels than any page needs, and was not opened."""

    code = "picture_too_large"
    hint = "Take the picture at a lower resolution: 600 dpi of an A3 sheet are enough."


class SeveralPictures(PhotoError):
    """The file holds an animation or several pages."""

    code = "several_pictures"
    hint = "Give each page as a file of its own."


class TextUnread(ApplianceError):
    """The text of the page was not read; the page itself is good."""

    code = "text_unread"
    retry = True
    hint = "Look whether Tesseract and its languages are installed; the page can be used without."
