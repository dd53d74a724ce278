"""Reads a root field that is one object, not a list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import Answer, DriftError, FieldsFailedError
from tap_jobber.api.transport import Query
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.partial_answers import Examiner
from tap_jobber.graphql.cost import node_points
from tap_jobber.graphql.text import single_query

if TYPE_CHECKING:
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Part


def read_single(fetcher: PageFetcher, part: Part, *, may_be_absent: bool = False) -> Node | None:
    """Return the one object that the root field is.

    Args:
        fetcher: The source.
        part: What to ask for.
        may_be_absent: True if a null is an answer, not a defect: there is none.
    """
    fetcher.wanted[part.name] = part
    while True:
        fetcher.adapt(part)
        name, root, node = fetcher.source.name, fetcher.source.root, fetcher.left_of([part])[0].node
        query = Query(name, single_query(name, root, node), {}, UNKNOWN_MARGIN * (node_points(node) + 1))
        try:
            answer = fetcher.extraction.execute(query, fetcher.usage)
        except DriftError as error:
            fetcher.learn([part], error.strikes)
            continue
        except FieldsFailedError as error:
            if not _is_enough(fetcher, part, error):
                continue
            answer = error.answer
        fetcher.note_hidden(answer)
        if may_be_absent and not answer.hidden and root in answer.data and answer.data[root] is None:
            return None
        return fetcher.root_of(answer)


def _is_enough(fetcher: PageFetcher, part: Part, error: FieldsFailedError) -> bool:
    """Return True if the object is there without what failed; False if it has to be asked for without a column."""
    root = fetcher.source.root
    failed = [replace(each, path=("rows", 0, *each.path[1:])) for each in error.failed if each.path[:1] == (root,)]
    data = {"rows": [error.answer.data.get(root)]}
    found = Examiner(data, ("rows",), part, (), fetcher.source.required).findings(Answer({}), failed)
    if len(failed) < len(error.failed) or found.missing or found.null_rows:
        raise error
    if fetcher.losses.leave_out_spreading(found, error):
        return False
    fetcher.losses.take_out(found.values, 1)
    return True
