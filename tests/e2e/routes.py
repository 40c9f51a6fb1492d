"""Every address that a browser can open, by its endpoint, with an example of each.

`{waiting}` and the like are the tokens of a morning's visits; `{phone_draft}` and `{kiosk_draft}` the keys of
guest books that were begun. A new page has no place here yet: the tests that walk these tables say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Audience = Literal["kiosk", "phone", "staff", "board", "entrance", "empty"]


def _visitor(blueprint: str, at: str, draft: str, visit: str) -> dict[str, tuple[str, ...]]:
    """The pages that phone and kiosk share."""
    return {
        f"{blueprint}.notice": (at + "/{waiting}/guest-book", at + "/{serving}/guest-book"),
        f"{blueprint}.screen": tuple(
            f"{at}/{{{visit}}}/guest-book/{{{draft}}}/{screen}" for screen in (1, 2, 3)
        ),
        f"{blueprint}.done": (at + "/{serving}/guest-book/done",),
        f"{blueprint}.rate": (at + "/{reading}/rating", at + "/{waiting}/rating"),
        f"{blueprint}.why": (at + "/{consulting}/rating/why?rating=none",),
        f"{blueprint}.thanks": (at + "/{consulting}/rating/thanks",),
        f"{blueprint}.inquiry": (at + "/{reading}/request/consultation",),
        f"{blueprint}.inquiry_done": (at + "/{reading}/request/consultation/done",),
        f"{blueprint}.question": (
            at + "/{consulting}/survey/{survey_draft}/1",
            at + "/{consulting}/survey/{survey_draft}/9",
        ),
    }


def _library(blueprint: str, at: str) -> dict[str, tuple[str, ...]]:
    """The digital library's pages, which four audiences share."""
    return {
        f"{blueprint}.search": (at, at + "?q=dalam+angka", at + "?q=xyzzy"),
        f"{blueprint}.publication": (at + "/{publication}",),
    }


# The pages of a front desk at work.
PAGES: Final[Mapping[Audience, Mapping[str, tuple[str, ...]]]] = {
    "kiosk": {
        "kiosk.home": ("/kiosk/",),
        "kiosk.complaints": ("/kiosk/complaints",),
        "kiosk.guest_book": ("/kiosk/guest-book",),
        **_library("kiosk_library", "/kiosk/library"),
        **_library("scanner_library", "/scanner/library"),
        "kiosk.whose": ("/kiosk/for/consultation",),
        "kiosk.standard": ("/kiosk/standard",),
        "kiosk.standard_section": ("/kiosk/standard/requirements", "/kiosk/standard/complaints"),
        "kiosk.ticket": ("/kiosk/ticket/{waiting}",),
        "scanner.screen": ("/scanner",),  # without a station; with one: test_station.py
        **_visitor("visitor_kiosk", "/kiosk/v", "kiosk_draft", "called"),
        "failure": ("/kiosk/nothing-here", "/kiosk/v/nobody/rating"),
    },
    "phone": {
        "visitor.visit": tuple(
            f"/v/{{{state}}}" for state in ("waiting", "called", "serving", "reading", "gone")
        ),
        **_visitor("visitor", "/v", "phone_draft", "waiting"),
        **_library("phone_library", "/library"),
        "information.phone": ("/info",),
        "failure": ("/v/nobody", "/v/{waiting}/nothing-here"),
    },
    "staff": {
        "desk.overview": ("/desk/",),
        **_library("desk.desk_library", "/desk/library"),
        "desk.lending.overview": ("/desk/lending",),
        "desk.closing.page": ("/desk/closing",),
        "desk.lockers.overview": ("/desk/lockers",),
        "desk.lockers.one": ("/desk/lockers/1", "/desk/lockers/4"),
        "reports.page": (
            "/reports/",
            "/reports/?kind=quarter",
            "/reports/?period=2026-Q1",
            "/reports/?period=2026-Q3",
            "/reports/?period=2026-Q3&form=publication",
        ),
        "information.desk": ("/desk/info",),
        "admin.overview": ("/admin/",),
        "admin.accounts.everybody": ("/admin/accounts",),
        "admin.check.overview": ("/admin/check",),
        "admin.accounts.one": ("/admin/accounts/1",),
        "admin.accounts.new": ("/admin/accounts/new",),
        "admin.central.standing": ("/admin/central",),
        "admin.configuration": ("/admin/configuration",),
        "admin.guests.search": ("/admin/guests",),
        "admin.happenings": ("/admin/journal",),
        "admin.copies.overview": ("/admin/copies",),
        "admin.hours.overview": ("/admin/hours",),
        "admin.walk.overview": ("/admin/walk",),
        "entrance.password": ("/account/password",),
        "simulator.page": ("/simulator/",),
        "failure": ("/desk/nothing-here",),
    },
    "board": {"board.show": ("/board",), "failure": ("/board/nothing-here",)},
    "entrance": {
        "entrance.start": ("/",),
        "entrance.log_in": ("/login", "/login?said=logged_out"),
        "failure": ("/nothing-here",),
    },
    # A front desk that nobody has set up, at an office that uses the national guest book too.
    "empty": {
        "entrance.set_up": ("/setup",),
        "visitor.notice": ("/v/{waiting}/guest-book",),
        "visitor.local_notice": ("/v/{waiting}/guest-book/local",),
        "visitor.national": ("/v/{waiting}/guest-book/national",),
        "visitor_kiosk.notice": ("/kiosk/v/{waiting}/guest-book",),
        "visitor_kiosk.local_notice": ("/kiosk/v/{waiting}/guest-book/local",),
        "visitor_kiosk.national": ("/kiosk/v/{waiting}/guest-book/national",),
        "board.show": ("/board",),
        "kiosk.guest_book": ("/kiosk/guest-book",),
    },
}

