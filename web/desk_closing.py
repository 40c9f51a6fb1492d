"""The officers' guided page for the end of the day, and what it says of the last one the next morning.

It releases nothing by itself: a bag and a card are given back at the desk, as at any other hour.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import closing
from appliance.errors import Refused, StoreError
from appliance.store import Transaction
from web import desk_view
from web.access import for_staff, me
from web.desk_clicks import click, code_of, said
from web.parts import front_desk

P = ParamSpec("P")

closing_of_desk = Blueprint("closing", __name__, url_prefix="/closing")


@closing_of_desk.get("")
@for_staff
def page() -> ResponseReturnValue:
    """The four steps, as far as they have come."""
    here = front_desk()
    found = here.store.read(closing.evening, here.clock.now())
    return render_template(
        "desk/closing.html",
        evening=found,
        today=desk_view.in_figures(found.now.local_date(here.office.zone)),
        whys=closing.WHYS,
        said=said(),
    )


@closing_of_desk.post("/visits")
@for_staff
def send_all_home() -> ResponseReturnValue:
    """Close the visits of all who wait."""
    return _step(closing.send_all_home, why=request.form.get("why", ""), staff=me().member.id)


@closing_of_desk.post("/visits/<int:visit_id>")
@for_staff
def send_home(visit_id: int) -> ResponseReturnValue:
    """Close one visit, with a reason."""
    return _step(closing.send_home, visit_id, why=request.form.get("why", ""), staff=me().member.id)


@closing_of_desk.post("/things/<kind>/<int:item_id>")
@for_staff
def name(kind: str, item_id: int) -> ResponseReturnValue:
    """Say why something stays overnight."""
    form = request.form
    return _step(
        closing.name,
        kind,
        item_id,
        reason=form.get("reason", ""),
        words=form.get("words", ""),
        staff=me().member.id,
    )


@closing_of_desk.post("/end")
@for_staff
def end() -> ResponseReturnValue:
    """End the day."""
    return _step(closing.end, staff=me().member.id)


@closing_of_desk.post("/read/<int:day_id>")
@for_staff
def read(day_id: int) -> ResponseReturnValue:
    """How the last day ended was read."""
    return click(closing.read, day_id, staff=me().member.id)


def _step(
    act: Callable[Concatenate[Transaction, P], object], *args: P.args, **kwargs: P.kwargs
) -> ResponseReturnValue:
    """Carry out one step and go on with the page; what was refused is said there."""
    try:
        front_desk().store.write(act, *args, **kwargs)
    except (Refused, StoreError) as error:
        return redirect(url_for("desk.closing.page", said=code_of(error)), 303)
    return redirect(url_for("desk.closing.page"), 303)
