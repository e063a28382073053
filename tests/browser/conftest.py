"""What tests in a browser have at hand besides pages."""

from tests.foreign_site import foreign_site

__all__ = ["foreign_site"]
