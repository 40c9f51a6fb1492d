"""How the certificate for the office's network stands, in words for the admin page and `frontdesk check`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from appliance.examination import Result
from appliance.lan.settings import Lan
from appliance.messages import Message

NAME: Final = "lan"
_PROBLEMS: Final = {"good": None, "soon": "lan_soon", "expired": "lan_expired", "early": "lan_early"}


def result(lan: Lan, now: datetime | None = None) -> Result:
    """How it stands at `now`, else at this moment; reads the certificate, never the key."""
    from appliance.lan import certificate  # its library is heavy, and most front desks have no use for it

    now = now or datetime.now(UTC)
    try:
        found = certificate.read(lan.certificate)
    except certificate.Unreadable as error:
        return Result(NAME, False, problem="lan_unreadable", detail=str(error))
    values: dict[str, str | int] = {"day": f"{found.ends:%Y-%m-%d}", "n": max(0, found.days_left(now))}
    return Result(NAME, True, (Message("check.said.lan", values),), _PROBLEMS[found.state(now)])
