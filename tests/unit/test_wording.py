"""The texts: complete, alike in both languages, and there for every error."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import appliance.wording
from appliance.errors import ApplianceError, Message
from appliance.wording import LANGUAGES, Language, MissingValue, UnknownText, Wording, load_wording
from drivers.base import DriverError

FILES = sorted((Path(appliance.wording.__file__).parent / "texts").glob("*.toml"))
WORDING = load_wording()


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def leaves(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for name, value in table.items():
        if "id" in value:
            yield f"{path}{name}", value
        else:
            yield from leaves(value, f"{path}{name}.")


TEXTS = [
    (key, text) for file in FILES for key, text in leaves(tomllib.loads(file.read_text(encoding="utf-8")))
]


def test_no_key_stands_twice() -> None:
    counts = Counter(key for key, _ in TEXTS)

    assert [key for key, count in counts.items() if count > 1] == []
    assert len(WORDING) == len(TEXTS) > 300


@pytest.mark.parametrize(("key", "text"), TEXTS, ids=[key for key, _ in TEXTS])
def test_a_text_is_complete_in_both_languages(key: str, text: dict[str, str]) -> None:
    assert set(text) == set(LANGUAGES)
    assert placeholders(text["id"]) == placeholders(text["en"])
    for words in text.values():
        assert words.strip() == words != ""
        assert all(re.fullmatch(r"[a-z_]+", name) for name in placeholders(words))
        assert not re.search(r"\bkamu\b|\bkau\b|\banda\b", words), "the visitor is Anda"


def family(root: type[Exception]) -> Iterator[type[Any]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ in ("appliance.errors", "drivers.base"):
            yield from family(child)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["title", "do"])
@pytest.mark.parametrize(
    ("section", "code"),
    [("error", kind.code) for kind in family(ApplianceError)]
    + [("device", kind.code) for kind in family(DriverError)]
    + [("device", "paper_low"), ("device", "fell")],
)
def test_every_error_has_a_title_and_something_to_do(
    section: str, code: str, part: str, language: Language
) -> None:
    assert WORDING.text(f"{section}.{code}.{part}", language)


def test_values_are_put_in() -> None:
    assert WORDING.text("ticket.ahead", "id", n=2) == "2 orang di depan Anda"


def test_a_spare_value_does_no_harm() -> None:
    assert WORDING.text("ticket.ahead_none", "en", n=2) == "You are next"


def test_a_missing_value_is_an_error_that_names_both() -> None:
    with pytest.raises(MissingValue, match=r"ticket\.ahead needs 'n'"):
        WORDING.text("ticket.ahead", "id")


def test_an_unknown_key_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownText, match=r"ticket\.nothing"):
        WORDING.text("ticket.nothing", "id")


def test_a_message_brings_its_values() -> None:
    assert WORDING.say(Message("ticket.ahead", {"n": 3}), "en") == "People ahead of you: 3"


def test_what_a_visitor_typed_is_never_taken_for_a_placeholder() -> None:
    wording = Wording({"a.b": {"id": "Halo {name}", "en": "Hello {name}"}})

    assert wording.text("a.b", "en", name="{name.__class__}") == "Hello {name.__class__}"


def test_an_office_may_spell_the_queue_its_own_way() -> None:
    wording = load_wording("antrian")

    assert wording.text("ticket.your_number", "id") == "Nomor antrian Anda"
    assert wording.text("paper.number", "id") == "NOMOR ANTRIAN"
    assert wording.text("paper.number", "en") == "QUEUE NUMBER"
    assert not [key for key in wording if "antrean" in wording_of(wording, key).lower()]


def wording_of(wording: Wording, key: str) -> str:
    return wording.text(key, "id", **dict.fromkeys(placeholders(dict(TEXTS)[key]["id"]), "x"))


def test_lockers_open_without_a_key_and_cards_are_not_read() -> None:
    spoken_of = " ".join(text["id"] for key, text in TEXTS if key.startswith(("locker.step", "bye.")))

    assert "kunci loker" not in spoken_of
    assert "kuncinya" not in spoken_of
    assert "nomor seri chip" in WORDING.text("locker.not_copied", "id")
