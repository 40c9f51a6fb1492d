"""What every template of the receiver's pages knows: the language and the words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, request

from appliance.wording import LANGUAGES, Language, load_wording

_LANGUAGE = "lang"


def install(app: Flask) -> None:
    """Give the templates their words."""
    app.after_request(_remember)
    app.context_processor(_everywhere)


def language() -> Language:
    """The language of this request: chosen in the address, remembered in a cookie, or Indonesian."""
    if "language" not in g:
        wanted = request.args.get(_LANGUAGE) or request.cookies.get(_LANGUAGE)
        g.language = next((one for one in LANGUAGES if one == wanted), LANGUAGES[0])
    chosen: Language = g.language
    return chosen


def text(key: str, /, **values: str | int) -> str:
    """A text in the language of this request."""
    return load_wording().text(key, language(), **values)


def _remember(response: Response) -> Response:
    if _LANGUAGE in request.args:
        response.set_cookie(_LANGUAGE, language(), samesite="Strict", httponly=True, secure=request.is_secure)
    return response


def _everywhere() -> dict[str, Any]:
    other = next(one for one in LANGUAGES if one != language())
    return {
        "t": text,
        "lang": language(),
        "simulated": False,
        "events_url": None,
        "other_language_url": f"{request.path}?{urlencode({**request.args.to_dict(), _LANGUAGE: other})}",
    }
