"""Adds to the site what is written elsewhere: pages of the repository's root, and pages made from the declared streams.

MkDocs calls `on_files` at each build, `make docs`. Nothing of it is kept in the repository.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stream_docs
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from tap_jobber.graphql.cost import node_points
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).parent.parent
# By file of the repository: the page that it becomes. The glossary is a part of the architecture.
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "sandbox/README.md": "sandbox.md",
}
_GRAPH = (
    "rankdir=LR; bgcolor=transparent; node [shape=box, fontname=Helvetica, fontsize=11]; "
    'edge [fontname=Helvetica, fontsize=9, color="#7c7c7c", fontcolor="#7c7c7c"];'
)
_STYLE = ', style=filled, fillcolor="#c5cae9", color="#3f51b5"'
_ELSEWHERE = ', style=filled, fillcolor="#eeeeee", color="#9e9e9e"'
_LINK = re.compile(r"(?<=\]\()(?!https?://|#|mailto:)([^)#\s]+)(#[^)\s]*)?(?=\))")
_REFERENCE = re.compile(r"^References (\w+)\.(\w+)\.")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/, and let links to files of the repository lead to their pages."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=_linked(ROOT / source, str(config.repo_url))))
    glossary = re.search(
        r"^## Glossary\n.*?(?=^## |\Z)", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    files.append(File.generated(config, "glossary.md", content=glossary[0].removeprefix("#") if glossary else ""))
    files.append(File.generated(config, "settings.md", content=settings_page()))
    files.append(File.generated(config, "tables.md", content=tables_page()))
    for stream in STREAMS:
        files.append(File.generated(config, f"streams/{stream.name}.md", content=stream_page(stream)))
    return files


def on_page_markdown(markdown: str, page: Any, config: MkDocsConfig, **_: object) -> str:  # noqa: ANN401 - MkDocs' own
    """Let the links of a page in docs/ to files of the repository's root lead to their pages too."""
    source = page.file.abs_src_path
    if page.file.src_uri == "streams.md":
        return re.sub(r"^\| `(\w+)`", r"| [`\1`](streams/\1.md)", markdown, flags=re.MULTILINE)
    return _linked(Path(source), str(config.repo_url), markdown) if source else markdown


def _linked(path: Path, repository: str, text: str | None = None) -> str:
    """Return a page's text with links that hold on the site; what has no page there is linked in the repository."""
    folder = posixpath.dirname(path.relative_to(ROOT).as_posix())

    def target(link: re.Match[str]) -> str:
        name = posixpath.normpath(posixpath.join(folder, link[1]))
        anchor = link[2] or ""
        if name in PAGES:
            return PAGES[name] + anchor
        if name.startswith("docs/") and name.endswith(".md"):
            return name.removeprefix("docs/") + anchor
        return f"{repository}/blob/main/{name}{anchor}"

    return _LINK.sub(target, path.read_text(encoding="utf-8") if text is None else text)


@cache
def _catalog() -> Mapping[str, Any]:
    tap = TapJobber(config={"client_id": "-", "client_secret": "-"})
    return {entry["tap_stream_id"]: entry for entry in tap.catalog_dict["streams"]}


def stream_page(stream: Any) -> str:  # noqa: ANN401 - streams are asked for what only some have
    """Return the page of a stream: what it is, and its columns."""
    entry = _catalog()[stream.name]
    scope = getattr(getattr(stream, "parent", stream), "scope", None)
    facts = {
        "Key": ", ".join(f"`{key}`" for key in entry["key_properties"]),
        "Read": _how(stream, entry),
        "Scope": f"`{scope}`" if scope else "none known",
        "Selected": "by default" if stream.selected_by_default else "only if you select it",
        "Cost": f"{node_points(stream.full_selection())} points a row with all columns"
        if hasattr(stream, "full_selection")
        else "",
    }
    lines = [f"# {stream.name}\n", f"{stream.__doc__.partition(chr(10))[0]}\n"]
    lines += [f"- {name}: {value}" for name, value in facts.items() if value]
    lines += ["\n## Columns\n", "| Column | Type | Description |\n| --- | --- | --- |"]
    lines += [
        f"| `{path}` | {kind} | {_with_link(text)} |" for path, kind, text in columns(entry["schema"]["properties"])
    ]
    return "\n".join(lines) + "\n"


