"""Files of notes; each list of notes shows them under the same ids, as a type of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox import sample_words
from jobber_sandbox.fallback_values import picked
from jobber_sandbox.fields.clients import notes
from jobber_sandbox.fields.generators import row_of
from jobber_sandbox.timestamps import iso
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import Node

_NAME, _SIZE, _SHOWN = salt_of("file name"), salt_of("file size"), salt_of("shown file")
_KINDS = (("image/jpeg", "jpg"), ("application/pdf", "pdf"), ("image/png", "png"))
_KINDS_OF_NOTES = ("Client", "Request", "Quote", "Job", "Invoice")


def _file(node: Node) -> Row:
    """Return the row of a file, wherever it is shown."""
    return node if isinstance(node, Row) else node.row


def _content_type(node: Node) -> str:
    return _KINDS[_file(node).roll(_NAME) % len(_KINDS)][0]


def _file_name(node: Node) -> str:
    roll = _file(node).roll(_NAME)
    return f"{picked(sample_words.CITIES, roll >> 8)} {roll % 1_000}.{_KINDS[roll % len(_KINDS)][1]}"


def _url(variant: str) -> Callable[[Node], Any]:
    def get(node: Node) -> str:
        row = _file(node)
        return f"https://files.example.com/{variant}/{row.id}?v={row.revision}&X-Amz-Expires=259200"

    return get


def _has_preview(node: Node) -> bool:
    """Return True if a browser does not show the file as it is."""
    return _content_type(node) == "application/pdf"


_preview_url = _url("preview")

_FILE: Mapping[str, Callable[[Node], Any]] = {
    "contentType": _content_type,
    "createdAt": lambda node: iso(_file(node).created),
    "downloadContentType": _content_type,
    "downloadUrl": _url("download"),
    "fileName": _file_name,
    "fileSize": lambda node: _file(node).roll(_SIZE) % 8_000_000,
    "note": lambda node: _file(node).parent,
    "previewContentType": lambda node: "image/png" if _has_preview(node) else None,
    "previewUrl": lambda node: _preview_url(node) if _has_preview(node) else None,
    "status": lambda _node: "READY",
    "thumbnailUrl": _url("thumbnail"),
    "updatedAt": lambda node: iso(_file(node).updated),
    "url": _url("original"),
}


def _files(kind: str, link: str | None) -> Callable[[Node, Mapping[str, Any]], list[Node]]:
    """Return the getter of the files of all notes that a row of a kind lists."""
    listed = notes(f"{kind}Note", link=link)
    typename = f"{kind}NoteFile"

    def get(node: Node, arguments: Mapping[str, Any]) -> list[Node]:
        found: list[Node] = []
        wanted = (arguments.get("filter") or {}).get("noteType")
        for note in listed(node, {}):
            own = note.typename.removesuffix("Note")
            if wanted is not None and own.upper() not in wanted:
                continue
            rows = row_of(note).world.children(note, f"{own}NoteFile")
            found += rows if own == kind else [Part(typename, row, _SHOWN, {"id": row.id}) for row in rows]
        return found

    return get


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {f"{kind}NoteFile": _FILE for kind in _KINDS_OF_NOTES}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {
    "Client": {"noteAttachments": _files("Client", None)},
    **{kind: {"noteAttachments": _files(kind, f"{kind.lower()}s")} for kind in _KINDS_OF_NOTES[1:]},
}