FRAGMENT: Final = "a part of a page above, which holds the same"
DATA: Final = "no page: data for programs"
LINK: Final = "a page behind a random link: test_station.py"
READING: Final = "a page of a publication that was fetched: test_library.py"
PARIAMAN: Final = "a page of an office with photocopies: test_lending.py"
REDIRECT: Final = "no page: it only leads on to one"

_LIBRARIES: Final = {
    "kiosk_library": "/kiosk/library",
    "scanner_library": "/scanner/library",
    "phone_library": "/library",
    "desk.desk_library": "/desk/library",
}

# Addresses that are no pages, and why.
NO_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "admin.check.now": (FRAGMENT, "/admin/check/now"),
    "admin.check.frame": (DATA, "/admin/check/frame.jpg"),
    "status.check": (DATA, "/check"),
    "admin.central.now": (FRAGMENT, "/admin/central/now"),
    "admin.happenings_now": (FRAGMENT, "/admin/journal/now"),
    "admin.standing": (FRAGMENT, "/admin/standing"),
    "admin.copies.now": (FRAGMENT, "/admin/copies/now"),
    "admin.walk.now": (FRAGMENT, "/admin/walk/now"),
    "desk.columns": (FRAGMENT, "/desk/columns"),
    "desk.status": (FRAGMENT, "/desk/status"),
    "desk.lending.photocopy": (PARIAMAN, "/desk/visits/1/photocopy"),
    "visitor.photocopy": (PARIAMAN, "/v/{reading}/photocopy"),
    "visitor.photocopy_done": (PARIAMAN, "/v/{reading}/photocopy/1"),
    "visitor_kiosk.photocopy": (PARIAMAN, "/kiosk/v/{reading}/photocopy"),
    "visitor_kiosk.photocopy_done": (PARIAMAN, "/kiosk/v/{reading}/photocopy/1"),
    **{
        f"{blueprint}.{part}": (kind, at + path)
        for blueprint, at in _LIBRARIES.items()
        for part, kind, path in (
            ("results", FRAGMENT, "/results?q=angka"),
            ("state", FRAGMENT, "/{publication}/state"),
            ("cover", DATA, "/cover/{publication}.jpg"),
        )
    },
    **{
        f"{blueprint}.{part}": (kind, at + path)
        for blueprint, at in _LIBRARIES.items()
        if at.startswith(("/kiosk", "/scanner"))
        for part, kind, path in (
            ("read", READING, "/{publication}/read/1"),
            ("page_picture", DATA, "/{publication}/page/1.jpg"),
        )
    },
    "desk.lending.now": (FRAGMENT, "/desk/lending/now"),
    "desk.lockers.now": (FRAGMENT, "/desk/lockers/now"),
    "desk.lockers.one_now": (FRAGMENT, "/desk/lockers/1/now"),
    "board.standing": (FRAGMENT, "/board/standing"),
    "kiosk.aloud.button": (FRAGMENT, "/kiosk/read/procedure"),
    "board.opening": (FRAGMENT, "/board/hours"),
    "kiosk.greeting": (FRAGMENT, "/kiosk/greeting"),
    "kiosk.ticket_now": (FRAGMENT, "/kiosk/ticket/{waiting}/now"),
    "simulator.room": (FRAGMENT, "/simulator/room"),
    "visitor.now": (FRAGMENT, "/v/{waiting}/now"),
    "visitor.scan": (DATA, "/v/{waiting}/pindaian-pst.pdf"),
    "admin.guests.nothing_to_open": (REDIRECT, "/admin/guests/1"),
    "kiosk.start": (REDIRECT, "/kiosk/start"),
    "scanner.now": (FRAGMENT, "/scanner/now"),
    "scanner.page": (REDIRECT, "/scanner/page/000001-1"),
    "scanner.start": (REDIRECT, "/scanner/start"),
    "scanner.live": (DATA, "/scanner/live.jpg"),
    "scanner.picture": (DATA, "/scanner/picture/000001-1.jpg"),
    "download.offer": (LINK, "/d/nobody"),
    "download.fetch": (LINK, "/d/nobody/pindaian-pst.pdf"),
    "simulator.book": (DATA, "/simulator/book.jpg"),
    "api.board": (DATA, "/api/v1/board"),
    "api.calls": (DATA, "/api/v1/calls"),
    "api.document": (DATA, "/api/v1/openapi.json"),
    "api.services": (DATA, "/api/v1/services"),
    "api.show_lockers": (DATA, "/api/v1/lockers"),
    "api.ticket": (DATA, "/api/v1/tickets/{waiting}"),
    "simulator.sound": (DATA, "/simulator/sounds/1.wav"),
    "simulator.ticket": (DATA, "/simulator/tickets/1.png"),
    "static": (DATA, "/static/favicon.svg"),
    "status.healthz": (DATA, "/healthz"),
    "status.metrics": (DATA, "/metrics"),
    "events": (DATA, "/events"),
}
