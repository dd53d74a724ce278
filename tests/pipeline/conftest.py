"""The sandbox that tests of pipelines run against."""

from tests.e2e.conftest import site, tiny

__all__ = ["site", "tiny"]
