"""The front desk itself: visits and the rules they follow. It knows devices only by their protocols."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pst-frontdesk")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+checkout"
