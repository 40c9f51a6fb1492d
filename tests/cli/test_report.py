"""`frontdesk report`: a report as a file, also while the front desk runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result

from appliance import config
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from tests.store.reports.past import History, Past, store

Command = Callable[..., Result]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[FrontDesk]:
    """A front desk that holds its data folder, with a quarter that was over long ago."""
    settings = config.parse('[site]\noffice = "1373"\n')
    desk = assemble(load_office("1373"), settings, ManualClock(), tmp_path / "data")
    desk.store.open()
    desk.store.write(store, History([Past(date(2025, 11, 3), sla_s=place) for place in range(30)]))
    yield desk
    desk.store.close()


@pytest.fixture
def report(tmp_path: Path, command: Command) -> Command:
    """Runs the command on that data."""
    path = tmp_path / "frontdesk.toml"
    path.write_text(f'[site]\noffice = "1373"\ndata = "{tmp_path / "data"}"\n')
    return lambda *words: command("report", "--config", str(path), *words)


def test_a_quarter_is_written_while_the_front_desk_runs(
    running: FrontDesk, report: Command, tmp_path: Path
) -> None:
    target = tmp_path / "laporan.xlsx"
    result = report("--quarter", "2025-Q4", "-o", str(target))
    assert (result.exit_code, result.output.strip()) == (0, str(target))
    book = openpyxl.load_workbook(target)
    assert "Untuk publikasi" in str(book["summary"]["A4"].value)
    assert running.store.problem is None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--day", "2025-11-03"], "2025-11-03"),
        (["--month", "2025-11"], "2025-11"),
        (["--year", "2025"], "2025"),
        (["--from", "2025-11-01", "--to", "2025-11-07"], "2025-11-01_2025-11-07"),
    ],
)
def test_every_kind_of_period_can_be_had_for_the_office_itself(
    running: FrontDesk,
    report: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert report(*words, "--internal", "--format", "csv").exit_code == 0
    written = (tmp_path / f"laporan-1373-{name}-internal.csv").read_text(encoding="utf-8-sig")
    assert ";summary;visits;value;30;" in written


def test_what_is_not_published_is_told_and_nothing_is_written(
    running: FrontDesk, report: Command, tmp_path: Path
) -> None:
    target = tmp_path / "laporan.xlsx"
    result = report("--month", "2025-11", "--output", str(target))
    assert result.exit_code == 1
    assert "hanya dibuat per triwulan" in result.stderr
    assert "--internal" in result.stderr
    assert not target.exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--month", "2025-13"],
        ["--month", "2025-Q4"],
        ["--quarter", "2025-Q4", "--year", "2025"],
        ["--from", "2025-11-07", "--to", "2025-11-01"],
        ["--from", "last week"],
        ["--to", "2025-11-01"],
    ],
)
def test_the_command_line_must_name_one_period(running: FrontDesk, report: Command, words: list[str]) -> None:
    assert report(*words).exit_code == 2


def test_without_a_database_it_says_so(report: Command, tmp_path: Path) -> None:
    result = report("--quarter", "2025-Q4", "-o", str(tmp_path / "x.xlsx"))
    assert result.exit_code == 1
    assert "frontdesk.db" in result.stderr
    assert not (tmp_path / "data").exists(), "a look makes nothing"


def test_a_file_that_cannot_be_written_is_told(running: FrontDesk, report: Command, tmp_path: Path) -> None:
    result = report("--quarter", "2025-Q4", "-o", str(tmp_path / "nowhere" / "x.xlsx"))
    assert result.exit_code == 1
    assert "nowhere" in result.stderr
