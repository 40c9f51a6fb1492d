"""The officers' card as a PDF: one A4 page, printed by Chromium from docs/hardware/kartu-petugas.html."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS

CARD: Final = Path(__file__).parents[2] / "docs" / "hardware" / "kartu-petugas.html"


def print_card(target: Path) -> None:
    """Print the card into the PDF file `target`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page()
        page.goto(CARD.as_uri())
        page.pdf(path=target, prefer_css_page_size=True, print_background=True)
        browser.close()
