"""Days of visits long over, written straight into the database, and what each of them was.

The tests count the same visits in plain Python, so nothing here uses the code that counts.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appliance.answers import ANSWERS
from appliance.store import Transaction
from appliance.surveys import ELEMENTS

ZONE = ZoneInfo("Asia/Jakarta")
CODED = ("sex", "education", "occupation", "institution_category", "main_use")
AGES = (15, 20, 30, 40, 50, 60, 70)
END = "2026-11-23T10:00:00.000Z 00000001 1"
SUB_SERVICES = tuple(answer.key for answer in ANSWERS["sub_services"])


@dataclass(frozen=True)
class Past:
    """One visit of the past, as it ended."""

    day: date
    service: str = "library"
    state: str = "checked_out"
    hour: int = 9
    priority: bool = False
    ticket: bool = True
    served: bool = True
    wait_s: int | None = None
    sla_s: int | None = None
    duration_s: int | None = None
    bag: bool = False
    card: bool = False
    scanned: int = 0
    copied: int = 0
    answers: dict[str, int | None] | None = None  # None: no guest book
    band: str | None = None
    origin: str | None = None
    sub_services: tuple[str, ...] = ()

    @property
    def is_counted(self) -> bool:
        return self.state not in ("no_show", "cancelled", "closed_by_system")


@dataclass
class History:
    """Everything that happened: visits, ratings (score, element) and survey forms, each with its day."""

    visits: list[Past] = field(default_factory=list)
    ratings: list[tuple[date, int, int | None]] = field(default_factory=list)
    forms: list[tuple[date, tuple[int, ...]]] = field(default_factory=list)
    scans: list[tuple[date, int]] = field(default_factory=list)  # begun by touch, with so many pages

    def within(self, first: date, last: date) -> History:
        return History(
            [one for one in self.visits if first <= one.day <= last],
            [one for one in self.ratings if first <= one[0] <= last],
            [one for one in self.forms if first <= one[0] <= last],
            [one for one in self.scans if first <= one[0] <= last],
        )


def store(tx: Transaction, history: History) -> None:
    """Write it all down; each day is closed."""
    days = {one.day for one in history.visits}
    days |= {one[0] for one in history.ratings} | {one[0] for one in history.forms}
    days |= {one[0] for one in history.scans}
    ids = {}
    for day in sorted(days):
        row = tx.db.execute(
            "INSERT INTO service_day (date, opened, closed) VALUES (?, ?, ?) RETURNING id",
            (day.isoformat(), END, END),
        )
        ids[day] = row.fetchone()[0]
    letters = dict.fromkeys(days, 0)
    for one in history.visits:
        letters[one.day] += 1
        _store_visit(tx, one, ids[one.day], letters[one.day])
    tx.db.executemany(
        "INSERT INTO rating (id, date, service, score, element) VALUES (?, ?, 'library', ?, ?)",
        [(secrets.token_hex(16), day.isoformat(), *rest) for day, *rest in history.ratings],
    )
    tx.db.executemany(
        f"INSERT INTO survey VALUES (?, ?, 'library'{', ?' * len(ELEMENTS)})",
        [(secrets.token_hex(16), day.isoformat(), *scores) for day, scores in history.forms],
    )
    tx.db.executemany(
        "INSERT INTO scan (day_id, folder, opened_by, language, state, began, seen, pages)"
        " VALUES (?, ?, 'touch', 'id', 'erased', ?, ?, ?)",
        [(ids[day], secrets.token_hex(16), END, END, pages) for day, pages in history.scans],
    )
    tx.record("appliance.started", version="test")


def _store_visit(tx: Transaction, one: Past, day_id: int, number: int) -> None:
    arrived = datetime.combine(one.day, time(one.hour, 30), ZONE).astimezone(UTC)
    stamp = f"{arrived:%Y-%m-%dT%H:%M:%S}.000Z 00000001 1"
    still = one.state in ("arrived", "registered", "in_service", "reading")
    (visit,) = tx.db.execute(
        "INSERT INTO visit (request_id, day_id, source, service, priority, language, state, arrived, served,"
        " closed, wait_s, sla_s, duration_s, pages_scanned, pages_photocopied, locker_used, id_deposited)"
        " VALUES (?, ?, 'kiosk', ?, ?, 'id', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            secrets.token_hex(16), day_id, one.service, one.priority, one.state, stamp,
            END if one.served else None, None if still else END, one.wait_s, one.sla_s, one.duration_s,
            one.scanned, one.copied, one.bag, one.card,
        ),
    ).fetchone()  # fmt: skip
    if one.ticket:
        tx.db.execute(
            "INSERT INTO ticket (visit_id, day_id, letter, number, queue, state, ahead)"
            " VALUES (?, ?, ?, ?, 'library', 'done', 0)",
            (visit, day_id, "ABCDEFGH"[number // 999], number % 999 + 1),
        )
    if one.answers is not None:
        tx.db.execute(
            f"INSERT INTO guest_facts (visit_id, sub_services, age_band, origin, {', '.join(CODED)})"
            f" VALUES (?, ?, ?, ?{', ?' * len(CODED)})",
            (
                visit,
                " ".join(one.sub_services),
                one.band,
                one.origin,
                *(one.answers.get(name) for name in CODED),
            ),
        )


def imagine(seed: int, first: date, days: int, most_a_day: int) -> History:
    """A history out of a seed: every state and every gap that can be."""
    chance = random.Random(seed)
    history = History()
    for place in range(days):
        day = first + timedelta(days=place)
        for _ in range(chance.randint(0, most_a_day)):
            history.visits.append(_visit(chance, day))
            if chance.random() < 0.5:
                score = chance.choice((1, 2, 3, 4))
                element = chance.choice((None, *range(1, 10))) if score <= 2 else None
                history.ratings.append((day, score, element))
            if chance.random() < 0.3:
                history.scans.append((day, chance.choice((0, 2, 7))))
                history.forms.append((day, tuple(chance.randint(1, 4) for _ in ELEMENTS)))
    return history


def _visit(chance: random.Random, day: date) -> Past:
    state = chance.choice(("checked_out",) * 6 + ("no_show", "cancelled", "closed_by_system"))
    served = state == "checked_out" or (state == "closed_by_system" and chance.random() < 0.5)

    def seconds(most: int) -> int | None:
        return chance.randint(0, most) if chance.random() < 0.8 else None

    answers = {
        name: chance.choice((None, *(answer.code for answer in ANSWERS[name]))) for name in CODED
    }  # fmt: skip
    return Past(
        day=day,
        service=chance.choice(("library", "library", "consultation", "other", "gone_service")),
        state=state,
        hour=chance.choice((0, 7, 8, 9, 10, 13, 15, 23)),
        priority=chance.random() < 0.1,
        ticket=chance.random() < 0.8,
        served=served,
        wait_s=seconds(2400),
        sla_s=chance.choice((None, 0, 299, 300, 301, 900)) if served else None,
        duration_s=seconds(9000) if state == "checked_out" else None,
        bag=chance.random() < 0.4,
        card=chance.random() < 0.5,
        scanned=chance.choice((0, 0, 3, 12)),
        copied=chance.choice((0, 0, 0, 5)),
        answers=answers if chance.random() < 0.8 else None,
        band=chance.choice((None, "17_25", "over_65")),
        origin=chance.choice((None, "same_city", "abroad")),
        sub_services=tuple(key for key in SUB_SERVICES if chance.random() < 0.3),
    )
