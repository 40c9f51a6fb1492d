"""What can go wrong with the publication catalogue. The copy that is there stays, whatever happens.

Their texts stand in appliance/texts/library.toml.

    ApplianceError
    └── CatalogueError
        ├── NoKey             there is no key, or it cannot be read
        ├── KeyRefused        the API does not take the key
        ├── Unreachable       no connection, no answer in time
        ├── OddAnswer         an answer that is none: HTML, nothing, a shape that nobody knows
        ├── Shrunk            far fewer publications than before: not believed
        ├── TooLarge          a file larger than what is kept
        ├── NotAPdf           a file that is no PDF, or a damaged one
        └── CatalogueBusy     another process makes the copy
"""

from __future__ import annotations

from appliance.errors import ApplianceError


class CatalogueError(ApplianceError):
    """Something is wrong with the catalogue."""

    code = "catalogue"
    hint = "The copy that is there stays. Look at the words of the trouble on the desk page."


class NoKey(CatalogueError):
    """There is no key for the API."""

    code = "catalogue_no_key"
    hint = "Register at the API's site and put the key into the file that [catalogue] key names."


class KeyRefused(CatalogueError):
    """The API does not take the key."""

    code = "catalogue_key_refused"
    hint = "Compare the key with the one at the API's site; it may have been withdrawn."


class Unreachable(CatalogueError):
    """The API cannot be reached, or does not answer in time."""

    code = "catalogue_unreachable"
    hint = "Look at the network. It is tried again by itself."


class OddAnswer(CatalogueError):
    """The API answers with something that is no answer."""

    code = "catalogue_odd_answer"
    hint = "It is tried again by itself; if it stays, the API has changed: tell the makers."


class Shrunk(CatalogueError):
    """The API suddenly has far fewer publications."""

    code = "catalogue_shrunk"
    hint = "Look at the office's site. If it is right, delete catalogue.db and copy anew."


class TooLarge(CatalogueError):
    """A file is larger than what is kept here."""

    code = "catalogue_too_large"
    hint = "Read it on the phone by the QR code, or raise [catalogue] file_mb."


class NotAPdf(CatalogueError):
    """A file is no PDF, or a damaged one."""

    code = "catalogue_not_a_pdf"
    hint = "Read it on the phone by the QR code."


class CatalogueBusy(CatalogueError):
    """Another process makes the copy."""

    code = "catalogue_busy"
    hint = "The front desk runs and has the catalogue: use the desk page, or stop it first."
