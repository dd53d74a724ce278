"""The SDK's own tests of a tap, against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from tap_jobber.tap import TapJobber
from tests.e2e import truth
from tests.e2e.harness import bench
from tests.streams.fake_jobber import catalog_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# The SDK makes its tests when this module is imported, from a tap that connects to nothing yet. So the sandbox
# is started by a fixture, which fills in what the first test needs, and ends with the last.
CONFIG: dict[str, Any] = {"client_id": "none yet", "client_secret": "none yet"}


@pytest.fixture(scope="module", autouse=True)
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with bench(tmp_path_factory.mktemp("home"), scale=0.1) as one:
        CONFIG.update(one.settings)
        yield


TestTapJobber = get_tap_test_class(
    TapJobber,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=20, ignore_no_records_for_streams=["invoice_archived_jobs"]),
    parse_env_config=False,
    catalog=catalog_of(set(truth.EVERY)),
)
