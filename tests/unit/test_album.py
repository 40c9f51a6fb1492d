"""The album: what was taken, in the order that the visitor gave it, each step undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import NotNow
from appliance.scanning.album import Album
from appliance.scanning.folder import PageFiles, ScanFolder


@pytest.fixture
def folder(tmp_path: Path) -> ScanFolder:
    folder = ScanFolder(tmp_path / "scan")
    folder.make()
    return folder


def take(folder: ScanFolder, pages: int | None = 2, *, instead: int | None = None) -> int:
    """A frame, developed into so many pages, or, with None, still in work."""
    number = folder.keep_frame(b"jpeg", "jpg", instead)
    if pages == 0:
        folder.give_up(number, "no_page")
    elif pages is not None:
        folder.keep_pages(number, [PageFiles(b"%PDF", b"jpg", b"jpg") for _ in range(pages)])
    return number


def keys(album: Album) -> list[str]:
    album.look_again()
    return [leaf.key for leaf in album.leaves()]


def test_pages_stand_in_the_order_in_which_they_were_taken(folder: ScanFolder) -> None:
    take(folder)
    take(folder, 1)
    take(folder, None)
    album = Album(folder)

    assert keys(album) == ["000001-1", "000001-2", "000002-1", "000003"]
    assert [leaf.state for leaf in album.leaves()] == ["done", "done", "done", "work"]
    assert (album.pages, album.in_work, album.frames) == (4, 1, 3)


def test_a_frame_becomes_its_pages_where_it_stands(folder: ScanFolder) -> None:
    take(folder)
    take(folder, None)
    take(folder, 1)
    album = Album(folder)
    album.move("000002", -2)
    assert keys(album) == ["000002", "000001-1", "000001-2", "000003-1"]

    folder.keep_pages(2, [PageFiles(b"%PDF", b"jpg", b"jpg")] * 2)

    assert keys(album) == ["000002-1", "000002-2", "000001-1", "000001-2", "000003-1"]


def test_a_frame_without_a_page_keeps_its_place_and_counts_for_none(folder: ScanFolder) -> None:
    take(folder, 0)
    take(folder, 1)
    album = Album(folder)

    assert [(leaf.state, leaf.poor) for leaf in album.leaves()] == [("failed", ("no_page",)), ("done", ())]
    assert album.pages == 1


def test_deleting_moving_and_turning_are_undone_one_by_one(folder: ScanFolder) -> None:
    take(folder, 3)
    album = Album(folder)
    album.delete("000001-2")
    album.move("000001-3", -1)
    album.turn("000001-1")
    assert keys(album) == ["000001-3", "000001-1"]
    assert [leaf.turn for leaf in album.leaves()] == [0, 1]
    assert album.last_step == "turned"

    album.undo()
    assert [leaf.turn for leaf in album.leaves()] == [0, 0]
    album.undo()
    assert keys(album) == ["000001-1", "000001-3"]
    album.undo()
    assert keys(album) == ["000001-1", "000001-2", "000001-3"]
    assert album.last_step is None
    with pytest.raises(NotNow):
        album.undo()


def test_what_was_taken_again_stands_in_the_same_place(folder: ScanFolder) -> None:
    take(folder)
    take(folder, 1)
    album = Album(folder)
    take(folder, None, instead=1)
    assert keys(album) == ["000003", "000002-1"]

    folder.keep_pages(3, [PageFiles(b"%PDF", b"jpg", b"jpg")] * 2)
    assert keys(album) == ["000003-1", "000003-2", "000002-1"]

    take(folder, 1, instead=3)
    assert keys(album) == ["000004-1", "000002-1"]
    album.undo()
    assert keys(album) == ["000003-1", "000003-2", "000002-1"]
    album.undo()
    assert keys(album) == ["000001-1", "000001-2", "000002-1"]


def test_a_page_that_was_taken_again_while_nobody_looked_takes_its_place_too(folder: ScanFolder) -> None:
    take(folder, 1)
    take(folder, 1, instead=1)

    assert keys(Album(folder)) == ["000002-1"]
    assert keys(Album(folder)) == ["000002-1"]  # and only once


def test_everything_is_as_before_after_a_restart(folder: ScanFolder) -> None:
    take(folder, 3)
    album = Album(folder)
    album.move("000001-1", 5)
    album.turn("000001-2")
    album.delete("000001-3")
    take(folder, 1)

    again = Album(folder)

    assert keys(again) == keys(album) == ["000001-2", "000001-1", "000002-1"]
    assert again.leaves()[0].turn == 1
    again.undo()
    assert keys(again) == ["000001-2", "000001-3", "000001-1", "000002-1"]


def test_a_page_that_is_gone_cannot_be_changed(folder: ScanFolder) -> None:
    take(folder, 1)
    album = Album(folder)
    album.delete("000001-1")
    for act in (album.delete, album.turn, lambda key: album.move(key, 1)):
        with pytest.raises(NotNow):
            act("000001-1")


def test_no_key_leads_out_of_the_folder(folder: ScanFolder) -> None:
    for key in ("../../etc/passwd", "000001-1/../x", "1", "", "000001-1.pdf"):
        with pytest.raises(KeyError):
            folder.picture(key)


STEP = st.one_of(
    st.tuples(st.just("take"), st.integers(0, 2)),
    st.tuples(st.just("again"), st.integers(0, 9)),
    st.tuples(st.sampled_from(["delete", "turn", "move", "back"]), st.integers(0, 9)),
)


@settings(max_examples=25)
@given(steps=st.lists(STEP, max_size=25))
def test_nothing_is_ever_lost_or_doubled_whatever_is_done(
    steps: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = ScanFolder(tmp_path_factory.mktemp("scan"))
    folder.make()
    album = Album(folder)
    for act, number in steps:
        there = [leaf.key for leaf in album.leaves()]
        if act == "take":
            take(folder, number)
        elif there and act == "again":
            take(folder, 1, instead=int(there[number % len(there)][:6]))
        elif there:
            key = there[number % len(there)]
            if act == "delete":
                album.delete(key)
            elif act == "turn":
                album.turn(key)
            else:
                album.move(key, number - 5)
        album.look_again()
        now = [leaf.key for leaf in album.leaves()]
        assert len(now) == len(set(now))
        assert now == [leaf.key for leaf in Album(folder).leaves()]
    before = len({frame.number for frame in folder.frames()})
    while album.last_step is not None:
        album.undo()
    assert len({leaf.frame for leaf in album.leaves()}) <= before
