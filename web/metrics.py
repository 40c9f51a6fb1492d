"""The front desk in numbers, for Prometheus. Nothing is kept between two looks: each asks the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from appliance import __version__, figures, outbox, readiness
from appliance.errors import StoreError
from appliance.figures import Figures
from appliance.front_desk import FrontDesk
from appliance.health import Report
from appliance.keeping.room import USES, Room

log = logging.getLogger(__name__)


def registry_of(desk: FrontDesk) -> CollectorRegistry:
    """A registry of this front desk alone."""
    registry = CollectorRegistry()
    registry.register(FrontDeskCollector(desk))
    return registry


class FrontDeskCollector:
    """Counts at the moment of the scrape."""

    def __init__(self, desk: FrontDesk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        """Everything; without a database, what can be said without it."""
        seen = readiness.look(self._desk)
        yield InfoMetricFamily("frontdesk", "The program.", value={"version": __version__})
        yield _number("frontdesk_ready", "1 when numbers can be given.", int(seen.ready))
        yield _by(
            "frontdesk_not_ready",
            "Why no numbers can be given.",
            "reason",
            {reason.code: 1 for reason in seen.reasons},
        )
        yield from _devices(seen.devices)
        yield from self._database_size()
        if seen.room is not None:
            yield from _room(seen.room)
        try:
            counted = self._desk.store.read(figures.count, self._desk.office, self._desk.clock.now())
        except StoreError as error:
            log.warning("metrics without the database: %s", error)  # the reason stands above, too
            return
        yield from _counts(counted)
        yield from self._central()

    def _central(self) -> Iterator[Metric]:
        """The way to the central server: nothing of it is a reason for not being ready."""
        backlog = self._desk.store.read(outbox.backlog)
        now, trouble = self._desk.clock.now(), self._desk.relay.trouble
        age = (now.seconds_since(backlog.oldest) if backlog.oldest else None) or 0
        yield _number("frontdesk_central_on", "1 when visits are sent.", int(bool(self._desk.config.central)))
        yield _number("frontdesk_central_waiting", "Events that the server has not got.", backlog.waiting)
        yield _number("frontdesk_central_oldest_seconds", "How long the oldest has waited.", int(age))
        yield _number("frontdesk_central_parked", "Events that the server has rejected.", backlog.parked)
        if backlog.last_stored is not None:
            stamp = int(backlog.last_stored.wall.timestamp())
            yield _number("frontdesk_central_last_stored_seconds", "When it last stored one (Unix).", stamp)
        reasons = {trouble.code: 1} if trouble else {}
        yield _by("frontdesk_central_trouble", "Why nothing goes out.", "reason", reasons)

    def _database_size(self) -> Iterator[Metric]:
        path = self._desk.store.path
        sizes = {
            file.name: file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.is_file()
        }
        yield _by("frontdesk_database_bytes", "Size of the database's files.", "file", sizes)


def _devices(reports: tuple[Report, ...]) -> Iterator[Metric]:
    up = {report.device: int(report.state.value == "ready") for report in reports}
    yield _by("frontdesk_device_up", "1 while the device is connected.", "device", up)
    problem = GaugeMetricFamily(
        "frontdesk_device_problem", "1 for what is wrong with a device.", labels=("device", "problem")
    )
    for report in reports:
        if report.problem is not None:
            problem.add_metric((report.device, report.problem), 1)
    yield problem


def _room(room: Room) -> Iterator[Metric]:
    yield _number("frontdesk_disk_free_bytes", "Room on the disk, ballast not counted.", room.free)
    yield _number("frontdesk_disk_ballast", "1 while room is kept for numbers.", int(room.ballast))
    allowed: dict[str, int] = {use: int(room.allows(use)) for use in USES}
    yield _by("frontdesk_disk_allows", "1 for what there is room for.", "use", allowed)


def _counts(counted: Figures) -> Iterator[Metric]:
    yield _by("frontdesk_tickets_today", "Numbers given today.", "service", counted.issued)
    yield _by("frontdesk_waiting", "People in line.", "service", counted.waiting)
    yield _by("frontdesk_visits_open", "Visits that are not closed.", "state", counted.open_visits)
    kept = {"bag": counted.bags, "card": counted.cards}
    yield _by("frontdesk_deposits_open", "Bags in lockers, and cards kept.", "kind", kept)
    sla = {"met": counted.sla_met, "missed": counted.sla_missed}
    yield _by("frontdesk_sla_visits_today", "Visits by the published time to service.", "outcome", sla)
    help_text = "Paper: what waits now (queued, printing), and what has ended today."
    yield _by("frontdesk_print_jobs", help_text, "state", counted.print_jobs)
    yield _by("frontdesk_unlocks_today", "Openings of lockers today.", "outcome", counted.unlocks)
    yield _number("frontdesk_journal_seq", "Number of the newest row of the journal.", counted.journal_seq)


def _number(name: str, help_text: str, value: int) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _by(name: str, help_text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
