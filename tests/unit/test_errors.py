"""The appliance's error tree: the drawing is true, and everybody can act on each error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest

import appliance.central_errors  # noqa: F401  # so that its classes are there
from appliance import errors
from appliance.catalogue import errors as catalogue_errors
from appliance.errors import ApplianceError, ConfigError, Invalid, Message, Problem, Refused


def family(root: type[ApplianceError]) -> Iterator[type[ApplianceError]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


TREE = list(family(ApplianceError))


def drawn(module: ModuleType) -> list[tuple[str, int]]:
    """Each name in the drawing of a module's docstring, with its depth."""
    assert module.__doc__ is not None
    lines = re.findall(r"^    ([ │├└─]*)(\w+)", module.__doc__, re.MULTILINE)
    return [(name, len(indent) // 4) for indent, name in lines]


def depth(kind: type[ApplianceError]) -> int:
    return sum(issubclass(above, ApplianceError) for above in kind.mro()) - 1


def test_drawing_shows_exactly_the_classes_at_their_depths() -> None:
    """The branch of a package of its own is drawn there."""
    apart = [kind for kind in TREE if kind.__module__ == catalogue_errors.__name__]
    rest = [kind for kind in TREE if kind not in apart]
    assert drawn(errors) == [(kind.__name__, depth(kind)) for kind in rest]
    branch: list[type[ApplianceError]] = [ApplianceError, *apart]
    assert drawn(catalogue_errors) == [(kind.__name__, depth(kind)) for kind in branch]


def test_every_code_is_used_once() -> None:
    codes = [kind.code for kind in TREE]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_class_explains_itself_in_one_line_and_says_what_to_do(kind: type[ApplianceError]) -> None:
    assert kind.__doc__ is not None
    assert "\n" not in kind.__doc__
    assert kind.hint.endswith(".")
    assert "code" in vars(kind)


@pytest.mark.parametrize("kind", list(family(Refused)), ids=lambda kind: kind.__name__)
def test_a_refusal_is_a_value_error_too(kind: type[Refused]) -> None:
    assert issubclass(kind, ValueError)


def test_config_error_shows_every_problem_with_its_place() -> None:
    error = ConfigError(
        [
            Problem("a.toml", "site.ofice", "is not a known key", 3, 'did you mean "office"?'),
            Problem("a.toml", "", "is not UTF-8 text"),
        ]
    )

    assert str(error).splitlines() == [
        'a.toml:3: site.ofice: is not a known key (did you mean "office"?)',
        "a.toml: is not UTF-8 text",
    ]


def test_invalid_keeps_its_own_copy_of_the_fields() -> None:
    fields = {"name": Message("err.required")}
    error = Invalid(fields)
    fields.clear()

    assert error.fields == {"name": Message("err.required")}


def test_an_error_without_detail_says_its_hint() -> None:
    assert str(errors.NoLockerFree()) == errors.NoLockerFree.hint
