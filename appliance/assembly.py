"""Puts a front desk together: which driver serves which section of the configuration.

With `appliance/__main__.py`, the command line, this is the only place that knows concrete devices.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import cast

from appliance import __version__, checks, lockers, outbox, printing, scans, staff
from appliance.catalogue.client import WebApi
from appliance.catalogue.errors import NoKey
from appliance.catalogue.settings import Catalogue
from appliance.central.https_road import HttpsRoad
from appliance.central.mqtt_road import MqttRoad
from appliance.central.road import Road
from appliance.central_config import Central
from appliance.checks import Checkup
from appliance.config import Config
from appliance.duties.cards import CardDuty
from appliance.duties.catalogue import CatalogueDuty
from appliance.duties.copies import CopiesDuty
from appliance.duties.delivery import DeliveryDuty
from appliance.duties.doors import DoorDuty
from appliance.duties.keeper import KeeperDuty
from appliance.duties.paper import PaperDuty
from appliance.duties.press import PressDuty
from appliance.duties.relay import RelayDuty
from appliance.duties.scanner import ScannerDevice, ScannerDuty
from appliance.duties.voice import VoiceDuty
from appliance.errors import StoreError
from appliance.examination import Answer, Ask
from appliance.front_desk import FrontDesk
from appliance.keeping import recovery
from appliance.locker_config import BoardLockers, GpioLockers
from appliance.messages import Message
from appliance.printer_config import EscposNetwork, EscposSerial, Printer
from appliance.runtime import Duty, Runtime
from appliance.scanner_config import Scanner
from appliance.scanning.process import CONNECTING_S, Deadlines, LookedAt, ScanProcess, as_child, by_socket
from appliance.scanning.protocol import setup_of
from appliance.scanning.station import TEMPORARY, Station
from appliance.store import Transaction
from drivers.base import Device, Locks
from drivers.button import ButtonWiring, GpioButtons
from drivers.card_reader import PcscReader, list_readers
from drivers.debounce import Presses, Rules
from drivers.gpio import PinSource, pin_factory
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from drivers.printer import EscposPrinter
from drivers.printer_usb import UsbWire
from drivers.printer_wire import NetworkWire, SerialWire, Wire
from drivers.serial_locks import BoardLock, Bus, SerialLocks
from drivers.speaker import EspeakSpeaker

COLUMNS = {"58mm": 32, "80mm": 48}
LOCKERS = "lockers"


def printer(settings: Printer) -> EscposPrinter:
    """The ticket printer that the configuration describes."""
    can = settings.abilities
    return EscposPrinter(
        name="printer",
        wire=_wire(settings),
        columns=can.columns,
        timeout_s=settings.timeout.total_seconds(),
        native_qr=can.native_qr,
        cutter=can.cutter,
        confirm=can.confirm,
        expects_status=can.answers_status,
    )


def _wire(settings: Printer) -> Wire:
    if isinstance(settings, EscposNetwork):
        return NetworkWire(settings.host, settings.port)
    if isinstance(settings, EscposSerial):
        return SerialWire(settings.path, settings.baudrate)
    return UsbWire(settings.vendor, settings.product, settings.serial, settings.match)


def button_wiring(config: Config) -> dict[str, ButtonWiring]:
    """The push buttons, by the letter of their service."""
    rows = config.buttons.button if config.buttons else ()
    return {row.service: ButtonWiring(row.pin, row.active == "low", row.lamp_pin) for row in rows}


def lock_wiring(config: Config) -> dict[str, LockWiring]:
    """The lockers on pins, by their names."""
    rows = config.lockers.locker if isinstance(config.lockers, GpioLockers) else ()
    return {
        row.name: LockWiring(row.pin, row.contact_pin, row.active == "high", row.contact == "low")
        for row in rows
    }


def board_wiring(config: Config) -> dict[str, BoardLock]:
    """The lockers on lock boards, by their names."""
    rows = config.lockers.locker if isinstance(config.lockers, BoardLockers) else ()
    return {row.name: BoardLock(row.address, row.lock, row.has_contact) for row in rows}


def bus(settings: BoardLockers) -> Bus:
    """The line of the lock boards."""
    return Bus(
        settings.path,
        settings.board,
        settings.baudrate,
        settings.first_lock,
        settings.closed_is_high,
        None if settings.pulse is None else round(settings.pulse.total_seconds() * 1000),
        answer_s=settings.answer.total_seconds(),
        gap_s=settings.gap.total_seconds(),
        rest_s=settings.rest.total_seconds(),
    )


def presses(config: Config, pins: PinSource | None) -> Presses | None:
    """The push buttons, with their bounce taken out."""
    settings = config.buttons
    if settings is None:
        return None
    wiring = button_wiring(config)
    buttons = GpioButtons(name="buttons", wiring=wiring, factory=pins or partial(pin_factory, settings.chip))
    rules = Rules(_ns(settings.debounce.total_seconds()), _ns(settings.window.total_seconds()))
    return Presses(buttons, wiring, rules)


def locks(config: Config, pins: PinSource | None) -> GpioLocks | SerialLocks | None:
    """The bank of lockers."""
    settings = config.lockers
    if settings is None:
        return None
    if isinstance(settings, BoardLockers):
        return SerialLocks(name=LOCKERS, bus=bus(settings), wiring=board_wiring(config))
    timing = PulseTiming(
        settings.pulse.total_seconds(), settings.max_pulse.total_seconds(), settings.gap.total_seconds()
    )
    factory = pins or partial(pin_factory, settings.chip)
    return GpioLocks(name=LOCKERS, wiring=lock_wiring(config), factory=factory, timing=timing)


def reader(config: Config) -> PcscReader | None:
    """The card reader."""
    settings = config.card_reader
    if settings is None:
        return None
    return PcscReader(pattern=settings.reader, transmit_timeout_s=settings.timeout.total_seconds())


def speaker(config: Config) -> EspeakSpeaker | None:
    """The voice."""
    settings = config.voice
    if settings is None:
        return None
    return EspeakSpeaker(
        "voice",
        player=settings.player,
        words_per_minute=settings.speed,
        volume=settings.volume,
        chime=settings.chime,
    )


def scanner(desk: FrontDesk, station: Station) -> Duty:
    """The thread that owns the scanning process; the process itself knows the devices."""
    device = ScannerDevice(scan_process_of(desk.config, station), station)
    return Duty("scanner", ScannerDuty(desk, station, device).step, device)


def scan_process_of(config: Config, station: Station) -> ScanProcess:
    """The scanning process that the configuration describes."""
    flatbed, camera, settings = config.flatbed, config.camera, config.scanner or Scanner()
    deadlines = Deadlines(
        glass_s=flatbed.deadline.total_seconds() if flatbed else 0.0,
        camera_s=camera.timeout.total_seconds() + CONNECTING_S if camera else 0.0,
        page_s=settings.page_deadline.total_seconds(),
    )
    return ScanProcess(
        station.setup,
        deadlines=deadlines,
        sane_config=flatbed.sane_config if flatbed else None,
        start=by_socket(settings.socket) if settings.socket else as_child(station.root / TEMPORARY),
    )


def duties(desk: FrontDesk, pins: PinSource | None = None) -> list[Duty]:
    """One duty for each device that the configuration names, the keeper, and who makes the copies."""
    config = desk.config
    found = [Duty("keeper", KeeperDuty(desk).step), Duty("copies", CopiesDuty(desk).step, end=lambda: None)]
    if buttons := presses(config, pins):
        found.append(Duty("input", PressDuty(desk, buttons).step, buttons))
    if config.printer:
        paper = printer(config.printer)
        found.append(Duty("printer", PaperDuty(desk, paper).step, paper))
    if card_reader := reader(config):
        found.append(Duty("cards", CardDuty(desk, card_reader).step, card_reader))
    if config.lockers and (bank := locks(config, pins)):
        doors = DoorDuty(desk, bank, opens_within_s=config.lockers.open_within.total_seconds())
        found.append(Duty("locks", doors.step, bank))
    if config.voice and (voice := speaker(config)):
        found.append(Duty("voice", VoiceDuty(desk, voice, config.voice.languages).step, voice))
    found += [*_scanning(desk), *_going_out(desk)]
    return [replace(duty, ask=question(config, duty.device)) if duty.device else duty for duty in found]


def _scanning(desk: FrontDesk) -> Iterator[Duty]:
    if desk.station:
        yield scanner(desk, desk.station)
        delivery = DeliveryDuty(desk, desk.station)
        yield Duty("delivery", delivery.step, end=delivery.end)


def _going_out(desk: FrontDesk) -> Iterator[Duty]:
    """Whoever speaks to somebody outside of the house."""
    config = desk.config
    if desk.library and desk.library.has_key:
        catalogue = CatalogueDuty(desk, desk.library, partial(web_api, config.catalogue))
        yield Duty("catalogue", catalogue.step, end=catalogue.end)
    if config.central:
        relay = RelayDuty(desk, partial(road, config.central, desk))
        yield Duty("relay", relay.step, end=relay.end)


def web_api(settings: Catalogue) -> WebApi:
    """The BPS WebAPI that the configuration describes. Raises NoKey."""
    try:
        key = settings.read_key()
    except OSError as error:
        raise NoKey(str(error)) from None
    if key is None:
        raise NoKey("no key is configured")
    return WebApi(
        settings.url,
        key,
        pause_s=settings.pause.total_seconds(),
        timeout_s=settings.timeout.total_seconds(),
    )


def road(settings: Central, desk: FrontDesk) -> Road:
    """The road to the central server that the configuration describes."""
    if settings.road == "mqtt":
        return MqttRoad(settings, desk.office.id, desk.store.read(outbox.device))
    return HttpsRoad(settings)


@contextmanager
def running(desk: FrontDesk, pins: PinSource | None = None) -> Iterator[Runtime]:
    """A front desk with its data open and its threads at work. Raises StoreError when the data is in use."""
    with closing(desk.store):  # also when it is stopped while it opens: the writer's thread must end
        desk.store.open(partial(_settle, desk=desk))
        work = duties(desk, pins)
        runtime = Runtime(work, desk.health, desk.changes, examination=desk.examination)
        desk.pulse.follow(runtime.ticked, [duty.name for duty in work if duty.is_core])
        try:
            with suppress(StoreError):  # noted in the store, shown on every page; the rest works on
                _make_first_start_code(desk)
            runtime.start()
            yield runtime
        finally:
            desk.changes.end()
            runtime.stop()


def _make_first_start_code(desk: FrontDesk) -> None:
    """Before the threads start: paper and terminal ask for it in the same moment, and must show the same."""
    if not desk.store.read(staff.any_member):
        with suppress(OSError):  # the terminal says why there is none
            staff.first_start_code(desk.folder)


def _settle(tx: Transaction, desk: FrontDesk) -> None:
    """What the last run left behind, and the paper that lets the first administrator in.

    The first transaction of a start, also where the database can be used only later.
    """
    printing.settle_after_restart(tx)
    lockers.settle_after_restart(tx)
    recovery.close_lockers(tx, desk)
    scans.settle_after_restart(tx)
    tx.record("appliance.started", version=__version__)
    # Once: a front desk that is started ten times before its set-up must not print ten codes.
    if not staff.any_member(tx.db) and not printing.any_of_kind(tx.db, "first_start"):
        printing.ask(tx, "first_start")


def checkups(config: Config, pins: PinSource | None = None) -> list[Checkup]:
    """Every device of the configuration, closed, with the question that shows whether it is well."""
    devices: list[Device | None] = [
        presses(config, pins),
        printer(config.printer) if config.printer else None,
        reader(config),
        locks(config, pins),
        speaker(config),
        *scanning_devices(config),
    ]
    return [Checkup(device, question(config, device)) for device in devices if device is not None]


def question(config: Config, device: Device) -> Ask:
    """How this device is asked how it is, once it is open."""
    match device:
        case EscposPrinter():
            return partial(checks.printer_answer, device)
        case PcscReader():
            return lambda: checks.reader_answer(list_readers(), device.reader or "")
        case Presses():
            return partial(checks.buttons_answer, tuple(button_wiring(config)))
        case LookedAt():
            return lambda: checks.picture_answer(device.detail)
        case ScannerDevice():
            return device.answer
        case EspeakSpeaker():
            return lambda: Answer((Message("check.said.voice"),))
    return _locks_question(device) if device.name == LOCKERS else Answer


def _locks_question(device: Device) -> Ask:
    """Whichever driver they have."""
    if isinstance(device, SerialLocks):
        return partial(checks.boards_answer, device)
    return partial(checks.locks_answer, cast(Locks, device))


def scanning_devices(config: Config) -> list[LookedAt]:
    """The camera and the flatbed, each looked at by itself: one may be there without the other."""
    setup = setup_of(config)
    if setup is None or config.scanner is None:
        return []
    sane_config = config.flatbed.sane_config if config.flatbed else None
    alone = {"camera": replace(setup, flatbed=None), "flatbed": replace(setup, camera=None)}
    socket = config.scanner.socket
    return [LookedAt(name, alone[name], sane_config, socket) for name in alone if getattr(setup, name)]


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
