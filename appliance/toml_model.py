"""A TOML file read into a pydantic model, with every mistake reported at once.

Each problem names the key, its line, what is wrong in plain words, and where a name or a choice is not known,
the one that was probably meant. Values keep TOML's types: "8080" is no number, 1 is not true.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from appliance import toml_lines
from appliance.errors import ConfigError, Problem
from appliance.toml_lines import Step

M = TypeVar("M", bound="Table")


class Table(BaseModel):
    """A table of a TOML file: immutable, with no keys but the ones that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Finding(NamedTuple):
    """Something wrong at a place in the data, found by a check of our own."""

    path: tuple[Step, ...]
    message: str
    suggestion: str | None = None


Data = Mapping[str, Any]
Check = Callable[[Data], Iterable[Finding]]


def read(model: type[M], path: Path, also: Check | None = None) -> M:
    """Read a file; raises ConfigError with all problems, those of `also` among them."""
    return parse(model, _text_of(path), str(path), also)


def parse(model: type[M], text: str, file: str, also: Check | None = None) -> M:
    """The same for text; `file` is only its name in the messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(error, text, file)]) from None
    findings = list(also(data)) if also else []
    try:
        result = model.model_validate(_with_tuples(data))
    except ValidationError as error:
        errors = [details for details in error.errors(include_url=False) if not _follows(details)]
        findings += [_finding(details, model, data) for details in errors]
    else:
        if not findings:
            return result
    raise ConfigError(located(findings, text, file))


def located(findings: Iterable[Finding], text: str, file: str) -> list[Problem]:
    """Findings with the lines that they are on, in the order of the file."""
    lines = toml_lines.find_lines(text)
    problems = [
        Problem(file, toml_lines.dotted(path), message, toml_lines.line_of(lines, path), suggestion)
        for path, message, suggestion in findings
    ]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.key))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A suggestion for a word that is not known: the nearest one, else the whole (short) choice."""
    choices = list(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"choose from: {', '.join(choices)}" if 0 < len(choices) <= 12 else None


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError([Problem(str(path), "", "there is no such file")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(str(path), "", "is not UTF-8 text", line)]) from None
    except OSError as error:
        raise ConfigError([Problem(str(path), "", f"cannot be read: {error.strerror}")]) from None


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, file: str) -> Problem:
    """Before Python 3.14 the place is only in the words: "(at line 3, column 5)", "(at end of document)"."""
    message, _, place = str(error).partition(" (at ")
    line = re.match(r"line (\d+)", place)
    number = int(line[1]) if line else text.rstrip("\n").count("\n") + 1
    return Problem(file, "", f"is not TOML: {message}", number)


