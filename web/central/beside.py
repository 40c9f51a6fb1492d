"""A receiver beside a simulated front desk, in the same process: the real one, on SQLite, with open pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.central import offices
from appliance.central.archive import Archive
from appliance.central.databases import open_database
from appliance.central.intake import WITH_IDENTITY, Intake
from appliance.office import Office
from web.central import create_receiver
from web.central.serving import serving


@dataclass(frozen=True, slots=True)
class Centre:
    """A receiver that runs, and what an office needs to send to it."""

    archive: Archive
    port: int
    token: Path  # the file that holds it

    @property
    def url(self) -> str:
        """Of its pages."""
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def beside(folder: Path, office: Office) -> Iterator[Centre]:
    """A receiver that knows this office, for as long as the `with` lasts. Raises StoreError or OSError."""
    archive = Archive(open_database(f"sqlite:///{folder}/central.db"))
    try:
        with archive.db.writing() as session:
            offices.add(session, office.id, f"BPS {office.name}")
            token = offices.give_token(session, office.id)
        file = folder / "token"
        file.touch(mode=0o600)
        file.write_text(token, encoding="ascii")
        with serving(create_receiver(Intake(archive, WITH_IDENTITY), open_pages=True)) as port:
            yield Centre(archive, port, file)
    finally:
        archive.close()
