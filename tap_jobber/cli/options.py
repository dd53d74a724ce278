"""The options that the tap adds to the SDK's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGIN_SECONDS = 300
"""Seconds that --login waits for the browser by default."""

_COUNTS = {2: "two", 3: "three"}
_ONLY_WITH_LOGIN = ("no_browser", "replace_installer", "name", "description")


@dataclass(frozen=True, kw_only=True)
class LoginOptions:
    """The options of --login.

    Attributes:
        no_browser: True if the person pastes the address that the browser ends on.
        replace_installer: True if another user takes the installer's place.
        name: A name for the connection.
        description: A short description of the connection.
        timeout_seconds: Seconds to wait for the person.
    """

    no_browser: bool = False
    replace_installer: bool = False
    name: str | None = None
    description: str | None = None
    timeout_seconds: float = LOGIN_SECONDS

    @classmethod
    def from_click(cls, given: Mapping[str, Any]) -> LoginOptions:
        """Return the options that click has parsed."""
        return cls(
            no_browser=given["no_browser"],
            replace_installer=given["replace_installer"],
            name=given["name"],
            description=given["description"],
            timeout_seconds=given["login_timeout"],
        )


def own_options() -> list[click.Option]:
    """Return the options that log in, list credentials, estimate and report of a run."""
    return [
        click.Option(["--login"], is_flag=True, help="Connect to a Jobber account by logging in with a browser."),
        click.Option(
            ["--no-browser"], is_flag=True, help="With --login: print the page's address, and paste where it ends."
        ),
        click.Option(
            ["--replace-installer"], is_flag=True, help="With --login: let this user take the installer's place."
        ),
        click.Option(["--name"], help="With --login: a name for the connection."),
        click.Option(["--description"], help="With --login: a short description of the connection."),
        click.Option(
            ["--login-timeout"],
            type=click.IntRange(min=1, max=86400),
            default=LOGIN_SECONDS,
            show_default=True,
            help="With --login: seconds to wait for the browser to come back.",
        ),
        click.Option(["--report"], metavar="FILE", help="Write a report of the run to a file, as JSON."),
        click.Option(
            ["--estimate"],
            is_flag=True,
            help="Say what a full sync and the next run cost, for 500 points at most.",
        ),
        click.Option(
            ["--loader"],
            metavar="NAME",
            help="With --credentials --format=meltano: the loader that each account's own inherits from.",
        ),
        click.Option(["--credentials"], is_flag=True, help="List what the token store holds, without a token."),
    ]


def check_options(given: Mapping[str, Any], jobs: Mapping[str, bool]) -> None:
    """Check that the options of --login are given with it, and no more than one job.

    Args:
        given: The options of --login.
        jobs: For each option that stands for a job of its own, True if it is given.

    Raises:
        TapError: If they are not.
    """
    wanted = [job for job, is_given in jobs.items() if is_given]
    if len(wanted) > 1:
        raise TapError(f"{' and '.join(wanted)} are {_COUNTS[len(wanted)]} things", "run one after the other")
    stray = [f"--{name.replace('_', '-')}" for name in _ONLY_WITH_LOGIN if given[name]]
    if stray and "--login" not in wanted:
        raise TapError(f"{', '.join(stray)} without --login means nothing", "add --login, or leave it out")
