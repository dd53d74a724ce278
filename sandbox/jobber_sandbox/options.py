"""Options of a sandbox, as a value and on the command line."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from jobber_sandbox import schemas
from jobber_sandbox.bucket import MAXIMUM_POINTS
from jobber_sandbox.price import Rule
from jobber_sandbox.request_limiter import MAXIMUM_REQUESTS
from jobber_sandbox.versions import ACTIVE_VERSIONS, Versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Rotation = Literal["on", "off", "legacy"]
Bounds = Literal["inclusive", "exclusive"]
Cursors = Literal["offset", "opaque"]
RefusalType = Literal["text/html", "text/plain", "application/json", "none"]
WebhookIds = Literal["encoded", "number"]
WorldKind = Literal["business", "hostile"]

_ENV_PREFIX = re.compile(r"([A-Z_][A-Z0-9_]*)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Options:
    """All options of a sandbox; each field is the option of the same name."""

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 1
    world: WorldKind = "business"
    today: str | None = None
    scale: float = 1.0
    speed: float = 1.0
    bucket: int = MAXIMUM_POINTS
    schema: Path = schemas.DEFAULT
    env_prefix: str = "TAP_JOBBER_"
    accounts: int = 1
    rotation: Rotation = "on"
    token_seconds: float = 3_600.0
    refusals: RefusalType = "text/html"
    expires_at: bool = True
    versions: Versions = field(default_factory=Versions)
    versioning: bool = True
    latency: float = 0.0
    clock_offset: float = 0.0
    bounds: Bounds = "inclusive"
    expensive: Mapping[str, int] = field(default_factory=dict)
    price: Rule = "stock"
    cursor: Cursors = "offset"
    suggestions: bool = False
    max_requests: int = MAXIMUM_REQUESTS
    faults: Path | None = None
    webhook_url: str | None = None
    webhook_ids: WebhookIds = "encoded"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options on a parser."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    add("--seed", type=int, default=1, help="everything invented follows from it (default: %(default)s)")
    add(
        "--world",
        choices=get_args(WorldKind),
        default="business",
        help="an account that makes sense, or one full of rare values (default: %(default)s)",
    )
    add(
        "--today",
        type=_day,
        metavar="DATE",
        help="day to which a business has come; it is the present day if not given",
    )
    add("--scale", type=_positive, default=1.0, help="1 is about 15,000 rows (default)")
    add("--speed", type=_positive, default=1.0, help="factor on the 500 points restored a second")
    add(
        "--bucket",
        type=int,
        default=MAXIMUM_POINTS,
        help="points that an account's bucket holds (default: %(default)s)",
    )
    add(
        "--schema",
        type=_schema_file,
        default=schemas.DEFAULT,
        metavar="NAME_OR_PATH",
        help=f"types to serve: an SDL file, or one of {', '.join(schemas.names())} (default: {schemas.DEFAULT.stem})",
    )
    add("--accounts", type=int, default=1, help="number of accounts, each with its own data and bucket")
    add("--rotation", choices=("on", "off", "legacy"), default="on", help="what a refresh does to its token")
    add("--token-seconds", type=_positive, default=3_600.0, help="life of an access token")
    add(
        "--refusals",
        choices=get_args(RefusalType),
        default="text/html",
        help="content type of refusals of the token endpoint, which are prose (default: %(default)s)",
    )
    add("--expires-at", action=argparse.BooleanOptionalAction, default=True, help="say it in token answers")
    add("--version-default", metavar="DATE", help="version for requests without the header; else they fail")
    add("--versions", metavar="DATE,...", default=",".join(ACTIVE_VERSIONS), help="versions that are served")
    add("--versioning", action=argparse.BooleanOptionalAction, default=True, help="say which version answers")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each GraphQL answer")
    add("--clock-offset", type=float, default=0.0, metavar="SECONDS", help="how far the server's clock is ahead")
    add("--bounds", choices=("inclusive", "exclusive"), default="inclusive", help="of after and before")
    add(
        "--expensive",
        action="append",
        default=[],
        type=_expensive,
        metavar="Type.field=POINTS",
        help="extra points for a field; may be repeated",
    )
    add(
        "--price",
        choices=get_args(Rule),
        default="stock",
        help="rule that queries are priced by (default: %(default)s)",
    )
    add("--cursor", choices=("offset", "opaque"), default="offset", help="what a cursor holds")
    add("--suggestions", action=argparse.BooleanOptionalAction, default=False, help="'Did you mean' in errors")
    add("--max-requests", type=int, default=MAXIMUM_REQUESTS, help="in 300 seconds; 0 does not limit them")
    add("--webhook-url", metavar="URL", help="where to tell of a disconnect")
    add("--webhook-ids", choices=("encoded", "number"), default="encoded", help="what a webhook's accountId is")
    add("--faults", type=_existing_file, help="JSON file with a list of faults to arm at the start")


def add_environment_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a command that is run beside the sandbox."""
    parser.add_argument(
        "--env-prefix",
        type=_env_prefix,
        default="TAP_JOBBER_",
        metavar="PREFIX",
        help="what the names of the variables that the command gets begin with (default: %(default)s)",
    )


def options_of(arguments: argparse.Namespace) -> Options:
    """Return the options that a parser has read."""
    chosen = vars(arguments)
    names = set(Options.__dataclass_fields__) - {"versions", "expensive"}
    versions = tuple(sorted(version for version in chosen["versions"].split(",") if version))
    return Options(
        versions=Versions(active=versions, default=chosen["version_default"]),
        expensive=dict(chosen["expensive"]),
        **{name: value for name, value in chosen.items() if name in names},
    )


def parse(words: Sequence[str]) -> Options:
    """Return options from words as on the command line."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return options_of(parser.parse_args(words))


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        msg = f"{text} is not above zero"
        raise argparse.ArgumentTypeError(msg)
    return value


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        msg = f"{text!r} is no date such as 2026-06-30"
        raise argparse.ArgumentTypeError(msg) from error


def _existing_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        msg = f"there is no file {text}"
        raise argparse.ArgumentTypeError(msg)
    return path


def _env_prefix(text: str) -> str:
    if not _ENV_PREFIX.fullmatch(text):
        msg = f"{text!r} cannot begin the name of an environment variable"
        raise argparse.ArgumentTypeError(msg)
    return text


def _schema_file(text: str) -> Path:
    try:
        return schemas.schema_file(text)
    except FileNotFoundError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _expensive(text: str) -> tuple[str, int]:
    name, _, points = text.partition("=")
    if "." not in name or not points.isdigit():
        msg = f"{text} is not of the form Type.field=POINTS"
        raise argparse.ArgumentTypeError(msg)
    return name, int(points)
