"""Cards and lockers at the desk: taking in, opening, handing back; and the page of all lockers."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import lockers, officer, visits
from appliance.cards import Tap
from appliance.errors import Invalid, Message, Refused, StoreError
from appliance.front_desk import FrontDesk
from appliance.lockers import Deposit, Opening, Unlock, Wanted
from web.access import for_staff, me
from web.desk_clicks import back, click, code_of
from web.parts import front_desk

lockers_of_desk = Blueprint("lockers", __name__)


@dataclass(frozen=True, slots=True)
class LockerNow:
    """One locker: what lies in it, whether it is in order, and how it was opened last."""

    name: str
    deposit: Deposit | None
    label: str
    fault: str | None
    unlock: Unlock | None


def look(db: sqlite3.Connection, desk: FrontDesk) -> list[LockerNow]:
    """All lockers, in the order of the configuration."""
    taken = {deposit.locker: deposit for deposit in lockers.still_here(db)}
    faults = lockers.out_of_order(db, desk.lockers)
    return [_locker(db, name, taken.get(name), faults.get(name)) for name in desk.lockers]


def _locker(db: sqlite3.Connection, name: str, deposit: Deposit | None, fault: str | None) -> LockerNow:
    label = visits.get(db, deposit.visit_id).label if deposit else ""
    return LockerNow(name, deposit, label, fault, lockers.last_unlock(db, name))


# ------------------------------------------------------------------------------------------ of a visit


@lockers_of_desk.post("/visits/<int:visit_id>/deposit")
@for_staff
def take_in(visit_id: int) -> ResponseReturnValue:
    """Bind a locker, a card or both to a visit."""
    desk, form = front_desk(), request.form
    locker, id_type = form.get("locker") or None, form.get("id_type") or None
    if locker not in (None, *desk.lockers) or id_type not in (None, *desk.office.card_deposit.id_types):
        abort(400)
    tap = _the_tap(form.get("tap", ""))
    if form.get("tap") and tap is None:
        return back("card_gone")
    wanted = Wanted(locker, id_type, tap.card_hash if tap and id_type else None)
    try:
        desk.store.write(
            lockers.take_in,
            visit_id,
            wanted,
            pockets=desk.office.card_deposit.pockets,
            staff=me().member.id,
            expires_s=desk.unlock_expires_s,
        )
    except (Refused, StoreError) as error:
        return back(code_of(error))
    desk.last_tap.clear()
    desk.changes.ring()
    return back()


def tap_id(tap: Tap) -> str:
    """What names one tap on the page, without a word about the card."""
    return str(tap.at.mono_ns)


def _the_tap(wanted: str) -> Tap | None:
    """The tap that the officer saw; None when it is too old, or another card has been laid down since."""
    desk = front_desk()
    tap = desk.last_tap.get(desk.clock.now())
    return tap if tap and tap.kind == "new" and tap_id(tap) == wanted else None


@lockers_of_desk.post("/visits/<int:visit_id>/open/<any(access, return):why>")
@for_staff
def open_again(visit_id: int, why: str) -> ResponseReturnValue:
    """Open the locker in which the visitor's bag lies."""
    expires_s = front_desk().unlock_expires_s
    return click(
        lockers.open_again,
        visit_id,
        "return" if why == "return" else "access",
        staff=me().member.id,
        expires_s=expires_s,
    )


@lockers_of_desk.post("/visits/<int:visit_id>/hand-back")
@for_staff
def hand_back(visit_id: int) -> ResponseReturnValue:
    """Bag out, card back."""
    deposit_id = request.form.get("deposit", type=int, default=0)
    return click(officer.hand_back, visit_id, deposit_id, staff=me().member.id)


@lockers_of_desk.post("/visits/<int:visit_id>/see-off")
@for_staff
def see_off(visit_id: int) -> ResponseReturnValue:
    """Bag out, card back, goodbye: in one click."""
    deposit_id = request.form.get("deposit", type=int)
    return click(officer.see_off, visit_id, deposit_id, staff=me().member.id)


# ------------------------------------------------------------------------------------------ all lockers


@lockers_of_desk.get("/lockers")
@for_staff
def overview() -> ResponseReturnValue:
    """All lockers."""
    return render_template("desk/lockers.html", lockers=_all())


@lockers_of_desk.get("/lockers/now")
@for_staff
def now() -> ResponseReturnValue:
    """All lockers, for the page that keeps itself fresh."""
    return render_template("desk/lockers_now.html", lockers=_all())


@lockers_of_desk.get("/lockers/<locker>")
@for_staff
def one(locker: str) -> ResponseReturnValue:
    """One locker: opening it in an emergency, taking it out of use."""
    return _page(locker, {})


@lockers_of_desk.get("/lockers/<locker>/now")
@for_staff
def one_now(locker: str) -> ResponseReturnValue:
    """One locker's state, for the page that keeps itself fresh."""
    return render_template("desk/locker_now.html", locker=_one(locker))


@lockers_of_desk.post("/lockers/<locker>/emergency")
@for_staff
def emergency(locker: str) -> ResponseReturnValue:
    """Open a door whatever lies behind it; the reason is written down."""
    desk, deposit = front_desk(), _one(locker).deposit
    visit_id = deposit.visit_id if deposit else None
    opening = Opening(locker, "emergency", visit_id, me().member.id, request.form.get("reason", ""))
    try:
        desk.store.write(lockers.ask_unlock, opening, desk.unlock_expires_s)
    except Invalid as error:
        return _page(locker, error.fields), 422
    return redirect(url_for(".one", locker=locker), 303)


@lockers_of_desk.post("/lockers/<locker>/out-of-order")
@for_staff
def out_of_order(locker: str) -> ResponseReturnValue:
    """Take a locker out of use; the reason stands on the page of all lockers."""
    _one(locker)
    fault = request.form.get("fault", "")
    try:
        front_desk().store.write(lockers.set_out_of_order, locker, fault, staff=me().member.id)
    except Invalid as error:
        return _page(locker, {"fault": error.fields["reason"]}), 422
    return redirect(url_for(".overview"), 303)


@lockers_of_desk.post("/lockers/<locker>/in-order")
@for_staff
def in_order(locker: str) -> ResponseReturnValue:
    """Put a locker back into use."""
    _one(locker)
    front_desk().store.write(lockers.set_out_of_order, locker, None, staff=me().member.id)
    return redirect(url_for(".overview"), 303)


def _page(name: str, problems: Mapping[str, Message]) -> str:
    return render_template(
        "desk/locker.html",
        locker=_one(name),
        problems=problems,
        typed=request.form,
        max_reason=lockers.MAX_REASON,
    )


def _all() -> list[LockerNow]:
    desk = front_desk()
    return desk.store.read(look, desk)


def _one(name: str) -> LockerNow:
    found = next((locker for locker in _all() if locker.name == name), None)
    if found is None:
        abort(404)
    return found
