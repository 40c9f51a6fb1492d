"""Officers and administrators: their accounts and passwords.

Passwords are argon2id. There is no default password: the first administrator proves to stand at the desk by
a code that comes out of the ticket printer.
"""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import argon2

from appliance.errors import BadLogin, Invalid, Message, NotNow
from appliance.files import write_durably
from appliance.store import Transaction

ROLES = ("officer", "administrator")
MIN_PASSWORD = 10  # characters; length is what counts (NIST SP 800-63B)
MAX_PASSWORD = 200
CODE_FILE = "first-start-code"
CODE_LENGTH = 8
_CODE_ALPHABET = "23456789"  # no letters to mistake, and no 0 or 1; typed on any keyboard

_LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}")
_NAME_LENGTHS = range(2, 81)

# OWASP's minimum for argon2id: 19 MiB, two passes, one lane.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# One at a time, so that sixteen people at the log-in page do not take sixteen times the memory.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff."""

    id: int
    login: str
    name: str
    role: str
    active: bool

    @property
    def is_administrator(self) -> bool:
        """True for who may change accounts and settings."""
        return self.role == "administrator"


@dataclass(frozen=True, slots=True)
class Account:
    """A member who may log in, with the hash of their password."""

    member: Member
    password_hash: str


# ---------------------------------------------------------------------------------------- accounts


def any_member(db: sqlite3.Connection) -> bool:
    """False until the first administrator exists."""
    return db.execute("SELECT 1 FROM staff LIMIT 1").fetchone() is not None


def members(db: sqlite3.Connection) -> list[Member]:
    """All accounts: those in use first, then by name."""
    return [member_of(row) for row in db.execute("SELECT * FROM staff ORDER BY active DESC, name, id")]


def member(db: sqlite3.Connection, member_id: int) -> Member:
    """One account. Raises NotNow when there is none."""
    row = db.execute("SELECT * FROM staff WHERE id = ?", (member_id,)).fetchone()
    if row is None:
        raise NotNow("unknown_member")
    return member_of(row)


def wrong_entries(*, login: str, name: str, role: str) -> dict[str, Message]:
    """What does not fit in the entries for an account: a message for each field."""
    wrong: dict[str, Message] = {}
    if len(_name(name)) not in _NAME_LENGTHS or not _name(name).isprintable():
        wrong["name"] = Message("admin.name_rule")
    if not _LOGIN.fullmatch(_login(login)):
        wrong["login"] = Message("admin.login_rule")
    if role not in ROLES:
        wrong["role"] = Message("admin.role_rule")
    return wrong


def add(
    tx: Transaction, *, login: str, name: str, role: str, password_hash: str, by: int | None = None
) -> Member:
    """Make an account. Raises Invalid with a message for each field that does not fit."""
    wrong = wrong_entries(login=login, name=name, role=role)
    if tx.db.execute("SELECT 1 FROM staff WHERE login = ?", (_login(login),)).fetchone():
        wrong["login"] = Message("admin.login_taken")
    if wrong:
        raise Invalid(wrong)
    row = tx.db.execute(
        "INSERT INTO staff (login, name, role, password, created) VALUES (?, ?, ?, ?, ?) RETURNING *",
        (_login(login), _name(name), role, password_hash, tx.now.stamp()),
    ).fetchone()
    tx.record("staff.added", staff=by, member=row["id"], role=role)
    return member_of(row)


def set_password(
    tx: Transaction, member_id: int, password_hash: str, *, by: int, stay: str | None = None
) -> None:
    """Give an account a new password; whoever was logged in with it is logged out.

    Only the session with the token hash `stay` goes on: that of somebody who changes their own password.
    """
    member(tx.db, member_id)
    tx.db.execute("UPDATE staff SET password = ? WHERE id = ?", (password_hash, member_id))
    tx.db.execute("DELETE FROM staff_session WHERE staff_id = ? AND token_hash IS NOT ?", (member_id, stay))
    tx.record("staff.password_set", staff=by, member=member_id)


def set_active(tx: Transaction, member_id: int, active: bool, *, by: int) -> None:
    """Close an account, which logs it out, or open it again. The last administrator stays (NotNow)."""
    if not active:
        _keep_an_administrator(tx, member_id)
        tx.db.execute("DELETE FROM staff_session WHERE staff_id = ?", (member_id,))
    if member(tx.db, member_id).active == active:
        return
    tx.db.execute("UPDATE staff SET active = ? WHERE id = ?", (int(active), member_id))
    tx.record("staff.opened" if active else "staff.closed", staff=by, member=member_id)


