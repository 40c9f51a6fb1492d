"""What shows the server who we are, and us who it is. Read anew each time, so that a renewed file counts."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from appliance.central_config import CREDENTIAL, Central
from appliance.central_errors import CentralUnprepared

_LONGEST_TOKEN = 4096


def token(settings: Central) -> str | None:
    """The token, where there is one. Raises CentralUnprepared; its words never hold the token."""
    path = settings.token or _handed_over()
    if path is None:
        return None
    try:
        with path.open(encoding="ascii") as file:
            found = file.read(_LONGEST_TOKEN + 1).strip()
    except OSError as error:
        raise CentralUnprepared(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise CentralUnprepared(f"{path}: holds signs that a token cannot have") from None
    if not found or len(found) > _LONGEST_TOKEN or not found.isprintable() or " " in found:
        raise CentralUnprepared(f"{path}: is empty, or more than a token")
    return found


def _handed_over() -> Path | None:
    """The credential of the service manager, where there is one."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / CREDENTIAL if folder else None
    return path if path is not None and path.exists() else None


class Trust:
    """The TLS settings, made anew only when one of their files has changed."""

    def __init__(self, settings: Central) -> None:
        self._settings = settings
        self._made_of: tuple[int, ...] | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Verifies the server's certificate and name. Raises CentralUnprepared."""
        files = [path for path in (self._settings.ca, self._settings.certificate, self._settings.key) if path]
        try:
            made_of = tuple(path.stat().st_mtime_ns for path in files)
            if self._context is None or made_of != self._made_of:
                self._context, self._made_of = self._make(), made_of
        except ssl.SSLError as error:
            names = ", ".join(str(path) for path in files)
            raise CentralUnprepared(f"{names}: {error.reason or 'no certificates'}") from error
        except OSError as error:
            raise CentralUnprepared(f"{error.filename}: {error.strerror}") from error
        return self._context

    def _make(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._settings.certificate:
            # A key with a password would ask for it on the terminal.
            context.load_cert_chain(self._settings.certificate, self._settings.key, password=_no_password)
        return context


def _no_password() -> str:
    return ""
