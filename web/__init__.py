"""What people see: one Flask application, a blueprint for each audience.

It knows the appliance's services and nothing of devices. No page waits for a device, and no page is stored
by a browser: the next visitor stands at the same screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask

from appliance.front_desk import FrontDesk
from appliance.lan.settings import host_names
from web import access, context, failures, live, protection
from web.admin import admin
from web.api import api
from web.board import board
from web.desk import desk as desk_pages
from web.download import download
from web.entrance import entrance
from web.information import information
from web.kiosk import kiosk
from web.library import kiosk_library, phone_library, scanner_library
from web.reports import reports
from web.scanner import scanner
from web.simulator import Simulated, simulator
from web.status import status
from web.visitor import visitor, visitor_kiosk

if TYPE_CHECKING:
    from web.central.beside import Centre

MAX_FORM_BYTES = 64 * 1024


def create_app(desk: FrontDesk, simulated: Simulated | None = None, centre: Centre | None = None) -> Flask:
    """The pages of one front desk; with `simulated` hardware each page says so, and has a page to play it.

    `centre` is the receiver at the other end of a simulated line.
    """
    app = Flask(__name__)
    app.url_map.strict_slashes = False  # /board and /board/ are the same to whoever types them
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        TRUSTED_HOSTS=_hosts(desk),
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["front_desk"] = desk
    app.extensions["simulated"] = simulated
    app.extensions["centre"] = centre
    for part in (protection, access, context, failures, live):
        part.install(app)
    for blueprint in (
        entrance,
        information,
        kiosk,
        kiosk_library,
        scanner_library,
        phone_library,
        visitor,
        visitor_kiosk,
        scanner,
        download,
        desk_pages,
        reports,
        admin,
        board,
        api,
        status,
    ):
        app.register_blueprint(blueprint)
    if simulated is not None:
        app.register_blueprint(simulator)
    return app


def _hosts(desk: FrontDesk) -> list[str]:
    """The names under which this machine may be asked: others are a browser that was led astray."""
    panel = desk.config.panel
    named = {panel.host, urlsplit(panel.url).hostname or "", *host_names(desk.config.lan, panel.public_url)}
    return sorted((named | {"127.0.0.1", "localhost", "[::1]"}) - {""})