def set_role(tx: Transaction, member_id: int, role: str, *, by: int) -> None:
    """Make somebody an officer or an administrator. The last administrator stays one (NotNow)."""
    if role not in ROLES:
        raise Invalid({"role": Message("admin.role_rule")})
    if role != "administrator":
        _keep_an_administrator(tx, member_id)
    if member(tx.db, member_id).role == role:
        return
    tx.db.execute("UPDATE staff SET role = ? WHERE id = ?", (role, member_id))
    tx.record("staff.role_set", staff=by, member=member_id, role=role)


def _keep_an_administrator(tx: Transaction, member_id: int) -> None:
    """Raises NotNow when nobody but this member could change accounts."""
    others = tx.db.execute(
        "SELECT 1 FROM staff WHERE active AND role = 'administrator' AND id != ? LIMIT 1", (member_id,)
    ).fetchone()
    if others is None:
        raise NotNow("last_administrator")


def member_of(row: sqlite3.Row) -> Member:
    """The account in a row of `staff`."""
    return Member(row["id"], row["login"], row["name"], row["role"], bool(row["active"]))


def _login(text: str) -> str:
    return text.strip().lower()


def _name(text: str) -> str:
    return " ".join(text.split())


# ---------------------------------------------------------------------------------------- passwords


def wrong_password(password: str, repeated: str | None = None) -> dict[str, Message]:
    """What does not fit in a new password; `repeated` is the second typing, where one was asked for."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return {"password": Message("admin.password_rule", {"n": MIN_PASSWORD})}
    if repeated is not None and repeated != password:
        return {"password_repeat": Message("admin.password_differs")}
    return {}


def hash_password(password: str) -> str:
    """The argon2id hash. Raises Invalid for a password that is too short or absurdly long."""
    if wrong := wrong_password(password):
        raise Invalid(wrong)
    with _ONE_AT_A_TIME:
        return _HASHER.hash(_normal(password))


def account(db: sqlite3.Connection, login: str) -> Account | None:
    """The open account of this login name, for `prove`."""
    row = db.execute("SELECT * FROM staff WHERE login = ? AND active", (_login(login),)).fetchone()
    return Account(member_of(row), row["password"]) if row else None


def prove(found: Account | None, password: str) -> Member:
    """Who this is. Raises BadLogin, after the same work whether or not the account exists.

    Not for within a read or a write: it takes a tenth of a second, on purpose.
    """
    nobody = _nobody()
    # One character beyond the longest password fits none.
    given = _normal(password[: MAX_PASSWORD + 1])
    with _ONE_AT_A_TIME:
        try:
            _HASHER.verify(found.password_hash if found else nobody, given)
        except argon2.exceptions.VerifyMismatchError:
            raise BadLogin from None
    if found is None:
        raise BadLogin
    return found.member


@cache
def _nobody() -> str:
    """A hash that no password fits, so that an unknown account takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_hex(16))


def _normal(password: str) -> str:
    """One spelling for what different keyboards make of the same letters (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


# ---------------------------------------------------------------------------------------- first start


def first_start_code(folder: Path) -> str:
    """The code that lets the first administrator in, made once, readable by the appliance alone."""
    path = folder / CODE_FILE
    code = _read_code(path)
    if code is None:
        code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(CODE_LENGTH))
        write_durably(path, code.encode("ascii"))  # an empty one would be a code that nobody has to type
    return code


def check_first_start_code(folder: Path, given: str) -> None:
    """Raises BadLogin unless `given` is the code."""
    digits = "".join(given.split()).replace("-", "")
    if not hmac.compare_digest(digits.encode(), first_start_code(folder).encode()):
        raise BadLogin


def forget_first_start_code(folder: Path) -> None:
    """The first administrator exists: the code opens nothing any more."""
    (folder / CODE_FILE).unlink(missing_ok=True)


def _read_code(path: Path) -> str | None:
    """The stored code; None when there is none, or when a pulled plug left half of one."""
    try:
        code = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    return code if len(code) == CODE_LENGTH and set(code) <= set(_CODE_ALPHABET) else None
