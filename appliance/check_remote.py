"""The question how the devices are, put to the front desk that runs on this machine, over loopback."""

from __future__ import annotations

import http.client
import json
from typing import Any, Final

from appliance.checks import ANSWER_S
from appliance.config import Panel
from appliance.examination import Result
from appliance.messages import Message

PATH: Final = "/check"
_MARGIN_S: Final = 5.0


class NoAnswer(Exception):
    """The front desk does not say how its devices are; the text says why."""


def results(panel: Panel) -> list[Result]:
    """What the devices of the running front desk answered. Raises NoAnswer."""
    connection = http.client.HTTPConnection(panel.host, panel.port, timeout=ANSWER_S + _MARGIN_S)
    try:
        connection.request("GET", PATH)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise NoAnswer(f"{PATH} answers {response.status}")
    try:
        return [_result(row) for row in json.loads(body)]
    except (ValueError, KeyError, TypeError) as error:
        raise NoAnswer(f"{PATH} answers something else: {error}") from error


def row(result: Result) -> dict[str, Any]:
    """A result for the way over loopback: codes and values, no words."""
    return {
        "device": result.device,
        "found": result.found,
        "said": [{"key": message.key, "values": dict(message.values)} for message in result.said],
        "problem": result.problem,
        "detail": result.detail,
        "seconds": result.seconds,
    }


def _result(row: dict[str, Any]) -> Result:
    said = tuple(Message(str(one["key"]), dict(one["values"])) for one in row["said"])
    return Result(
        str(row["device"]),
        bool(row["found"]),
        said,
        row["problem"],
        str(row["detail"]),
        float(row["seconds"]),
    )
