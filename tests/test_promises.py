"""What the documents, the wording and the packaging promise, compared with the code."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import appliance.central_errors  # noqa: F401  # so that its classes are there
from appliance import errors
from appliance.duties import cards, doors, paper, press, voice
from appliance.duties.paper import problem_of
from appliance.errors import ApplianceError
from appliance.wording import load_wording
from drivers.base import DriverError, Paper, PrinterStatus

ROOT = Path(__file__).parents[1]
PACKAGES = ("appliance", "drivers", "web")
WORDING = load_wording()
LONGEST_FILE = 450  # lines

PYTHON = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TEMPLATES = sorted((ROOT / "web" / "templates").rglob("*.html"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def family(root: type[Any]) -> Iterator[type[Any]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


# ---------------------------------------------------------------------------------------- the house


def test_imports_point_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*PYTHON, *sorted((ROOT / "tests").rglob("*.py"))], ids=name_of)
def test_no_file_is_longer_than_one_can_hold_in_mind(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_every_package_and_every_file_of_data_is_installed() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        setuptools = tomllib.load(file)["tool"]["setuptools"]
    there = {name_of(path.parent).replace("/", ".") for path in PYTHON}
    assert set(setuptools["packages"]) == there

    shipped = {
        path
        for package, patterns in setuptools["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    forgotten = [
        name_of(path)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md") and path not in shipped
    ]
    assert forgotten == []


SUFFIXES = {".py", ".html", ".css", ".js", ".md", ".toml", ".sql", ".sh", ".service", ".json"}
# Folders of whoever writes this, and the programs that may help with it: no business of an office's.
WORKSHOP = re.compile(r"/(?:work|home|root)/\w|(?<!user-)\bagents?\b", re.IGNORECASE)


def test_nothing_speaks_of_the_place_where_it_was_written() -> None:
    folders = (*PACKAGES, "docs", "systemd", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    files += [path for path in ROOT.iterdir() if path.suffix in SUFFIXES]
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in files
        if path != Path(__file__)
        for line in path.read_text(encoding="utf-8").splitlines()
        if WORKSHOP.search(line)
    ]
    assert found == []


# ---------------------------------------------------------------------------------------- the wording

KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
BEGINNING = re.compile(r"[a-z][a-z0-9_]*\.(?:[a-z0-9_]+\.)*")
SPEAKING = {"t", "text", "say", "Message"}


def keys_in_python(path: Path) -> Iterator[str]:
    """The keys that a module says, whole, or up to what is put in while it runs: "device.name."."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and called(node) in SPEAKING:
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.JoinedStr):
                    yield str(getattr(part.values[0], "value", ""))
                elif (
                    isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and KEY.fullmatch(part.value)
                ):
                    yield part.value


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return getattr(node.func, "id", "")


def keys_in_template(path: Path) -> Iterator[str]:
    """The same for a template: every text within the brackets of `t(...)`, up to a `~`."""
    source = path.read_text(encoding="utf-8")
    for match in re.finditer(r"(?<![\w.])t\(", source):
        spoken = first_argument(source[match.end() :])
        for whole, joined in re.findall(r"[\"']([a-z0-9_.]+)[\"']( ~)?", spoken):
            if (BEGINNING if joined else KEY).fullmatch(whole):
                yield whole


def first_argument(source: str) -> str:
    """Up to the comma or bracket that ends it."""
    depth = 0
    for place, sign in enumerate(source):
        if depth == 0 and sign in ",)":
            return source[:place]
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0)
    return source


