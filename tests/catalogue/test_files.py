"""Covers and publications on this machine."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import img2pdf
import pytest
from PIL import Image

from appliance.catalogue import files
from appliance.catalogue.errors import NotAPdf, OddAnswer
from appliance.catalogue.files import COVER_SIZE, Files


def picture(size: tuple[int, int] = (600, 850), kind: str = "JPEG") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "navy").save(made, kind)
    return made.getvalue()


def pdf(pages: int = 3) -> bytes:
    made: bytes = img2pdf.convert([picture()] * pages)
    return made


@pytest.fixture
def kept(tmp_path: Path) -> Files:
    return Files(tmp_path, cache_bytes=60_000, keep_s=3600)


def test_a_cover_is_kept_small(kept: Files) -> None:
    kept.keep_cover("abcd1", picture((2400, 3400)))
    path = kept.cover("abcd1")
    assert path is not None
    with Image.open(path) as small:
        assert small.width <= COVER_SIZE[0]
        assert small.height <= COVER_SIZE[1]
    assert path.stat().st_size < 20_000


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\xff\xd8\xff", picture()[:400], b"GIF89a" + b"\0" * 50]
)
def test_what_is_no_cover_is_refused(kept: Files, content: bytes) -> None:
    with pytest.raises(OddAnswer):
        kept.keep_cover("abcd1", content)
    assert kept.cover("abcd1") is None


def test_a_picture_of_too_many_pixels_is_refused(kept: Files) -> None:
    with pytest.raises(OddAnswer):
        kept.keep_cover("abcd1", picture((9000, 9000), "PNG"))


def test_a_publication_is_read_as_pictures_of_its_pages(kept: Files) -> None:
    made = kept.keep_publication("abcd1", pdf(3))
    assert made.pages == 3
    with Image.open(io.BytesIO(kept.page_picture(made, 2))) as page:
        assert page.format == "JPEG"
        assert page.width > 500
    for number in (0, 4):
        with pytest.raises(NotAPdf):
            kept.page_picture(made, number)


@pytest.mark.parametrize(
    "content", [b"", b"<html>maintenance</html>", b"%PDF-1.7\n" + b"x" * 5000, pdf()[:600]]
)
def test_what_is_no_pdf_is_refused_and_leaves_nothing(kept: Files, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotAPdf):
        kept.keep_publication("abcd1", content)
    assert kept.publication("abcd1") is None
    assert list(tmp_path.rglob("*.pdf*")) == []


def test_a_child_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "pdfinfo"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(files, "CHILD_TIMEOUT_S", 0.3)
    with pytest.raises(NotAPdf, match="did not end"):
        Files(tmp_path, cache_bytes=10**9, keep_s=3600).keep_publication("abcd1", pdf())


def test_the_room_is_bounded_and_the_longest_unread_goes_first(tmp_path: Path) -> None:
    content = pdf(1)
    kept = Files(tmp_path, cache_bytes=int(len(content) * 2.5), keep_s=3600)
    for number, name in enumerate(("first", "second", "third")):
        made = kept.keep_publication(name, content)
        os.utime(made.path, (time.time() - 100 + number, time.time() - 100 + number))
        if name == "second":
            kept.publication("first")  # somebody reads it: now
    assert kept.publication("second") is None
    assert kept.publication("first") is not None
    assert kept.publication("third") is not None


def test_what_nobody_reads_is_erased_by_age(kept: Files) -> None:
    made = kept.keep_publication("abcd1", pdf(1))
    os.utime(made.path, (time.time() - 4000, time.time() - 4000))
    kept.tidy()
    assert kept.publication("abcd1") is None
    assert not made.path.exists()


@pytest.mark.parametrize("name", ["../secret", "a/b", "", "x" * 100, "a.b.c.d"])
def test_a_name_that_is_no_id_leads_nowhere(kept: Files, name: str) -> None:
    with pytest.raises(ValueError, match="id"):
        kept.cover(name)
    with pytest.raises(ValueError, match="id"):
        kept.publication(name)
