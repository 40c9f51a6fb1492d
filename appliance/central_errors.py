"""Why the central server takes nothing: the branch `CentralError` of the tree in `errors.py`."""

from __future__ import annotations

from appliance.errors import CentralError


class CentralUnreachable(CentralError):
    """Nothing answers: no network, no such name, no connection, or time is up (`slow`)."""

    code = "central_unreachable"
    hint = "Look at the network cable, the router, and the server's address."

    def __init__(self, detail: str = "", *, slow: bool = False) -> None:
        self.slow = slow
        super().__init__(detail)


class CentralUntrusted(CentralError):
    """The server's certificate is not good: expired, of another name, or of nobody we trust."""

    code = "central_untrusted"
    hint = "Ask who runs the server; compare the authority in the configuration with theirs."


class CentralTooEarly(CentralError):
    """The server's certificate is not valid yet: as a rule the clock here is wrong."""

    code = "central_too_early"
    hint = "Look at this machine's date; connect the network for the time."


class CentralRefused(CentralError):
    """The server does not let this front desk in."""

    code = "central_refused"
    hint = "Ask who runs the server for a new token or certificate."


class CentralBusy(CentralError):
    """The server has too much to do; `wait_s` is what it asks us to wait, where it says so."""

    code = "central_busy"
    hint = "Wait; it is tried again by itself."

    def __init__(self, detail: str = "", *, wait_s: float | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(detail)


class CentralNonsense(CentralError):
    """What answers does not speak as the central server does: an error page, half an answer, none."""

    code = "central_nonsense"
    hint = "Compare the server's address with what was given to you; a public network may ask for a log-in."


class CentralUnprepared(CentralError):
    """The token, the certificate or the authority here cannot be read."""

    code = "central_unprepared"
    hint = "Look whether the file is there, and whether the front desk's account may read it."
