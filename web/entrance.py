"""The way in for staff: first start, log-in, log-out, and their own password."""

from __future__ import annotations

import logging
import math

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from appliance import sessions, staff
from appliance.errors import BadLogin, Invalid, Message, TooManyTries
from appliance.sessions import Session
from appliance.staff import Member
from appliance.store import Transaction
from web import access
from web.context import say, say_all
from web.parts import front_desk
from web.protection import caller, is_from_kiosk
from web.tries import Tries, tries

log = logging.getLogger(__name__)

entrance = Blueprint("entrance", __name__)

PLACE_COOKIE = "place"  # the desk where this computer stands: who logs in need not choose it again
_A_YEAR_S = 365 * 24 * 3600


@entrance.record
def _count_tries(state: BlueprintSetupState) -> None:
    """Each application has its own counters."""
    state.app.extensions["tries"] = Tries()


@entrance.get("/")
def start() -> ResponseReturnValue:
    """Where somebody lands who types only the machine's name."""
    return render_template("entrance/start.html", kiosk=is_from_kiosk())


# ------------------------------------------------------------------------------------ log-in


@entrance.get("/login")
def log_in() -> ResponseReturnValue:
    """The log-in page; on an appliance without staff, the first start."""
    if not front_desk().store.read(staff.any_member):
        return redirect(url_for("entrance.set_up"), 303)
    if access.session() is not None:
        return redirect(url_for("desk.overview"), 303)
    return _log_in_page(_why_here())


def _why_here() -> Message | None:
    """What to say to somebody who did not come by themselves."""
    if request.args.get("said") == "logged_out":
        return Message("login.logged_out")
    return Message("login.over") if request.cookies.get(access.COOKIE) else None


@entrance.post("/login")
def check_log_in() -> ResponseReturnValue:
    """Check name and password; the answer is the same for an unknown name and a wrong password."""
    desk = front_desk()
    login, place = request.form.get("login", ""), _place(request.form.get("place"))
    try:
        member = _who_is_this(login, request.form.get("password", ""))
    except TooManyTries as error:
        return _wait(error, _log_in_page(problem=_wait_message(error)))
    except BadLogin:
        log.warning("a log-in from %s was refused", caller())
        return _log_in_page(problem=Message("login.wrong")), 401
    token = desk.store.write(_begin_session, member, place, access.session())
    response = access.remember(redirect(url_for("desk.overview"), 303), token)
    response.set_cookie(
        PLACE_COOKIE, place, max_age=_A_YEAR_S, httponly=True, samesite="Strict", secure=request.is_secure
    )
    return response


def _who_is_this(login: str, password: str) -> Member:
    """Raises BadLogin or TooManyTries."""
    tries().password(login, caller())
    # Read first, then the slow work, so that no snapshot of the database is held meanwhile.
    member = staff.prove(front_desk().store.read(staff.account, login), password)
    tries().succeeded(login, caller())
    return member


def _begin_session(tx: Transaction, member: Member, place: str, before: Session | None) -> str:
    """A browser has one session: the new one takes the place of whoever was logged in there."""
    if before is not None:
        sessions.log_out(tx, before)
    return sessions.log_in(tx, member, place=place)


def _place(wanted: str | None) -> str:
    """The key of the desk that was chosen, or of the first one."""
    keys = [place.key for place in front_desk().office.places]
    return wanted if wanted in keys else keys[0]


def _log_in_page(told: Message | None = None, *, problem: Message | None = None) -> str:
    return render_template(
        "entrance/log_in.html",
        told=say(told) if told else None,
        problem=say(problem) if problem else None,
        login=request.form.get("login", ""),
        place=_place(request.form.get("place") or request.cookies.get(PLACE_COOKIE)),
    )


def _wait_message(error: TooManyTries) -> Message:
    return Message("login.wait", {"n": math.ceil(error.wait_s)})


def _wait(error: TooManyTries, page: str) -> Response:
    """A page that says how long to wait, and says it to programs too."""
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(math.ceil(error.wait_s))
    return response


