"""The administrator's page of opening hours: what holds on the next days, and the office's own exceptions."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import opening, public_holidays, special_days
from appliance.errors import Invalid, Message, NotNow
from appliance.front_desk import FrontDesk
from appliance.hours_words import WEEKDAYS
from appliance.opening import Plan
from appliance.special_days import Entered
from web import access
from web import hours as shown
from web.context import say_all
from web.parts import front_desk

hours = Blueprint("hours", __name__, url_prefix="/hours")

DAYS_SHOWN = 21
EXCEPTIONS_SHOWN = 50

_SAID = {"saved": "hours.admin.saved", "withdrawn": "hours.admin.taken_back"}


@dataclass(frozen=True, slots=True)
class DayLine:
    """One of the next days: its weekday's key, what holds, and whether that is only reckoned."""

    date: date
    weekday: str
    plan: Plan
    estimated: bool


@hours.get("")
@access.for_administrators
def overview() -> ResponseReturnValue:
    """The next days, the exceptions, and the form for another one."""
    return _page(said=_SAID.get(request.args.get("said", "")))


@hours.post("")
@access.for_administrators
def add() -> ResponseReturnValue:
    """Enter an exception."""
    desk = front_desk()
    try:
        wish = special_days.wanted(request.form, _today(desk))
    except Invalid as error:
        return _page(wrong=error.fields), 422
    desk.store.write(special_days.add, wish, staff=access.me().member.id)
    return redirect(url_for("admin.hours.overview", said="saved"), 303)


@hours.post("/<int:exception>/withdraw")
@access.for_administrators
def withdraw(exception: int) -> ResponseReturnValue:
    """Take an exception back."""
    try:
        front_desk().store.write(special_days.withdraw, exception, staff=access.me().member.id)
    except NotNow:
        return redirect(url_for("admin.hours.overview"), 303)
    return redirect(url_for("admin.hours.overview", said="withdrawn"), 303)


def _page(said: str | None = None, wrong: Mapping[str, Message] | None = None) -> str:
    desk = front_desk()
    lines, exceptions = desk.store.read(_look, desk)
    return render_template(
        "admin/hours.html",
        said=said,
        wrong=say_all(wrong or {}),
        form=request.form,
        lines=lines,
        exceptions=exceptions,
        today=_today(desk),
        hours=shown.seen(),
    )


def _look(db: sqlite3.Connection, desk: FrontDesk) -> tuple[list[DayLine], list[Entered]]:
    today = _today(desk)
    own = special_days.in_force(db, today)
    days = [today + timedelta(days=n) for n in range(DAYS_SHOWN)]
    lines = [
        DayLine(day, WEEKDAYS[day.weekday()], opening.plan(desk.office, own, day), _estimated(day))
        for day in days
    ]
    return lines, special_days.entered(db, EXCEPTIONS_SHOWN)


def _estimated(day: date) -> bool:
    return any(holiday.estimated for holiday in public_holidays.on(day))


def _today(desk: FrontDesk) -> date:
    return desk.clock.now().local_date(desk.office.zone)
