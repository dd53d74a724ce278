"""Lengths of lists as the server counts them, and counts that are none."""

from __future__ import annotations

import pytest

from tap_jobber.api.client import Answer
from tap_jobber.extraction.list_survey import ListSurvey, SurveyTerms
from tests.extraction.scripted import JOINTS, pipes, reading


def surveyed(*counts: object) -> ListSurvey:
    """Return a survey that was answered these lengths of lists."""
    reader, _client = reading([Answer({"s0": {"nodes": [{"joints": {"totalCount": count}} for count in counts]}})])
    reads = pipes(None, JOINTS)
    survey = ListSurvey(reader.fetcher(reads), reads.lists, None, SurveyTerms(500, has_offsets=False))
    survey.begin(len(counts))
    survey.sample([part.name for part in reads.lists], len(counts))
    return survey


def test_lengths_are_known_by_place() -> None:
    survey = surveyed(3, None, 0)
    assert survey.lengths["pipe_joints"].lengths == {0: 3, 1: 0, 2: 0}
    assert not survey.unknown


@pytest.mark.parametrize("count", ["many", "5", [1], {"a": 1}, -1, 2.5, 1e300, 10**400, True])
def test_a_length_that_is_none_is_told_of_its_list(count: object) -> None:
    survey = surveyed(3, count)
    assert not survey.lengths
    assert "does not count the rows" in str(survey.unknown["pipe_joints"])