@entrance.post("/logout")
def log_out() -> ResponseReturnValue:
    """End the session."""
    session = access.session()
    if session is not None:
        front_desk().store.write(sessions.log_out, session)
    return access.forget(redirect(url_for("entrance.log_in", said="logged_out"), 303))


# ------------------------------------------------------------------------------------ first start


@entrance.get("/setup")
def set_up() -> ResponseReturnValue:
    """First start: the code from the ticket printer, and the first administrator."""
    if front_desk().store.read(staff.any_member):
        return redirect(url_for("entrance.log_in"), 303)
    return _set_up_page({})


@entrance.post("/setup")
def finish_set_up() -> ResponseReturnValue:
    """Make the first administrator and log them in."""
    desk = front_desk()
    if desk.store.read(staff.any_member):
        return redirect(url_for("entrance.log_in"), 303)
    try:
        tries().code()
        token = _first_administrator()
    except TooManyTries as error:
        return _wait(error, _set_up_page({"code": _wait_message(error)}))
    except Invalid as error:
        return _set_up_page(dict(error.fields)), 422
    except BadLogin:  # two people had the code, and the other one was faster
        return redirect(url_for("entrance.log_in"), 303)
    staff.forget_first_start_code(desk.folder)
    return access.remember(redirect(url_for("admin.overview", said="set_up"), 303), token)


def _first_administrator() -> str:
    """Check everything, then write. Gives the session's token; raises Invalid, or BadLogin."""
    desk, form = front_desk(), request.form
    login, name, password = form.get("login", ""), form.get("name", ""), form.get("password", "")
    wrong = staff.wrong_entries(login=login, name=name, role="administrator")
    wrong |= staff.wrong_password(password, form.get("password_repeat", ""))
    try:
        staff.check_first_start_code(desk.folder, form.get("code", ""))
    except BadLogin:
        wrong = {"code": Message("setup.code_wrong"), **wrong}
    if wrong:
        raise Invalid(wrong)
    return desk.store.write(_add_first, login, name, staff.hash_password(password), _place(None))


def _add_first(tx: Transaction, login: str, name: str, password_hash: str, place: str) -> str:
    """In one transaction, so that two people with the code make one administrator."""
    if staff.any_member(tx.db):
        raise BadLogin
    member = staff.add(tx, login=login, name=name, role="administrator", password_hash=password_hash)
    return sessions.log_in(tx, member, place=place)


def _set_up_page(wrong: dict[str, Message]) -> str:
    return render_template(
        "entrance/set_up.html", wrong=say_all(wrong), entered=request.form, min_password=staff.MIN_PASSWORD
    )


# ------------------------------------------------------------------------------------ own password


@entrance.get("/account/password")
@access.for_staff
def password() -> ResponseReturnValue:
    """Where everybody changes their own password."""
    return _password_page({})


@entrance.post("/account/password")
@access.for_staff
def change_password() -> ResponseReturnValue:
    """The old one is checked, so that a desk left open for a minute gives nobody the account."""
    desk, form, me = front_desk(), request.form, access.me()
    new = form.get("password", "")
    wrong = staff.wrong_password(new, form.get("password_repeat", ""))
    try:
        if not wrong:
            _who_is_this(me.member.login, form.get("old", ""))
    except TooManyTries as error:
        return _wait(error, _password_page({"old": _wait_message(error)}))
    except BadLogin:
        wrong = {"old": Message("admin.password_old_wrong")}
    if wrong:
        return _password_page(wrong), 422
    desk.store.write(
        staff.set_password, me.member.id, staff.hash_password(new), by=me.member.id, stay=me.token_hash
    )
    return redirect(url_for("entrance.password", said="changed"), 303)


def _password_page(wrong: dict[str, Message]) -> str:
    return render_template(
        "entrance/password.html",
        wrong=say_all(wrong),
        changed=request.args.get("said") == "changed",
        min_password=staff.MIN_PASSWORD,
    )
