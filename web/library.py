"""The digital library: search, one publication, and reading it here. The same views for four audiences.

The catalogue is public, so it may be searched on every screen. Nothing here waits for the network: what is
not on this machine is asked for, and is there at a later look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import inquiries
from appliance.catalogue.answers import Publication
from appliance.catalogue.errors import NotAPdf
from appliance.catalogue.files import Kept, is_name
from appliance.catalogue.library import Library
from appliance.catalogue.search import COUNTED, LONGEST_QUERY, Found
from web.access import for_staff
from web.parts import front_desk
from web.protection import from_kiosk, limited

OLD: Final = timedelta(days=3)  # a copy older than that says so
# Where one may read; a phone opens the public page itself.
_READS: Final = ("kiosk_library", "scanner_library")


@dataclass(frozen=True, slots=True)
class Row:
    """One result; `cover` when its picture is here."""

    publication: Publication
    place: str
    cover: bool


# ---------------------------------------------------------------------------------------- searching


@limited(burst=120, every_s=0.1)
def search() -> ResponseReturnValue:
    """The search, with what was found for the words in the address."""
    return _page("search", **_results())


@limited(burst=120, every_s=0.1)
def results() -> ResponseReturnValue:
    """What was found, for the page that asks as one types."""
    return render_template("library/results.html", **_common(), **_results())


@limited(burst=300, every_s=0.05)
def cover(number: str) -> ResponseReturnValue:
    """A small picture of a cover."""
    path = _library().files.cover(number) if is_name(number) else None
    if path is None:
        abort(404)
    return _picture(path.read_bytes())


def _results() -> Mapping[str, object]:
    library = _library()
    words = request.args.get("q", "")[:LONGEST_QUERY]
    chosen = request.args.get("domain", "")
    domain = chosen if chosen in {one.id for one in library.profile.domains} else None
    found = library.search(words, domain)
    return {
        "words": words,
        "domain": domain or "",
        "found": found,
        "counted": COUNTED,
        "rows": [_row(library, one) for one in found.publications],
        "requests": _requests(found, words),
    }


def _row(library: Library, publication: Publication) -> Row:
    here = library.files.cover(publication.id) is not None
    if not here:
        library.wish("cover", publication.id)
    place = next((one.name for one in library.profile.domains if one.id == publication.domain), "")
    return Row(publication, place, here)


def _requests(found: Found, words: str) -> tuple[str, ...]:
    """What can be asked for where nothing was found."""
    return inquiries.kinds(front_desk().office) if words and not found.publications else ()


# ---------------------------------------------------------------------------------------- one publication


@limited(burst=60, every_s=0.2)
def publication(number: str) -> ResponseReturnValue:
    """What it is about, the code to its public page, and whether it can be read here."""
    found = _publication(number)
    return _page("publication", **_state(found))


@limited(burst=120, every_s=0.1)
def state(number: str) -> ResponseReturnValue:
    """Whether it can be read here (yet)."""
    return render_template("library/state.html", **_common(), **_state(_publication(number)))


@limited(burst=10, every_s=3.0)
def fetch(number: str) -> ResponseReturnValue:
    """Ask for its text; it comes in the background."""
    _publication(number)
    _library().wish("text", number)
    return redirect(url_for(".publication", number=number), 303)


@limited(burst=60, every_s=0.2)
def read(number: str, page: int) -> ResponseReturnValue:
    """One page of it."""
    found, kept = _publication(number), _kept(number)
    if not 1 <= page <= kept.pages:
        abort(404)
    return _page("read", publication=found, page=page, pages=kept.pages)


@limited(burst=60, every_s=0.2)
def page_picture(number: str, page: int) -> ResponseReturnValue:
    """The picture of that page."""
    try:
        return _picture(_library().files.page_picture(_kept(number), page))
    except NotAPdf:
        abort(404)


def _state(found: Publication) -> Mapping[str, object]:
    library = _library()
    kept = library.files.publication(found.id)
    return {
        "publication": found,
        "row": _row(library, found),
        "public_url": library.public_url(found),
        "kept": kept,
        "coming": library.is_wished(found.id),
        "why_not": library.why_not(found.id),
        "too_large": found.size > library.settings.file_mb * 1_000_000,
        "mb": f"{found.size / 1_000_000:.1f}".replace(".", ","),
    }


def _publication(number: str) -> Publication:
    found = _library().publication(number)
    if found is None:
        abort(404)
    return found


def _kept(number: str) -> Kept:
    kept = _library().files.publication(number) if is_name(number) else None
    if kept is None:
        abort(404)
    return kept


# ---------------------------------------------------------------------------------------- at the desk


@limited(burst=5, every_s=10.0)
def sync() -> ResponseReturnValue:
    """Make the copy anew now."""
    _library().ask_sync()
    return redirect(url_for(".search"), 303)


# ---------------------------------------------------------------------------------------- the four audiences


def _library() -> Library:
    library = front_desk().library
    if library is None:
        abort(404)
    return library


def _page(template: str, **values: object) -> str:
    return render_template(f"library/{template}.html", **_common(), **values)


def _common() -> dict[str, object]:
    library, name = _library(), str(request.blueprint).rpartition(".")[2]
    standing = library.standing()
    now = front_desk().clock.now().wall
    return {
        "frame": f"library/frame_{name.removesuffix('_library')}.html",
        "library": library,
        "standing": standing,
        "is_old": standing.made is not None and now - standing.made > OLD,
        "reads_here": name in _READS,
        "audience": name.removesuffix("_library"),
    }


def _picture(content: bytes) -> Response:
    return Response(content, mimetype="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


View = Callable[..., ResponseReturnValue]

_SEARCHING: Final[tuple[tuple[str, str, str, View], ...]] = (
    ("", "search", "GET", search),
    ("/results", "results", "GET", results),
    ("/cover/<number>.jpg", "cover", "GET", cover),
    ("/<number>", "publication", "GET", publication),
    ("/<number>/state", "state", "GET", state),
)
_READING: Final[tuple[tuple[str, str, str, View], ...]] = (
    ("/<number>/fetch", "fetch", "POST", fetch),
    ("/<number>/read/<int:page>", "read", "GET", read),
    ("/<number>/page/<int:page>.jpg", "page_picture", "GET", page_picture),
)


def _blueprint(name: str, prefix: str, *rules: tuple[str, str, str, View]) -> Blueprint:
    made = Blueprint(name, __name__, url_prefix=prefix)
    for rule, endpoint, method, view in rules:
        made.add_url_rule(rule, endpoint, view, methods=[method])
    return made


kiosk_library = _blueprint("kiosk_library", "/kiosk/library", *_SEARCHING, *_READING)
kiosk_library.before_request(from_kiosk)
scanner_library = _blueprint("scanner_library", "/scanner/library", *_SEARCHING, *_READING)
scanner_library.before_request(from_kiosk)
phone_library = _blueprint("phone_library", "/library", *_SEARCHING)
library_of_desk = _blueprint(
    "desk_library",
    "/library",
    *((rule, endpoint, method, for_staff(view)) for rule, endpoint, method, view in _SEARCHING),
    ("/sync", "sync", "POST", for_staff(sync)),
)
