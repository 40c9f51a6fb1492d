"""Hands the finished PDF over as the visitor has chosen: to a USB stick, or by e-mail.

One thing after the other, in a thread of its own, since sticks and relays take their time. What went wrong is
told on the screen; nothing is tried again by itself, because the visitor stands there and decides.
"""

from __future__ import annotations

import logging
from pathlib import Path

from appliance import scans
from appliance.errors import NotDelivered, Refused
from appliance.front_desk import FrontDesk
from appliance.scanning import mail, usb_stick
from appliance.scanning.mail import Letter
from appliance.scanning.station import STICK, Handover, Order, Station
from appliance.scanning.usb_stick import StickRules
from appliance.scans import Scan
from appliance.wording import Language

log = logging.getLogger(__name__)

_LISTEN_S = 1.0


class DeliveryDuty:
    """Carries out the station's orders."""

    def __init__(self, desk: FrontDesk, station: Station) -> None:
        self._desk = desk
        self._station = station

    def step(self) -> None:
        """Carry out the next order, or wait for one."""
        heard = self._desk.changes.count  # before looking: what comes after it is heard
        order = self._station.next_order()
        if order is None:
            self._desk.changes.wait(heard, _LISTEN_S)
            return
        try:
            self._carry_out(order)
        except NotDelivered as error:
            log.warning("%s: %s %s", order.way, error.why, error.detail)
            self._station.hand_over(order.way, Handover("failed", error.why))
        except (Refused, OSError) as error:  # the session has ended in this moment
            log.info("%s: %s", order.way, type(error).__name__)
            self._station.hand_over(order.way, Handover())
        else:
            self._station.hand_over(order.way, Handover("done"))

    def end(self) -> None:
        """Nothing to cut short: each thing that it waits for has a deadline of its own."""

    def _carry_out(self, order: Order) -> None:
        scan = self._desk.store.read(scans.get, order.scan_id)
        book = self._station.folder_of(scan).book
        if order.way == "usb":
            usb_stick.save(book.resolve(), self._name(), self._rules(), self._desk.folder / STICK)
        else:
            self._send(order.address, scan, book)
        self._desk.store.write(scans.delivered, scan.id, order.way)

    def _rules(self) -> StickRules:
        delivery = self._desk.config.delivery
        return StickRules(
            delivery.usb_devices,
            delivery.usb_mount,
            delivery.usb_unmount,
            delivery.usb_deadline.total_seconds(),
        )

    def _send(self, address: str, scan: Scan, book: Path) -> None:
        office = self._desk.office
        language: Language = "en" if scan.language == "en" else "id"
        letter = Letter(
            self._desk.wording.text("scanner.done.email_subject", language, office=office.name),
            self._desk.wording.text("scanner.done.email_body", language, office=office.name, n=scan.pages),
            self._name(),
        )
        mail.send(book, address, letter, self._desk.config.delivery)

    def _name(self) -> str:
        """Of the file: when, and not what or whose."""
        made = self._desk.clock.now().wall.astimezone(self._desk.office.zone)
        return f"pindaian-pst-{made:%Y%m%d-%H%M}.pdf"