def _how(stream: Any, entry: Mapping[str, Any]) -> str:  # noqa: ANN401 - as above
    if issubclass(stream, ChildStream):
        return f"in the walk of [{stream.parent.name}]({stream.parent.name}.md), and as often"
    if entry.get("replication_key"):
        return f"incrementally, by `{entry['replication_key']}`"
    return "whole, each time"


def columns(properties: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield of each column, and of each value in an object, its path, its type and its description."""
    for name, described in properties.items():
        path = f"{at}.{name}" if at else name
        kinds = described["type"] if isinstance(described["type"], list) else [described["type"]]
        kind = " or ".join(described.get("format", each) for each in kinds if each != "null")
        below = described.get("properties")
        items = described.get("items", {})
        if kind == "array":
            kind = f"array of {items.get('format', 'objects' if 'properties' in items else 'values')}"
            below, path = items.get("properties"), f"{path}[]"
        yield path, kind, described.get("description", "").replace("|", "\\|")
        yield from columns(below or {}, path)


def _with_link(description: str) -> str:
    return _REFERENCE.sub(r"References [\1](\1.md).`\2`.", description)


def settings_page() -> str:
    """Return the page of the settings, as `--about` tells them."""
    TapJobber.append_builtin_config(TapJobber.config_jsonschema)
    parts = [
        (
            "# Settings\n\nIn the config file, in `meltano.yml`, or as environment variables: `page_size` is\n"
            "`TAP_JOBBER_PAGE_SIZE` with `--config ENV`.\n"
        )
    ]
    for name, described in TapJobber.config_jsonschema["properties"].items():
        kinds = [each for each in described["type"] if each != "null"]
        default = described.get("default")
        facts = [" or ".join(kinds), "secret" if described.get("secret") else "", _bounds(described)]
        facts.append(f"default `{default}`" if default is not None else "")
        is_required = name in TapJobber.config_jsonschema.get("required", ())
        facts.append("required" if is_required else "")
        parts.append(f"\n## {name}\n\n{described['description']}\n\n*{', '.join(filter(None, facts))}*\n")
    return "".join(parts)


def _bounds(described: Mapping[str, Any]) -> str:
    if "enum" in described:
        return "one of " + ", ".join(f"`{each}`" for each in described["enum"])
    low, high = described.get("minimum"), described.get("maximum")
    return f"{low} to {high}" if low is not None and high is not None else ""


def tables_page() -> str:
    """Return the page with a picture a domain of how the tables join, from the references that columns state."""
    domains: dict[str, list[str]] = {}
    for stream in STREAMS:
        domains.setdefault(stream_docs.DOMAINS[stream.__module__.rpartition(".")[2]], []).append(stream.name)
    parts = [
        (
            "# Tables and how they join\n\nEach arrow is a column that holds the id of a row of another table, dashed "
            "where that table is of another domain.\nLine items, notes and other lists carry the id of the row that "
            "they belong to. A click on a table leads to its page.\n"
        )
    ]
    for domain, names in domains.items():
        links = [(name, column, table) for name in names for column, table in _references(name) if table != name]
        if links:
            parts.append(f"\n## {domain}\n\n{_picture(names, links)}\n")
    return "".join(parts)


def _picture(names: Sequence[str], links: Sequence[tuple[str, str, str]]) -> str:
    """Return an SVG drawing of tables and the columns that join them."""
    tables = {name for link in links for name in (link[0], link[2])}
    lines = [f'"{name}" [URL="../streams/{name}/"{_STYLE if name in names else _ELSEWHERE}]' for name in sorted(tables)]
    lines += [
        f'"{name}" -> "{table}" [label="{column}"{"" if table in names else ", style=dashed"}]'
        for name, column, table in links
    ]
    program = shutil.which("dot")
    if program is None:
        message = "the pictures of the tables need Graphviz: apt-get install graphviz, or brew install graphviz"
        raise PluginError(message)
    drawn = subprocess.run(
        [program, "-Tsvg"],
        input=f"digraph {{ {_GRAPH} {'; '.join(lines)} }}",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return f'<div style="overflow-x: auto">{drawn[drawn.index("<svg") :]}</div>'


def _references(name: str) -> Iterator[tuple[str, str]]:
    for column, described in _catalog()[name]["schema"]["properties"].items():
        found = _REFERENCE.match(described.get("description", ""))
        if found is not None:
            yield column, found[1]
