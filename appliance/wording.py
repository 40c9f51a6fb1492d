"""Every text that a person sees or hears, in Indonesian and in English, side by side in `texts/*.toml`.

A text's key is its table and its name: `your_number` under `[ticket]` is "ticket.your_number", in
whichever file it stands: there is one for each audience. Both languages have the same {placeholders}.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, get_args

from appliance.errors import Message

Language = Literal["id", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)  # the last part of the key of each month's name

_FOLDER = Path(__file__).parent / "texts"
_USUAL_QUEUE_WORD = "antrean"

Text = Mapping[Language, str]


class UnknownText(KeyError):
    """No text has this key."""


class MissingValue(KeyError):
    """A text has a {placeholder} for which no value was given."""


class Wording:
    """The texts of one office; immutable, and safe to share between threads."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self._texts = dict(texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def text(self, key: str, language: Language, /, **values: str | int) -> str:
        """The text with its values put in. Raises UnknownText or MissingValue; spare values are ignored."""
        try:
            pattern = self._texts[key][language]
        except KeyError:
            raise UnknownText(f"{key} ({language})") from None
        try:
            return pattern.format_map(values)
        except KeyError as missing:
            raise MissingValue(f"{key} needs {missing}") from None

    def say(self, message: Message, language: Language) -> str:
        """The text of a message that carries its own values."""
        return self.text(message.key, language, **message.values)


@functools.cache
def load_wording(queue_word: str = _USUAL_QUEUE_WORD) -> Wording:
    """Read all texts. `queue_word` is the office's spelling of "antrean", used in every Indonesian text."""
    texts: dict[str, Text] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            found = _flatten("", tomllib.load(file))
        if twice := texts.keys() & found.keys():
            raise ValueError(f"{path.name}: these texts stand in another file too: {sorted(twice)}")
        texts |= found
    return Wording({key: _respelled(text, queue_word) for key, text in texts.items()})


def _flatten(section: str, table: Mapping[str, object]) -> dict[str, Text]:
    """{"ticket": {"title": {"id": .., "en": ..}}} -> {"ticket.title": {"id": .., "en": ..}}."""
    texts: dict[str, Text] = {}
    for name, value in table.items():
        key = f"{section}.{name}" if section else name
        if not isinstance(value, dict):
            raise TypeError(f"{key}: write {{ id = '...', en = '...' }}")
        if any(isinstance(words, str) for words in value.values()):
            texts[key] = _both(key, value)
        else:
            texts |= _flatten(key, value)
    return texts


def _both(key: str, words: Mapping[str, object]) -> Text:
    indonesian, english = words.get("id"), words.get("en")
    if len(words) != len(LANGUAGES) or not isinstance(indonesian, str) or not isinstance(english, str):
        raise TypeError(f"{key}: needs id and en, and nothing else")
    return {"id": indonesian, "en": english}


def _respelled(text: Text, queue_word: str) -> Text:
    if queue_word == _USUAL_QUEUE_WORD:
        return text
    indonesian = text["id"]
    for style in (str.lower, str.capitalize, str.upper):
        indonesian = indonesian.replace(style(_USUAL_QUEUE_WORD), style(queue_word))
    return {"id": indonesian, "en": text["en"]}
