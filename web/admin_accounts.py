"""The accounts of officers and administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance import staff
from appliance.errors import Invalid, Message, NotNow
from appliance.store import Transaction
from web import access
from web.context import say_all
from web.parts import front_desk

accounts = Blueprint("accounts", __name__, url_prefix="/accounts")

_SAID = {
    "added": "admin.account_added",
    "role": "admin.role_changed",
    "password": "admin.password_given",
    "closed": "admin.account_closed",
    "opened": "admin.account_opened",
}


@accounts.get("")
@access.for_administrators
def everybody() -> ResponseReturnValue:
    """All accounts."""
    members = front_desk().store.read(staff.members)
    return render_template("admin/accounts.html", members=members, said=_said())


@accounts.get("/new")
@access.for_administrators
def new() -> ResponseReturnValue:
    """The form for a new account."""
    return _new_page({})


@accounts.post("/new")
@access.for_administrators
def add() -> ResponseReturnValue:
    """Make the account."""
    form, me = request.form, access.me()
    entries = {key: form.get(key, "") for key in ("login", "name", "role")}
    password = form.get("password", "")
    wrong = staff.wrong_entries(**entries) | staff.wrong_password(password)
    try:
        if wrong:
            raise Invalid(wrong)
        hashed = staff.hash_password(password)
        front_desk().store.write(staff.add, **entries, password_hash=hashed, by=me.member.id)
    except Invalid as error:
        return _new_page(error.fields), 422
    return redirect(url_for("admin.accounts.everybody", said="added"), 303)


@accounts.get("/<int:member_id>")
@access.for_administrators
def one(member_id: int) -> ResponseReturnValue:
    """One account, and what can be done about it."""
    return _page(member_id)


@accounts.post("/<int:member_id>/role")
@access.for_administrators
def change_role(member_id: int) -> ResponseReturnValue:
    """Officer or administrator."""
    role, me = request.form.get("role", ""), access.me().member.id
    return _change(member_id, "role", lambda tx: staff.set_role(tx, member_id, role, by=me))


@accounts.post("/<int:member_id>/password")
@access.for_administrators
def give_password(member_id: int) -> ResponseReturnValue:
    """A new password, for somebody who has forgotten theirs; it logs them out."""
    wrong = staff.wrong_password(password := request.form.get("password", ""))
    if wrong:
        return _page(member_id, wrong), 422
    hashed, me = staff.hash_password(password), access.me().member.id
    return _change(member_id, "password", lambda tx: staff.set_password(tx, member_id, hashed, by=me))


@accounts.post("/<int:member_id>/close")
@access.for_administrators
def close(member_id: int) -> ResponseReturnValue:
    """Nobody logs in with it any more."""
    me = access.me().member.id
    return _change(member_id, "closed", lambda tx: staff.set_active(tx, member_id, False, by=me))


@accounts.post("/<int:member_id>/open")
@access.for_administrators
def reopen(member_id: int) -> ResponseReturnValue:
    """It can be used again, with its old password."""
    me = access.me().member.id
    return _change(member_id, "opened", lambda tx: staff.set_active(tx, member_id, True, by=me))


def _change(member_id: int, said: str, act: Callable[[Transaction], None]) -> ResponseReturnValue:
    """Carry a change out, and show the account again with what came of it."""
    try:
        front_desk().store.write(act)
    except NotNow as error:
        if error.state != "last_administrator":
            raise
        return _page(member_id, problem="admin.last_administrator"), 409
    except Invalid as error:
        return _page(member_id, error.fields), 422
    return redirect(url_for("admin.accounts.one", member_id=member_id, said=said), 303)


def _new_page(wrong: Mapping[str, Message]) -> str:
    return render_template(
        "admin/account_new.html", wrong=say_all(wrong), entered=request.form, min_password=staff.MIN_PASSWORD
    )


def _page(member_id: int, wrong: Mapping[str, Message] | None = None, problem: str | None = None) -> str:
    return render_template(
        "admin/account.html",
        member=front_desk().store.read(staff.member, member_id),
        wrong=say_all(wrong or {}),
        problem=problem,
        said=_said(),
        min_password=staff.MIN_PASSWORD,
    )


def _said() -> str | None:
    return _SAID.get(request.args.get("said", ""))