def is_text(key: str) -> bool:
    if key.endswith("."):
        return any(known.startswith(key) for known in WORDING)
    return key in WORDING


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_every_text_that_the_code_says_is_there(path: Path) -> None:
    assert [key for key in keys_in_python(path) if key and not is_text(key)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_text_that_a_page_says_is_there(path: Path) -> None:
    assert [key for key in keys_in_template(path) if not is_text(key)] == []


def test_the_search_for_texts_finds_some() -> None:
    """So that it cannot pass by finding nothing."""
    assert len({key for path in TEMPLATES for key in keys_in_template(path)}) > 100
    assert len({key for path in PYTHON for key in keys_in_python(path)}) > 30


@pytest.mark.parametrize("kind", list(family(ApplianceError)), ids=lambda kind: kind.__name__)
def test_every_error_has_words_for_what_happened_and_what_to_do(kind: type[ApplianceError]) -> None:
    assert errors.ApplianceError in kind.mro()
    for part in ("title", "do"):
        assert f"error.{kind.code}.{part}" in WORDING


@pytest.mark.parametrize("kind", list(family(DriverError)), ids=lambda kind: kind.__name__)
def test_every_trouble_of_a_device_has_words_for_what_happened_and_what_to_do(
    kind: type[DriverError],
) -> None:
    for part in ("title", "do"):
        assert f"device.{kind.code}.{part}" in WORDING


def problems_reported() -> set[str]:
    """The problems that duties report of their devices in their own words."""
    modules = (cards, doors, paper, press, voice)
    source = "\n".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in modules)
    return set(re.findall(r"DeviceState\.\w+,\s*(?:None if \w+ else )?\"(\w+)\"", source))


def problems_of_printers() -> set[str]:
    """What is said of a printer in any state that it can be in."""
    flags = itertools.product((True, False), repeat=4)
    states = [PrinterStatus(answered, of, *rest) for answered, *rest in flags for of in Paper]
    return {problem for state in states if (problem := problem_of(state)) is not None}


def test_every_problem_that_a_duty_reports_has_words() -> None:
    assert {"stuck", "still_closed"} <= problems_reported()
    assert {"paper_low", "paper_out", "timeout"} <= problems_of_printers()
    for problem in problems_reported() | problems_of_printers() | {"fell"}:
        assert f"device.{problem}.title" in WORDING
        assert f"device.{problem}.do" in WORDING


# ---------------------------------------------------------------------------------------- the journal


def kinds_recorded(path: Path) -> Iterator[str]:
    """The kinds that a module writes into the journal; with a beginning only where the rest is a state."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    takes_kind = {
        node.name: [arg.arg for arg in node.args.args].index("kind")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "kind" in [arg.arg for arg in node.args.args]
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        place = 0 if called(node) == "record" else takes_kind.get(called(node))
        if place is not None and place < len(node.args):
            yield from kinds_in(node.args[place])


def kinds_in(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.JoinedStr):
        yield str(getattr(argument.values[0], "value", ""))
    elif isinstance(argument, ast.IfExp):
        yield from kinds_in(argument.body)
        yield from kinds_in(argument.orelse)
    elif isinstance(argument, ast.Constant) and KEY.fullmatch(str(argument.value)):
        yield str(argument.value)


def documented_kinds() -> set[str]:
    table = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z_.]+)` \| \w", table, re.MULTILINE))


def test_every_kind_of_the_journal_is_documented_and_no_other() -> None:
    recorded = {kind for path in PYTHON for kind in kinds_recorded(path)}
    assert {"ticket.issued", "ticket.held", "guest_book.submitted", "unlock."} <= recorded
    documented = documented_kinds()
    beginnings = tuple(kind for kind in recorded if kind.endswith("."))
    whole = recorded - set(beginnings)
    assert whole - documented == set(), "not in docs/journal.md"
    assert {kind for kind in documented - whole if not kind.startswith(beginnings)} == set(), (
        "nowhere recorded"
    )
    assert all(any(kind.startswith(start) for kind in documented) for start in beginnings)


def test_every_kind_of_the_journal_has_words_for_the_administrator() -> None:
    assert {kind for kind in documented_kinds() if f"event.{kind}" not in WORDING} == set()


def test_every_outcome_of_an_opening_and_of_a_paper_is_documented() -> None:
    schema = (ROOT / "appliance" / "schema" / "0001_visit.sql").read_text(encoding="utf-8")
    (unlock_states,) = re.findall(r"CHECK \(state IN \('asked', 'commanded', ([^)]*)\)", schema)
    documented = documented_kinds()
    for state in re.findall(r"'(\w+)'", unlock_states):
        assert f"unlock.{state}" in documented
    assert {"paper.unknown", "paper.failed"} <= documented
