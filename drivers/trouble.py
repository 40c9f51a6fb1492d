"""What can go wrong with a device: one tree, for all drivers (`drivers/base.py` hands it on).

DriverError
├── Missing          not there when it was looked for          retry
├── Lost             was there, is gone                        retry
├── Busy             another program holds it                  retry
├── Timeout          did not answer within its deadline        retry
├── PaperOut         nothing was printed                       a person acts
├── CoverOpen        nothing was printed                       a person acts
├── PrinterFault     cutter, head or power; nothing printed    a person acts
├── OutcomeUnknown   it may have happened, it may not          a person decides
│   └── UnlockUnknown   the door may have been unlocked        a person looks
├── LockFault        the lock did not take the command         a person acts
├── Unreadable       a card that gives nothing to go by        the visitor tries again
├── Denied           this account may not use the device       a person acts
├── Jammed           the scanner's way is blocked              a person acts
├── LidOpen          the scanner's lid is open                 a person acts
├── NoOriginal       nothing lies in the scanner               the visitor tries again
├── ReadFault        the scanner could not read                a person acts
├── Cancelled        the scan was stopped                      the visitor tries again
├── ShortPicture     the picture is not whole                  the visitor tries again
└── LensCovered      the camera sees nothing                   the visitor tries again
"""

from __future__ import annotations

from typing import ClassVar


class DriverError(Exception):
    """Anything a device can do wrong; `device` is its name in the configuration."""

    code: ClassVar[str] = "device"
    retry: ClassVar[bool] = False
    hint: ClassVar[str] = "Restart the appliance; call the technician if it happens again."

    def __init__(self, device: str, detail: str = "") -> None:
        self.device = device
        self.detail = detail
        super().__init__(f"{device}: {detail}" if detail else device)


class Missing(DriverError):
    """The device was not found where the configuration says it is."""

    code = "missing"
    retry = True
    hint = "Check the cable and the power of the device."


class Lost(DriverError):
    """The device was there and has gone."""

    code = "lost"
    retry = True
    hint = "Check the cable and the power of the device; it is taken up again by itself."


class Busy(DriverError):
    """Another program holds the device."""

    code = "busy"
    retry = True
    hint = "End the other program that uses this device, or restart the appliance."


class Timeout(DriverError):
    """The device did not answer within its deadline."""

    code = "timeout"
    retry = True
    hint = "Switch the device off and on."


class PaperOut(DriverError):
    """The printer has no paper. Nothing of the job was printed."""

    code = "paper_out"
    hint = "Put in a new roll of paper. Waiting tickets then print by themselves."


class CoverOpen(DriverError):
    """The printer's cover is open. Nothing of the job was printed."""

    code = "cover_open"
    hint = "Close the printer's cover. Waiting tickets then print by themselves."


class PrinterFault(DriverError):
    """The printer says that it cannot print (offline, cutter, head). Nothing of the job was printed."""

    code = "printer_fault"
    hint = "Look for jammed paper, then switch the printer off and on."


class OutcomeUnknown(DriverError):
    """The job was begun and its end is not known: it may have been printed, wholly or in part."""

    code = "outcome_unknown"
    hint = "Look whether the paper came out; if not, print it again as a copy."


class UnlockUnknown(OutcomeUnknown):
    """A lock board was told to unlock and its answer was lost: the door may be open. Never sent twice."""

    code = "unlock_unknown"
    hint = "Look whether the door is open; if not, open it once more."


class LockFault(DriverError):
    """The lock, or its board, did not take the command."""

    code = "lock_fault"
    hint = "Open the locker with its emergency key and have the wiring checked."


class Unreadable(DriverError):
    """The card was there but gave no number: moved too soon, not ISO 14443, or two cards at once."""

    code = "unreadable"
    hint = "Lay the card on the reader again, alone, and leave it for a second."


class Denied(DriverError):
    """The device is there, but this account may not use it."""

    code = "denied"
    hint = "Put the account of the service into the group of the device (scanner, lp or video)."


class Jammed(DriverError):
    """The scanner's carriage or paper path is blocked. There is no picture."""

    code = "jammed"
    hint = "Look what blocks the scanner, then switch it off and on."


class LidOpen(DriverError):
    """The scanner's lid or door is open. There is no picture."""

    code = "lid_open"
    hint = "Close the scanner's lid as far as the book allows."


class NoOriginal(DriverError):
    """The scanner says that nothing lies in it."""

    code = "no_original"
    hint = "Lay the book on the glass, then scan again."


class ReadFault(DriverError):
    """The scanner could not read the page (an input or output error). There is no picture."""

    code = "read_fault"
    hint = "Check the scanner's cable, then switch it off and on."


class Cancelled(DriverError):
    """The scan was stopped before its end. There is no picture."""

    code = "cancelled"
    hint = "Scan the page again."


class ShortPicture(DriverError):
    """Fewer rows came than the scanner had promised, without an error."""

    code = "short_picture"
    hint = "Scan the page again; check the cable if it happens often."


class LensCovered(DriverError):
    """The camera gives pictures, but they are black or without any detail."""

    code = "lens_covered"
    hint = "Take away what covers the lens, and switch the light on."
