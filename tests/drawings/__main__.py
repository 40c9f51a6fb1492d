"""Write the drawings and the card of docs/hardware: `python -m tests.drawings`, also by `make pictures`."""

from __future__ import annotations

from tests.drawings.card import CARD, print_card
from tests.drawings.sheets import SHEETS


def main() -> None:
    """Write each sheet into its file, and print the card."""
    for name, draw in SHEETS.items():
        (CARD.parent / f"{name}.svg").write_text(draw(), encoding="utf-8")
    print_card(CARD.with_suffix(".pdf"))


if __name__ == "__main__":
    main()
