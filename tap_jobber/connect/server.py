"""The command line of the connect page, and its server."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from typing import TYPE_CHECKING

import uvicorn

from tap_jobber.config.environment import variables
from tap_jobber.connect.app import build_app
from tap_jobber.connect.connect_settings import CONNECT_PREFIX, SETTINGS, read_settings
from tap_jobber.connect.connected_accounts import ConnectedAccounts
from tap_jobber.connect.hook import Hook, HookSender
from tap_jobber.errors import TapError
from tap_jobber.redaction import redact_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_jobber.connect.connect_settings import ConnectSettings

logger = logging.getLogger("tap-jobber.connect")

_LOG_FORMAT = "%(asctime)s | %(levelname)-8s | %(name)s | %(message)s"
_OPEN_REQUESTS = 200
_KEEP_ALIVE_SECONDS = 5


def main(words: Sequence[str] | None = None) -> None:
    """Serve the page until stopped."""
    arguments = _parser().parse_args(words)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=_LOG_FORMAT)
    try:
        config = read_settings(variables(), vars(arguments))
        connections = ConnectedAccounts(config)
        redact_logs(connections.secrets)
        connections.check()
        hook = build_hook(config, connections)
    except TapError as error:
        logger.critical("%s", error)
        sys.exit(1)
    server = build_server(config, connections)
    for line in _addresses(config):
        logger.info("%s", line)
    if hook is not None:
        hook.start()
    try:
        server.run()
    except SystemExit:
        # uvicorn has logged why: the address is in use, as a rule
        cause = f"The page cannot listen on port {config.port} of {config.host}"
        logger.critical(
            "%s", TapError(cause, f"free the address, or set {CONNECT_PREFIX}HOST and {CONNECT_PREFIX}PORT")
        )
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def build_hook(config: ConnectSettings, connections: ConnectedAccounts) -> Hook | None:
    """Return the hook, if one is set.

    Raises:
        TapError: The store cannot keep what it has to tell.
    """
    if config.hook_url is None or config.hook_secret is None:
        return None
    sender = HookSender(config.hook_url, config.hook_secret)
    return Hook(connections.open_outbox(), sender.send, sender.host)


def _addresses(config: ConnectSettings) -> Iterator[str]:
    """Yield a line for each address that people need: those to register, and the one for customers."""
    register = "To register in Jobber's Developer Center"
    yield f"{register}: callback URL {config.callback_url}"
    yield f"{register}: Manage App URL {config.manage_url}"
    yield f"{register}: webhook of the topic APP_DISCONNECT {config.webhook_url}"
    yield f"The link for your customers: {config.base_url}/connect"


def build_server(
    config: ConnectSettings, connections: ConnectedAccounts, clock: Callable[[], float] = time.time
) -> uvicorn.Server:
    """Return the server, without uvicorn's log of requests, since addresses hold codes."""
    return uvicorn.Server(
        uvicorn.Config(
            build_app(config, connections, clock),
            host=config.host,
            port=config.port,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_KEEP_ALIVE_SECONDS,
            limit_concurrency=_OPEN_REQUESTS,
        )
    )


def _parser() -> argparse.ArgumentParser:
    lines = [f"  {setting.name:<38} {setting.description}" for setting in SETTINGS]
    parser = argparse.ArgumentParser(
        "tap-jobber-connect",
        description="The page where users of your app connect their Jobber accounts, and see and end the connection.",
        epilog="\n".join(
            (
                "environment (a .env file in the working directory is read too; secrets are only taken from here):",
                *lines,
                "",
                "In Jobber's Developer Center, the app's callback URL is BASE_URL/oauth/callback, its Manage App URL",
                "BASE_URL/manage, and the webhook of the topic APP_DISCONNECT goes to BASE_URL/webhooks/jobber.",
            )
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for setting in SETTINGS:
        if not setting.secret:
            parser.add_argument(setting.option, metavar="VALUE", help=setting.description)
    return parser