def _with_tuples(value: Any) -> Any:
    """Lists as tuples: models are immutable, and strict ones take no list for a tuple."""
    if isinstance(value, dict):
        return {key: _with_tuples(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_with_tuples(inner) for inner in value)
    return value


# ------------------------------------------------------------------------- pydantic's errors in plain words

_PLAIN = {
    "missing": "is missing",
    "int_type": "must be a whole number without quotation marks",
    "float_type": "must be a number without quotation marks",
    "bool_type": "must be true or false",
    "string_type": 'must be text in quotation marks ("...")',
    "tuple_type": "must be a list: [ ... ]",
    "date_type": "must be a date without quotation marks, as 2027-02-08",
    "model_type": "must be a table of its own, with keys",
    "model_attributes_type": "must be a table of its own, with keys",
    "extra_forbidden": "is not a known key",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "too_short": "needs at least {min_length}",
    "union_tag_invalid": '"{tag}" is not one of {expected_tags}',
    "literal_error": "must be {expected}",
}


def _follows(details: ErrorDetails) -> bool:
    """A list that is too short only because its wrong items were left out: those are reported themselves."""
    return details["type"] == "too_short" and bool(details["input"])


def _finding(details: ErrorDetails, model: type[BaseModel], data: Data) -> Finding:
    kind, context = details["type"], details.get("ctx", {})
    path = _in_data(details["loc"], data)
    if kind == "union_tag_not_found":
        key = _bare(context["discriminator"])
        return Finding((*path, key), "is missing", did_you_mean("", _choices(model, (*details["loc"], key))))
    if kind in _PLAIN:
        message = _PLAIN[kind].format_map(context)
    elif kind == "value_error":
        message = str(context["error"])
        if isinstance(path[-1], str) and path[-1] not in _keys_beside(model, details["loc"]):
            path = path[:-1]  # the whole table is wrong: its driver is no key
    else:
        message = details["msg"]
    if kind == "extra_forbidden":
        near = did_you_mean(str(path[-1]), _keys_beside(model, details["loc"]))
        return Finding(path, message, _elsewhere(model, details["loc"]) or near)
    if kind == "union_tag_invalid":
        tags = re.findall(r"'([^']*)'", context["expected_tags"])
        return Finding((*path, _bare(context["discriminator"])), message, _near(context["tag"], tags))
    if kind == "literal_error" and isinstance(details["input"], str):
        return Finding(path, message, _near(details["input"], re.findall(r"'([^']*)'", context["expected"])))
    return Finding(path, message)


def _near(word: str, choices: Sequence[str]) -> str | None:
    """The message lists the choices already: only a near one is worth a word."""
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else None


def _bare(name: str) -> str:
    return name.strip("'")


def _in_data(location: Sequence[Step], data: Any) -> tuple[Step, ...]:
    """Pydantic's location without the names of a union's members, which are not in the file."""
    path: list[Step] = []
    for place, step in enumerate(location):
        last = place == len(location) - 1
        if isinstance(data, dict):
            if step not in data and not last:
                continue
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
        path.append(step)
    return tuple(path)


def _keys_beside(model: type[BaseModel], location: Sequence[Step]) -> list[str]:
    """The known keys of the table in which an unknown one was found."""
    return list(
        dict.fromkeys(key for table in _tables_at(model, location[:-1]) for key in table.model_fields)
    )


def _elsewhere(model: type[BaseModel], location: Sequence[Step]) -> str | None:
    """Where a key is unknown only because another driver was chosen: which."""
    tables: list[tuple[str, type[BaseModel]]] = [("", model)]
    for step in location[:-1]:
        inner = [(_tag(row) or tag, row) for tag, table in tables for row in _tables_of(table, str(step))]
        tables = inner or tables
    chosen = [tag for tag, table in tables if tag not in location and location[-1] in table.model_fields]
    return f'it belongs to driver = "{chosen[0]}"' if chosen and chosen[0] else None


def _tag(table: type[BaseModel]) -> str:
    """The driver that chooses this member of a union; empty where none does."""
    driver = table.model_fields.get("driver")
    return str(next(iter(get_args(driver.annotation)), "")) if driver else ""


def _choices(model: type[BaseModel], location: Sequence[Step]) -> list[str]:
    """What a key with a fixed choice may hold, over all members of a union."""
    tables = _tables_at(model, location[:-1])
    return [tag for table in tables for tag in get_args(table.model_fields[str(location[-1])].annotation)]


def _tables_at(model: type[BaseModel], location: Sequence[Step]) -> list[type[BaseModel]]:
    tables = [model]
    for step in location:
        if isinstance(step, int):
            continue
        inner = [kind for table in tables for kind in _tables_of(table, step)]
        tables = inner or [table for table in tables if _is_member(table, step)]
    return tables


def _is_member(table: type[BaseModel], tag: str) -> bool:
    """Whether a table is the member of a union that this tag (its driver) chooses."""
    return any(tag in get_args(field.annotation) for field in table.model_fields.values())


def _tables_of(table: type[BaseModel], key: str) -> Iterator[type[BaseModel]]:
    if key in table.model_fields:
        yield from tables_in(table.model_fields[key].annotation)


def tables_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's annotation holds: one, those of a union, or the rows of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from tables_in(inner)
