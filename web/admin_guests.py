"""What a guest may ask for: to see, correct, take along and erase what is kept of them.

Every look is noted in the journal, so each is a POST and its answer is shown at once: such a page has no
address that could be opened again, and no name stands in one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import guestbook
from appliance import guests as records
from appliance.errors import Invalid, Message
from appliance.guests import Match
from appliance.store import Transaction
from web import access
from web.context import language, say_all
from web.parts import front_desk

guests = Blueprint("guests", __name__, url_prefix="/guests")

CORRECTABLE = ("name", "email", "phone", "institution")
_SAID = {"erased": "admin.guest_erased"}


@guests.get("")
@access.for_administrators
def search() -> ResponseReturnValue:
    """Two ways to find somebody: by the ticket, or by name or e-mail."""
    return _search_page(said=_SAID.get(request.args.get("said", "")))


@guests.post("")
@access.for_administrators
def find() -> ResponseReturnValue:
    """Look, and show who was found."""
    try:
        matches = _find()
    except Invalid as error:
        return _search_page(wrong=error.fields), 422
    return _search_page(matches)


def _find() -> list[Match]:
    """Raises Invalid."""
    store, form = front_desk().store, request.form
    store.write(records.note_search, staff=access.me().member.id)
    if "words" in form:
        return store.read(records.by_words, form["words"])
    return store.read(records.by_ticket, _date(form.get("date", "")), form.get("number", ""))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid({"date": Message("admin.guest_date_rule")}) from None


@guests.get("/<int:visit_id>")
@access.for_administrators
def nothing_to_open(visit_id: int) -> ResponseReturnValue:
    """The address of a page that only a search opens: reloaded, or sent to a colleague."""
    return redirect(url_for("admin.guests.search"), 303)


@guests.post("/<int:visit_id>")
@access.for_administrators
def show(visit_id: int) -> ResponseReturnValue:
    """Everything that is kept of this guest."""
    return _page(visit_id)


@guests.post("/<int:visit_id>/correct")
@access.for_administrators
def correct(visit_id: int) -> ResponseReturnValue:
    """Set right what the guest says is wrong."""
    try:
        front_desk().store.write(guestbook.correct, visit_id, request.form, staff=access.me().member.id)
    except Invalid as error:
        return _page(visit_id, wrong=error.fields, entered=request.form), 422
    return _page(visit_id, said="admin.guest_corrected")


@guests.post("/<int:visit_id>/erase")
@access.for_administrators
def erase(visit_id: int) -> ResponseReturnValue:
    """Erase their identity, for good: in this entry, and in those of other days that were ticked."""
    front_desk().store.write(_erase_all, (visit_id, *_also(visit_id)), staff=access.me().member.id)
    return redirect(url_for("admin.guests.search", said="erased"), 303)


@guests.post("/<int:visit_id>/export")
@access.for_administrators
def export(visit_id: int) -> ResponseReturnValue:
    """The same as a file, for the guest to take along."""
    desk = front_desk()
    also = _also(visit_id)
    for one in (visit_id, *also):
        desk.store.write(records.note_look, one, staff=access.me().member.id, export=True)
    found = desk.store.read(records.record, visit_id)
    data = {"office": desk.office.name, **records.exported(found, language())}
    if also:
        more = [records.exported(desk.store.read(records.record, one), language()) for one in also]
        data["other_visits"] = more
    name = f"data-{found.visit.date}-{found.visit.label}.json"
    return Response(
        json.dumps(data, ensure_ascii=False, indent=2) + "\n",
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _also(visit_id: int) -> list[int]:
    """The ticked entries, as far as they are of the same name or e-mail."""
    ticked = set(request.form.getlist("also", type=int))
    found = front_desk().store.read(records.others, visit_id) if ticked else []
    return [one.match.visit.id for one in found if one.match.visit.id in ticked]


def _erase_all(tx: Transaction, visit_ids: tuple[int, ...], *, staff: int) -> None:
    """All or none."""
    for visit_id in visit_ids:
        guestbook.erase(tx, visit_id, staff=staff)


def _search_page(
    matches: list[Match] | None = None,
    *,
    wrong: Mapping[str, Message] | None = None,
    said: str | None = None,
) -> str:
    desk = front_desk()
    return render_template(
        "admin/guests.html",
        matches=matches,
        wrong=say_all(wrong or {}),
        said=said,
        entered=request.form,
        today=desk.clock.now().local_date(desk.office.zone).isoformat(),
        most=records.MOST_FOUND,
        fewest=records.FEWEST_LETTERS,
    )


def _page(
    visit_id: int,
    *,
    wrong: Mapping[str, Message] | None = None,
    entered: Mapping[str, str] | None = None,
    said: str | None = None,
) -> str:
    store = front_desk().store
    store.write(records.note_look, visit_id, staff=access.me().member.id)
    found = store.read(records.record, visit_id)
    values = {name: (entered or {}).get(name) or "" for name in CORRECTABLE}
    if entered is None:
        values = {name: getattr(found.guest, name) or "" for name in CORRECTABLE}
    return render_template(
        "admin/guest.html",
        record=found,
        others=store.read(records.others, visit_id),
        answers=records.answers(found, language()),
        values=values,
        wrong=say_all(wrong or {}),
        said=said,
    )
