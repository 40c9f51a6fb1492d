"""`frontdesk backup`, `restore`, `retention`: a copy made, carried away, and put back on an empty machine."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyrage
import pytest
from click.testing import Result

from appliance import schema
from appliance.keeping import backup
from appliance.store import FILE
from tests.cli.conftest import Program, append, await_that, get
from tests.cli.test_run import _ask_for_ticket
from tests.conftest import PASSWORD

Start = Callable[..., Program]
Command = Callable[..., Result]


@pytest.fixture
def filled(command: Command, config: Path, data: Path) -> Path:
    """A data folder with an account in it."""
    add(command, config, "rina")
    return data


def add(command: Command, config: Path, login: str) -> None:
    done = command(
        "staff", "add", "--config", config, "--password", PASSWORD, login, f"{login.title()} Marlina"
    )
    assert done.exit_code == 0, done.output


def logins(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE)) as db:
        return [row[0] for row in db.execute("SELECT login FROM staff ORDER BY id")]


def newest(folder: Path) -> Path:
    return backup.copies(folder / backup.FOLDER)[0].path


# ---------------------------------------------------------------------------------------- backup


def test_a_copy_is_made_and_listed(command: Command, config: Path, filled: Path) -> None:
    done = command("backup", "--config", config)
    assert done.exit_code == 0, done.output
    assert str(newest(filled)) in done.stdout
    listed = command("backup", "list", "--config", config)
    assert listed.exit_code == 0
    assert listed.stdout.rstrip().endswith("good")

    newest(filled).write_bytes(b"x" * newest(filled).stat().st_size)
    listed = command("backup", "list", "--config", config)
    assert listed.exit_code == 1
    assert "changed since it was made" in listed.stdout


def test_a_copy_is_made_while_the_front_desk_runs(
    start: Start, command: Command, config: Path, data: Path, port: int
) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    assert _ask_for_ticket(port) == "P001"
    assert command("backup", "--config", config).exit_code == 0
    with closing(backup.reading(newest(data))) as db:
        assert db.execute("SELECT count(*) FROM ticket").fetchone()[0] == 1
    assert _ask_for_ticket(port) == "P002"
    assert program.end() == 0


def test_nothing_leaves_the_machine_unencrypted(
    command: Command, config: Path, filled: Path, tmp_path: Path
) -> None:
    away = tmp_path / "usb"
    away.mkdir()
    done = command("backup", "--config", config, "--to", away)
    assert done.exit_code == 1
    assert "backup key" in done.stderr
    assert list(away.iterdir()) == []
    append(config, f'\n[backup]\ncopy_to = "{away}"\n')
    wrong = command("backup", "--config", config)
    assert wrong.exit_code == 2
    assert "no copy leaves the machine unencrypted" in wrong.stderr


def test_a_drive_that_is_not_there_is_told(
    command: Command, config: Path, filled: Path, tmp_path: Path
) -> None:
    public = str(pyrage.x25519.Identity.generate().to_public())
    append(config, f'\n[backup]\nrecipient = "{public}"\ncopy_to = "{tmp_path / "usb"}"\n')
    done = command("backup", "--config", config)
    assert done.exit_code == 1
    assert "is the drive mounted?" in done.stderr
    assert not (tmp_path / "usb").exists()


@pytest.fixture
def carried(command: Command, config: Path, filled: Path, tmp_path: Path) -> tuple[Path, Path]:
    """An encrypted copy on a drive, and the file with its key."""
    said = command("backup", "key").stdout
    (public,) = set(re.findall(r"age1\w+", said))
    (secret,) = re.findall(r"AGE-SECRET-KEY-\w+", said)
    key = tmp_path / "key"
    key.write_text(f"# opens the copies\n{secret}\n")
    usb = tmp_path / "usb"
    usb.mkdir()
    append(config, f'\n[backup]\nrecipient = "{public}"\ncopy_to = "{usb}"\n')
    assert command("backup", "--config", config).exit_code == 0
    (sealed,) = usb.glob("*.age")
    return sealed, key


def test_a_copy_on_a_drive_shows_nobody_s_name(carried: tuple[Path, Path]) -> None:
    for path in carried[0].parent.iterdir():
        content = path.read_bytes()
        assert b"Marlina" not in content
        assert b"SQLite" not in content


# ---------------------------------------------------------------------------------------- restore


def test_a_restore_is_rehearsed_last_night_s_copy_on_an_empty_machine(
    start: Start, command: Command, config: Path, data: Path, port: int, carried: tuple[Path, Path]
) -> None:
    sealed, key = carried
    shutil.rmtree(data)
    done = command("restore", "--config", config, "--identity", key, sealed)
    assert done.exit_code == 0, done.output
    assert logins(data) == ["rina"]
    assert not (data / "restore.unsealed").exists()

    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    assert _ask_for_ticket(port).startswith("P0")
    assert program.end() == 0


def test_after_a_restore_numbers_go_on_above_those_that_were_given_since(
    start: Start, command: Command, config: Path, data: Path, port: int
) -> None:
    program = start("run", "--config", config)
    program.await_page(port, "/healthz")
    assert _ask_for_ticket(port) == "P001"
    assert command("backup", "--config", config).exit_code == 0
    assert [_ask_for_ticket(port) for _ in range(3)] == ["P002", "P003", "P004"]

    running = command("restore", "--config", config, newest(data))
    assert running.exit_code == 75
    assert f"running (process {program.pid})" in running.stderr
    assert program.end() == 0

    old = (data / FILE).read_bytes()
    done = command("restore", "--config", config, newest(data))
    assert done.exit_code == 0, done.output
    (aside,) = (data / "aside").iterdir()
    assert (aside / FILE).read_bytes() == old, "moved aside, never deleted"

    again = start("run", "--config", config)
    again.await_page(port, "/healthz")
    assert _ask_for_ticket(port) > "P004"
    assert "Data antrean baru dipulihkan" in get(port, "/kiosk/")[1]
    assert again.end() == 0


def test_who_was_erased_since_the_copy_is_erased_in_it_again(
    command: Command, config: Path, filled: Path
) -> None:
    with closing(sqlite3.connect(filled / FILE)) as db:
        db.executescript(
            "INSERT INTO service_day VALUES (1, '2026-11-20', 'x', 'x');"
            "INSERT INTO visit (id, request_id, day_id, source, service, priority, language, state, arrived)"
            " VALUES (1, 'r1', 1, 'kiosk', 'library', 0, 'id', 'checked_out', '');"
            "INSERT INTO guest VALUES (1, 'Siti Nurhaliza', NULL, NULL, 'SMA 1', NULL, 'kiosk');"
        )
    assert command("backup", "--config", config).exit_code == 0
    copy = newest(filled)
    with closing(sqlite3.connect(filled / FILE)) as db:
        db.executescript("DELETE FROM guest; INSERT INTO guest_erased (request_id, day_id) VALUES ('r1', 1);")
    done = command("restore", "--config", config, copy)
    assert "erased again, as it had been since: 1" in done.stdout, done.output
    assert b"Siti Nurhaliza" not in (filled / FILE).read_bytes()


def test_a_copy_of_an_older_release_is_brought_up_to_date(
    command: Command, config: Path, filled: Path
) -> None:
    old = filled.parent / "old.db"
    with closing(sqlite3.connect(old)) as db:
        db.executescript(schema.migrations()[0] + "PRAGMA user_version = 1;")
        db.execute("INSERT INTO staff VALUES (1, 'lama', 'Lama', 'officer', '', 1, '')")
        db.commit()
    done = command("restore", "--config", config, old)
    assert done.exit_code == 0, done.output
    assert f"it was of step 1, and is of step {len(schema.migrations())} now" in done.stdout
    assert logins(filled) == ["lama"]


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    backup.manifest_of(path).unlink(missing_ok=True)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])
    backup.manifest_of(path).unlink(missing_ok=True)


def _other_content(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM staff")
        db.commit()


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.migrations()) + 1}")


def _another_program_s(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE songs (a); PRAGMA user_version = 3;")


def _no_database(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_damage, "is damaged"),
        (_cut_short, "is damaged"),
        (_other_content, "is not what was copied"),
        (_newer, "is of a newer release"),
        (_another_program_s, "is not the database of a front desk"),
        (_no_database, "is no copy of a database"),
        (_gone, "No such file"),
    ],
)
def test_a_file_that_cannot_be_put_back_is_refused_with_the_reason_and_nothing_is_touched(
    command: Command, config: Path, filled: Path, tmp_path: Path, harm: Callable[[Path], None], reason: str
) -> None:
    assert command("backup", "--config", config).exit_code == 0
    add(command, config, "budi")
    file = tmp_path / "usb.db"
    shutil.copyfile(newest(filled), file)
    shutil.copyfile(backup.manifest_of(newest(filled)), backup.manifest_of(file))
    harm(file)
    before = everything(filled)
    done = command("restore", "--config", config, file)
    assert done.exit_code == 1
    assert reason in done.stderr
    assert everything(filled) == before


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("frontdesk.lock", f"{FILE}-shm")
    }


@pytest.mark.parametrize("key", ["none", "wrong", "no key", "missing"])
def test_an_encrypted_copy_opens_only_with_its_key(
    command: Command, config: Path, filled: Path, carried: tuple[Path, Path], tmp_path: Path, key: str
) -> None:
    sealed, _ = carried
    identity = tmp_path / "other"
    if key == "wrong":
        identity.write_text(str(pyrage.x25519.Identity.generate()))
    elif key == "no key":
        identity.write_text("nothing in here\n")
    before = everything(filled)
    options = [] if key == "none" else ["--identity", identity]
    done = command("restore", "--config", config, *options, sealed)
    assert done.exit_code == 1
    expected = {
        "none": "is encrypted",
        "wrong": "wrong key, or damaged",
        "no key": "holds no key",
        "missing": "No such file",
    }
    assert expected[key] in done.stderr
    assert everything(filled) == before


# ---------------------------------------------------------------------------------- damaged at the start


def test_a_damaged_database_is_back_within_ten_seconds_and_every_page_says_so(
    start: Start, command: Command, config: Path, data: Path, port: int
) -> None:
    first = start("run", "--config", config)
    first.await_page(port, "/healthz")
    assert _ask_for_ticket(port) == "P001"
    assert command("backup", "--config", config).exit_code == 0
    assert _ask_for_ticket(port) == "P002"
    first.kill()
    (data / FILE).write_bytes(b"\0" * 8192)

    began = time.monotonic()
    second = start("run", "--config", config)
    second.await_page(port, "/healthz")
    number = _ask_for_ticket(port)
    assert time.monotonic() - began < 30
    assert number > "P002"
    assert json.loads(get(port, "/healthz")[1])["status"] == "ok"
    assert "Jika nomor Anda tidak dipanggil" in get(port, "/kiosk/")[1]
    await_that(lambda: "moved aside" in second.output, second)
    assert second.end() == 0


# ---------------------------------------------------------------------------------------- retention


def test_what_would_be_erased_is_shown_and_a_clock_that_nobody_vouches_for_erases_nothing(
    command: Command, config: Path, filled: Path
) -> None:
    shown = command("retention", "--config", config, "--dry-run")
    assert shown.exit_code == 0, shown.output
    done = command("retention", "--config", config)
    if "nothing can be erased" in shown.stdout:
        assert done.exit_code == 1
    else:
        assert done.stdout == shown.stdout
