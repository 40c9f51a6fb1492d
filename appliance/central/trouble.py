"""What a failed connection means to people: no network, a bad certificate, a wrong clock, something else."""

from __future__ import annotations

import ssl
from http.client import HTTPException

from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from appliance.central.deadline import Deadline
from appliance.central_errors import (
    CentralNonsense,
    CentralRefused,
    CentralTooEarly,
    CentralUnreachable,
    CentralUntrusted,
)
from appliance.errors import CentralError

_NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID


def trouble_of(error: Exception, deadline: Deadline) -> CentralError:
    """What it means that an exchange has failed; the words hold nothing that was sent."""
    if deadline.is_over or isinstance(error, TimeoutError | Urllib3Timeout):
        return CentralUnreachable("time is up", slow=True)
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _of_certificate(cause)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return _of_tls(cause)
    if isinstance(
        cause, ConnectionResetError | BrokenPipeError | ssl.SSLError
    ):  # before HTTPException: it may be both
        return CentralUnreachable("hung up")
    if isinstance(cause, HTTPException):
        return CentralNonsense(type(cause).__name__)
    if isinstance(cause, OSError):
        return CentralUnreachable(cause.strerror or type(cause).__name__)
    return CentralNonsense(type(cause).__name__)


def _root(error: Exception) -> BaseException:
    """What lies under urllib3's own words."""
    found: BaseException = error
    while isinstance(found, HTTPError):
        under = found.__cause__ or found.__context__
        if under is None or not isinstance(under, Exception):
            break
        found = under
    return found


def _of_certificate(error: ssl.SSLCertVerificationError) -> CentralError:
    if error.verify_code == _NOT_YET_VALID:
        return CentralTooEarly(error.verify_message)
    return CentralUntrusted(error.verify_message)


def _of_tls(error: ssl.SSLError) -> CentralError:
    reason = error.reason or type(error).__name__
    if "ALERT" in reason and ("CERT" in reason or "UNKNOWN_CA" in reason or "ACCESS_DENIED" in reason):
        return CentralRefused(f"our certificate: {reason.lower().replace('_', ' ')}")
    return CentralNonsense(f"no TLS: {reason.lower().replace('_', ' ')}")
