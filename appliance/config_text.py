"""A configuration written out: what is in force, what differs from the defaults, and a file to start from."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from appliance.config import Config
from appliance.durations import format_duration
from appliance.toml_model import tables_in

Data = dict[str, Any]

_OPENING = """\
# PST Front Desk: the configuration of this front desk.
#
# A "#" right before a key or a table leads a default or an example: take it away and change the value.
# A device without its table is off. Times are written "500ms", "3s", "10m" or "8h".
# `frontdesk config check` names every mistake with its line.
"""


def changed(config: Config) -> Data:
    """Only what differs from the defaults, as plain data."""
    return config.model_dump(mode="json", exclude_defaults=True)


def show(config: Config, *, only_changed: bool = False) -> str:
    """The configuration in force as TOML, or only what differs from the defaults."""
    data = changed(config) if only_changed else config.model_dump(mode="json", exclude_none=True)
    return as_toml(data)


def as_toml(data: Mapping[str, Any]) -> str:
    """Plain data with tables, and rows of tables, as TOML."""
    return "\n".join(_table_lines((), data)).strip() + "\n"


def example() -> str:
    """A file to start from: every key with its meaning and its default, all but the office commented out."""
    lines = [_OPENING.rstrip()]
    for name, field in Config.model_fields.items():
        lines += _example_section(name, field)
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------ TOML


def _table_lines(path: tuple[str, ...], data: Mapping[str, Any]) -> Iterator[str]:
    rows = {key: value for key, value in data.items() if _is_rows(value)}
    tables = {key: value for key, value in data.items() if isinstance(value, dict)}
    yield from (
        f"{key} = {toml_value(v)}" for key, v in data.items() if key not in rows and key not in tables
    )
    for key, table in tables.items():
        yield from ("", f"[{'.'.join((*path, key))}]")
        yield from _table_lines((*path, key), table)
    for key, tables_in_a_row in rows.items():
        for row in tables_in_a_row:
            yield from ("", f"[[{'.'.join((*path, key))}]]")
            yield from _table_lines((*path, key), row)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def toml_value(value: object) -> str:
    """A string, number, truth value or list as TOML writes it. JSON's strings are TOML's basic strings."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(inner) for inner in value)}]"
    return json.dumps(value, ensure_ascii=False)


# --------------------------------------------------------------------------------------- example


def _example_section(name: str, field: FieldInfo) -> Iterator[str]:
    models = list(tables_in(field.annotation))
    shown: dict[str, str | None] = {}  # keys with what was said of them
    for model in models:
        header = f"[{name}]" if field.default is not None else f"#[{name}]"
        yield from ("", f"# {_sentence(model)}", header)
        keys = {
            key: inner
            for key, inner in model.model_fields.items()
            if key == "driver" or any(tables_in(inner.annotation)) or shown.get(key, "") != inner.description
        }
        shown |= {key: inner.description for key, inner in keys.items()}
        yield from _example_keys(name, keys)


def _example_keys(path: str, keys: Mapping[str, FieldInfo]) -> Iterator[str]:
    rows = {key: next(tables_in(field.annotation), None) for key, field in keys.items()}
    for key, field in keys.items():
        if rows[key] is None:
            active = path == "site" and field.is_required()
            yield from textwrap.wrap(field.description or "", 98, initial_indent="# ", subsequent_indent="# ")
            yield f"{'' if active else '#'}{key} = {toml_value(default_or_example(field))}"
    for key, row in rows.items():
        if row is not None:
            yield from ("", f"# {_sentence(row)}", f"#[[{path}.{key}]]")
            yield from _example_keys(f"{path}.{key}", row.model_fields)


def default_or_example(field: FieldInfo) -> object:
    """What the starter file shows for a key, as plain data: its default, or an example where it has none."""
    if field.is_required() or field.default is None:
        return (field.examples or [None])[0]
    return plain(field.default)


def plain(value: object) -> object:
    """A value of a field as TOML can hold it."""
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value) if isinstance(value, Path) else value


def _sentence(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n")[0]
