"""A click of an officer: carried out whole or not at all, then the desk page again, with a word if it was no.

Two officers share the line and the lockers, and a page is as old as its last wake-up; so a click that comes
too late is nothing unusual and is answered calmly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from appliance.errors import ApplianceError, Invalid, NotNow, Refused, StoreError
from appliance.store import Transaction
from web.parts import front_desk

P = ParamSpec("P")

CHANGED = "changed"


def click(
    act: Callable[Concatenate[Transaction, P], object], *args: P.args, **kwargs: P.kwargs
) -> ResponseReturnValue:
    """Carry out `act(transaction, ...)` and go back to the page; what was refused is said there."""
    try:
        front_desk().store.write(act, *args, **kwargs)
    except (Refused, StoreError) as error:
        return back(code_of(error))
    return back()


def back(said: str | None = None) -> ResponseReturnValue:
    """To the desk page, which says what came of the click."""
    return redirect(url_for("desk.overview", said=said), 303)


def code_of(error: ApplianceError) -> str:
    """What there are words for: `desk.said.<code>`, or the error's own `error.<code>`."""
    if isinstance(error, Invalid):
        return next(iter(error.fields.values())).key.rpartition(".")[2]
    if isinstance(error, NotNow):
        return error.state if f"desk.said.{error.state}" in front_desk().wording else CHANGED
    return error.code


def said() -> str:
    """The code in this page's address; empty where there are no words for it."""
    code, words = request.args.get("said", ""), front_desk().wording
    return code if f"desk.said.{code}" in words or f"error.{code}.title" in words else ""
