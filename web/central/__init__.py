"""The other end: the reference receiver, which keeps what the contract (docs/central.md) promises.

It is no part of a front desk: an application of its own, with the contract's one address for programs and a
few pages for whoever works at the centre. It shares with the front desk the look of the pages, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from appliance.central.contract import MAX_BYTES
from appliance.central.gate import Gate
from appliance.central.intake import Intake
from web import protection
from web.central import failures, words
from web.central.ailment import Ailment
from web.central.events import events
from web.central.pages import pages
from web.protection import RateLimit

BATCHES_AT_ONCE = 8  # that are worked on; the database writes them one after the other
_BURST, _EVERY_S = 200, 0.05  # batches of one office: a month's backlog in a minute


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a receiver is made of."""

    intake: Intake
    gate: Gate
    limit: RateLimit
    ailment: Ailment
    certificates: bool = False  # a proxy before us checks client certificates and hands them on
    open_pages: bool = False  # the pages ask for no log-in: for the simulator


def create_receiver(intake: Intake, *, certificates: bool = False, open_pages: bool = False) -> Flask:
    """The application of a receiver over an archive. Serve it on loopback: TLS is a proxy's work."""
    app = Flask("web")  # its templates and static files are those of the house
    app.url_map.strict_slashes = False
    app.config.update(MAX_CONTENT_LENGTH=MAX_BYTES, TEMPLATES_AUTO_RELOAD=False)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["receiver"] = Receiver(
        intake, Gate(BATCHES_AT_ONCE), RateLimit(_BURST, _EVERY_S), Ailment(), certificates, open_pages
    )
    for part in (protection, words, failures):
        part.install(app)
    app.register_blueprint(events)
    app.register_blueprint(pages)
    return app
