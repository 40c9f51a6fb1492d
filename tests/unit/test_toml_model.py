"""Finding lines in TOML, and telling what is wrong in plain words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import toml_model
from appliance.errors import ConfigError
from appliance.toml_lines import dotted, find_lines, line_of
from appliance.toml_model import Table, did_you_mean

SAMPLE = """\
top = 1 # a comment with [brackets] and don't
"quoted name" = 2

[table]
list = [
  "a", # looks = like a key
  [1, 2],
]
long = '''
[not.a.table]
nor = "a key"
'''
last = "]"
a.b = 3

[[rows.row]]
name = "first"
[[rows.row]]
name = "second"
inline = { x = 1, y = 2 }
[rows.row.deep]
pin = 4
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("quoted name",), 2),
        (("table",), 4),
        (("table", "list"), 5),
        (("table", "list", 1), 5),
        (("table", "long"), 9),
        (("table", "last"), 13),
        (("table", "a", "b"), 14),
        (("rows", "row", 0, "name"), 17),
        (("rows", "row", 1), 18),
        (("rows", "row", 1, "name"), 19),
        (("rows", "row", 1, "inline", "y"), 20),
        (("rows", "row", 1, "deep", "pin"), 22),
        (("table", "absent"), 4),
        (("absent",), None),
    ],
)
def test_line_of_a_key_is_found(path: tuple[str | int, ...], line: int | None) -> None:
    tomllib.loads(SAMPLE)

    assert line_of(find_lines(SAMPLE), path) == line


def test_what_only_looks_like_a_key_has_no_line() -> None:
    names = {step for path in find_lines(SAMPLE) for step in path}

    assert names.isdisjoint({"not", "nor", "looks"})


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,5}", fullmatch=True),
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_as_a_value_leaves_the_lines_right(values: dict[str, str]) -> None:
    lines = [f"{key} = '''\n{value.replace(chr(39), '')}\n'''" for key, value in values.items()]
    text = "\n".join(lines)
    assert tomllib.loads(text)

    found = find_lines(text)

    assert [found[(key,)] for key in values] == [1 + 3 * place for place in range(len(values))]
    assert len(found) == len(values)


def test_a_place_in_a_list_is_counted_from_one() -> None:
    assert dotted(("lockers", "locker", 1, "pin")) == "lockers.locker[2].pin"


def test_a_near_word_is_suggested() -> None:
    assert did_you_mean("ofice", ["data", "office"]) == 'did you mean "office"?'


def test_a_word_like_none_gets_the_short_choice() -> None:
    assert did_you_mean("zzz", ["data", "office"]) == "choose from: data, office"


class Row(Table):
    pin: int


class Sample(Table):
    number: float
    flag: bool = False
    row: tuple[Row, ...] = ()


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        toml_model.parse(Sample, text, "f")
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_number_will_do_for_a_number() -> None:
    assert toml_model.parse(Sample, "number = 3", "f").number == 3.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('number = "3"', ["f:1: number: must be a number without quotation marks"]),
        ("number = 1\nflag = 1", ["f:2: flag: must be true or false"]),
        ("number = 1\nrow = 3", ["f:2: row: must be a list: [ ... ]"]),
        ("number = 1\nrow = [3]", ["f:2: row[1]: must be a table of its own, with keys"]),
        (
            "number = 1\n[[row]]\npin = true",
            ["f:3: row[1].pin: must be a whole number without quotation marks"],
        ),
        ("", ["f: number: is missing"]),
        ("number = \n", ["f:1: is not TOML: Invalid value"]),
        ("number = [1,", ["f:1: is not TOML: Invalid value"]),
        ("number = 1\nnumber = 2\n", ["f:2: is not TOML: Cannot overwrite a value"]),
    ],
)
def test_a_mistake_is_told_in_plain_words_with_its_line(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_an_unknown_key_in_a_row_gets_a_suggestion_beside_the_missing_one() -> None:
    assert problems("number = 1\n[[row]]\npni = 1") == [
        "f:2: row[1].pin: is missing",
        'f:3: row[1].pni: is not a known key (did you mean "pin"?)',
    ]


def test_a_missing_file_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        toml_model.read(Sample, tmp_path / "none.toml")


def test_a_file_that_is_not_text_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_bytes(b"number = 1\n# \xff\n")

    with pytest.raises(ConfigError, match=r"f\.toml:2: is not UTF-8 text"):
        toml_model.read(Sample, file)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        toml_model.read(Sample, tmp_path)
