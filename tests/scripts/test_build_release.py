"""The distribution that a release tag builds."""

from __future__ import annotations

from importlib.metadata import version

import build_release
import pytest


def test_a_tag_names_the_folder_of_what_it_releases() -> None:
    assert build_release.folder_of(f"v{version('tap-jobber')}") == build_release.ROOT
    assert build_release.folder_of(f"sandbox-v{version('jobber-sandbox')}") == build_release.ROOT / "sandbox"


@pytest.mark.parametrize("tag", ["v99.0.0", "sandbox-v99.0.0"])
def test_a_tag_of_another_version_is_refused(tag: str) -> None:
    with pytest.raises(SystemExit, match="is not version"):
        build_release.folder_of(tag)


@pytest.mark.parametrize("tag", ["", "main", "1.0.0", "v1", "v1.0.0; rm -rf /", "tap-v1.0.0"])
def test_anything_else_is_no_release(tag: str) -> None:
    with pytest.raises(SystemExit, match="is no release"):
        build_release.folder_of(tag)
