"""What a front desk is made of: the parts that its pages and its threads share.

Put together once, in `appliance/__main__.py`; nothing here does anything by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from appliance import __version__
from appliance.announcements import Announcements
from appliance.cards import CardKeys, LastTap
from appliance.catalogue.errors import NoKey
from appliance.catalogue.library import Library
from appliance.changes import Changes
from appliance.clock import Clock
from appliance.config import Config
from appliance.doors import Doors
from appliance.drafts import Drafts
from appliance.examination import Examination
from appliance.health import Health
from appliance.help_calls import HelpCalls
from appliance.invitations import Invitations
from appliance.keeping.copies import Copies
from appliance.office import Office
from appliance.office_hours import OfficeHours
from appliance.outbox import Maker
from appliance.presses import LastPress
from appliance.pulse import Pulse
from appliance.relay import RelayState
from appliance.scanner_config import Scanner
from appliance.scanning.protocol import setup_of
from appliance.scanning.station import SCANS, Station
from appliance.scans import ScanLimits
from appliance.sessions import Limits
from appliance.store import Store
from appliance.wording import Wording, load_wording


@dataclass(frozen=True)
class FrontDesk:
    """One front desk: its office, its configuration, its state."""

    office: Office
    config: Config
    clock: Clock
    folder: Path
    wording: Wording
    changes: Changes
    health: Health
    store: Store
    doors: Doors
    drafts: Drafts  # of guest books
    survey_drafts: Drafts
    keys: CardKeys
    invitations: Invitations
    help_calls: HelpCalls
    copies: Copies
    maker: Maker
    relay: RelayState
    examination: Examination
    hours: OfficeHours
    announcements: Announcements
    station: Station | None = None
    library: Library | None = None
    last_tap: LastTap = field(default_factory=LastTap)
    last_press: LastPress = field(default_factory=LastPress)
    pulse: Pulse = field(default_factory=Pulse)

    @property
    def limits(self) -> Limits:
        """How long a log-in lasts."""
        panel = self.config.panel
        return Limits(panel.idle_logout.total_seconds(), panel.session_cap.total_seconds())

    @property
    def scan_limits(self) -> ScanLimits:
        """How long a scan session and its PDF last; also where there is no station (any more)."""
        scanner = self.config.scanner or Scanner()
        return ScanLimits(
            idle_s=scanner.idle.total_seconds(),
            longest_s=scanner.longest.total_seconds(),
            keep_s=scanner.keep.total_seconds(),
            link_s=self.config.delivery.link.total_seconds(),
        )

    @property
    def lockers(self) -> tuple[str, ...]:
        """The names of the lockers, in the order of the configuration."""
        return self.doors.names

    @property
    def unlock_expires_s(self) -> float:
        """Seconds after which an unlock is not carried out any more."""
        return self.config.lockers.unlock_expires.total_seconds() if self.config.lockers else 0.0


def assemble(office: Office, config: Config, clock: Clock, folder: Path) -> FrontDesk:
    """A front desk whose database is not open yet."""
    changes = Changes()
    maker = Maker(office, __version__)
    names = tuple(row.name for row in config.lockers.locker) if config.lockers else ()
    desk = FrontDesk(
        office=office,
        config=config,
        clock=clock,
        folder=folder,
        wording=load_wording(office.queue_word),
        changes=changes,
        health=Health(clock, changes),
        store=Store(folder, clock, changes, maker.before_commit),
        doors=Doors(names, changes),
        drafts=Drafts(clock),
        survey_drafts=Drafts(clock),
        keys=CardKeys(folder / "keys"),
        invitations=Invitations(clock, changes),
        help_calls=HelpCalls(clock, changes),
        copies=Copies(folder, changes),
        maker=maker,
        relay=RelayState(changes),
        library=_library(office, config, folder, changes),
        examination=Examination(changes),
        hours=OfficeHours(office, changes, enforced=config.queue.only_within_hours),
        announcements=Announcements(clock, changes),
    )
    setup = setup_of(config)
    if setup is None or not office.steps.scan:
        return desk
    return replace(
        desk,
        station=Station(
            setup,
            desk.scan_limits,
            folder / SCANS,
            changes,
            has_room=lambda: desk.store.room().allows("scans"),
        ),
    )


def _library(office: Office, config: Config, folder: Path, changes: Changes) -> Library | None:
    """The digital library; without a key for the API it shows links only, and what is here already."""
    if office.digital_library is None:
        return None
    settings = config.catalogue
    try:
        key = settings.read_key()
    except OSError as error:
        library = Library(settings, office.digital_library, folder, changes, has_key=False)
        library.has_trouble(NoKey.code, str(error))
        return library
    return Library(settings, office.digital_library, folder, changes, has_key=key is not None)
