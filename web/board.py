"""The waiting room's television: which number goes where. It names nobody, and is open to every machine."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from appliance import board as waiting_room
from appliance import reading_room
from appliance.errors import StoreError
from appliance.reading_room import Room
from web import api_answers
from web.parts import front_desk

board = Blueprint("board", __name__, url_prefix="/board")


@board.before_request
def _in_the_offices_language() -> None:
    """The office's first language large and the other small, whatever somebody chose at the kiosk."""
    g.language = front_desk().office.languages[0]


@board.get("/standing")
def standing() -> str:
    """The quiet words beside the clock that change by themselves: whether numbers can be had."""
    return render_template("board/standing.html", room=_room())


@board.get("")
def show() -> str:
    """The board, drawn from the very answer with which board.js keeps it up to date."""
    desk = front_desk()
    seen = waiting_room.snapshot(desk)
    return render_template(
        "board/board.html", at=seen.at, seen=api_answers.board(seen, desk.office), room=_room()
    )


def _room() -> Room | None:
    """How full the reading room is; None while nothing can be read, or nobody counts."""
    desk = front_desk()
    try:
        return desk.store.read(reading_room.look, desk.office, desk.clock.now())
    except StoreError:  # the board says that something is wrong
        return None
