"""Queue numbers as a person says them: "P012" is "pe dua belas", "P twelve".

Our own rules for 0 to 999 rather than num2words: that is all a ticket can hold, the rules are one short
function a language, and the speech needs the letter's name anyway, which no number library knows.
"""

from __future__ import annotations

import re

from appliance.wording import Language

_NUMBER = re.compile(r"([A-Z])([0-9]{1,3})")

# fmt: off
# In Indonesian; in English espeak-ng says a single letter by its name itself.
_LETTERS_ID = {
    "A": "a", "B": "be", "C": "ce", "D": "de", "E": "e", "F": "ef", "G": "ge", "H": "ha", "I": "i",
    "J": "je", "K": "ka", "L": "el", "M": "em", "N": "en", "O": "o", "P": "pe", "Q": "ki", "R": "er",
    "S": "es", "T": "te", "U": "u", "V": "fe", "W": "we", "X": "eks", "Y": "ye", "Z": "zet",
}
_ONES_ID = [
    "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh",
    "sebelas",
]
_ONES_EN = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
_TENS_EN = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# fmt: on


def spoken_number(number: str, language: Language) -> str:
    """A queue number in words: the letter's name, then the number without its leading zeros.

    Raises ValueError when `number` is not one capital letter with one to three digits.
    """
    parts = _NUMBER.fullmatch(number)
    if parts is None:
        raise ValueError(f"not a queue number: {number!r}")
    letter, digits = parts[1], int(parts[2])
    if language == "id":
        return f"{_LETTERS_ID[letter]} {_indonesian(digits)}"
    return f"{letter} {_english(digits)}"


def _indonesian(n: int) -> str:
    if n < 12:
        return _ONES_ID[n]
    if n < 20:
        return f"{_ONES_ID[n - 10]} belas"
    if n < 100:
        return _and_rest(f"{_ONES_ID[n // 10]} puluh", n % 10)
    hundreds = "seratus" if n < 200 else f"{_ONES_ID[n // 100]} ratus"
    return _and_rest(hundreds, n % 100)


def _and_rest(head: str, rest: int) -> str:
    return f"{head} {_indonesian(rest)}" if rest else head


def _english(n: int) -> str:
    if n < 20:
        return _ONES_EN[n]
    if n < 100:
        tens, ones = divmod(n, 10)
        return f"{_TENS_EN[tens]}-{_ONES_EN[ones]}" if ones else _TENS_EN[tens]
    hundreds, rest = divmod(n, 100)
    head = f"{_ONES_EN[hundreds]} hundred"
    return f"{head} and {_english(rest)}" if rest else head
