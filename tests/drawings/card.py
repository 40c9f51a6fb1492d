"""The officers' card as a PDF: one A4 page, printed by Chromium from docs/hardware/kartu-petugas.html."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.e2e.conftest import CHROMIUM, FLAGS

CARD: Final = Path(__file__).parents[2] / "docs" / "hardware" / "kartu-petugas.html"


def print_card(target: Path) -> None:
    """Print the card into the PDF file `target`."""
    with TemporaryDirectory(prefix="card-") as profile:
        subprocess.run(
            [
                CHROMIUM,
                "--headless",
                *FLAGS,
                f"--user-data-dir={profile}",
                "--no-pdf-header-footer",
                f"--print-to-pdf={target}",
                CARD.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
