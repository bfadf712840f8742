"""The browser of the explorer's tests."""

from tests.view.explorer.conftest import browser

__all__ = ["browser"]
