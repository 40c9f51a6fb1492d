"""What every template knows: the language, the office, the words, and who is logged in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import segno
from flask import Flask, Response, current_app, g, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from appliance.clock import Moment
from appliance.errors import Message
from appliance.wording import MONTHS, Language
from web import access
from web.parts import front_desk

_LANGUAGE = "lang"
_SIZE = "size"
_SIZES = ("normal", "large")
CHOICES = (_LANGUAGE, _SIZE)  # what a visitor may choose in an address


def install(app: Flask) -> None:
    """Give the templates their words."""
    app.before_request(choose)
    app.after_request(_remember)
    app.context_processor(_everywhere)
    app.add_template_filter(qr, "qr")
    app.add_template_filter(clock_time, "clock_time")
    app.add_template_filter(long_date, "long_date")


def language() -> Language:
    """The language of this request: chosen in the address, remembered in a cookie, or the office's first."""
    chosen: Language = g.language
    return chosen


def prefer(wanted: str) -> None:
    """Speak this language in this request, unless one was chosen on this device."""
    known = front_desk().office.languages
    if not _chosen(known):
        g.language = next((one for one in known if one == wanted), g.language)


def stands_at(path: str) -> None:
    """This page answers a form, but has an address of its own: the choices on it lead there."""
    g.path = path


def text(key: str, /, **values: str | int) -> str:
    """A text in the language of this request."""
    return front_desk().wording.text(key, language(), **values)


def say(message: Message) -> str:
    """A message in the language of this request."""
    return front_desk().wording.say(message, language())


def say_all(messages: Mapping[str, Message]) -> dict[str, str]:
    """The messages beside the fields of a form, in the language of this request."""
    return {name: say(message) for name, message in messages.items()}


def forget_choices(response: BaseResponse) -> BaseResponse:
    """The next visitor begins in the office's first language, with text of the usual size."""
    for name in (_LANGUAGE, _SIZE):
        response.delete_cookie(name, samesite="Strict", httponly=True, secure=request.is_secure)
    return response


def qr(data: str) -> Markup:
    """A QR code as a picture within the page: black on white in any theme, four modules of quiet zone."""
    picture = io.BytesIO()
    code = segno.make(data, error="m", micro=False)
    code.save(picture, kind="svg", xmldecl=False, svgns=True, omitsize=True, light="#fff", border=4)
    return Markup(picture.getvalue().decode())  # noqa: S704 - drawn by segno: nothing of `data` is in it as text


def clock_time(moment: Moment | datetime) -> str:
    """A time of day in the office's zone, as Indonesian writes it: 09.14."""
    wall = moment.wall if isinstance(moment, Moment) else moment
    return wall.astimezone(front_desk().office.zone).strftime("%H.%M")


def long_date(when: Moment | date | str) -> str:
    """A day as it is written out: 23 November 2026. A moment's day is the office's; a text is an ISO date."""
    if isinstance(when, Moment):
        when = when.local_date(front_desk().office.zone)
    day = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{day.day} {text(f'month.{MONTHS[day.month - 1]}')} {day.year}"


def choose() -> None:
    """Settle the language and the size of the text; again does no harm."""
    languages = front_desk().office.languages
    g.language = _chosen(languages) or languages[0]
    size = request.args.get(_SIZE) or request.cookies.get(_SIZE)
    g.text_size = size if size in _SIZES else _SIZES[0]


def _chosen(known: tuple[Language, ...]) -> Language | None:
    wanted = request.args.get(_LANGUAGE) or request.cookies.get(_LANGUAGE)
    return next((one for one in known if one == wanted), None)


def _remember(response: Response) -> Response:
    """A choice made in the address goes with the browser session; the kiosk's start page chooses anew."""
    for name, value in ((_LANGUAGE, g.get("language")), (_SIZE, g.get("text_size"))):
        if name in request.args and value:
            response.set_cookie(name, value, samesite="Strict", httponly=True, secure=request.is_secure)
    return response


def _everywhere() -> dict[str, Any]:
    desk = front_desk()
    return {
        "t": text,
        "lang": language(),
        "text_size": g.text_size,
        "office": desk.office,
        "desk": desk,
        "session": access.session(),
        "simulated": _is_simulated(),
        "events_url": url_for("events"),
        "other_language_url": _here_with(_LANGUAGE, _other(desk.office.languages)),
        "larger_text_url": _here_with(_SIZE, "normal" if g.text_size == "large" else "large"),
    }


def _is_simulated() -> bool:
    return current_app.extensions["simulated"] is not None


def _other(languages: tuple[Language, ...]) -> Language | None:
    return next((one for one in languages if one != language()), None)


def _here_with(name: str, value: str | None) -> str | None:
    """This page's address with one choice changed; None for a page that has none (a form's answer)."""
    path = g.get("path") or (request.path if request.method == "GET" else None)
    if value is None or path is None:
        return None
    return f"{path}?{urlencode({**request.args.to_dict(), name: value})}"
