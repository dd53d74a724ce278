"""A program that keeps records in a directory, as a secret manager's client would: `vault.py DIRECTORY VERB ...`."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote, unquote


def main(directory: str, verb: str, client_id: str = "", account: str = "") -> None:
    """Do what a verb asks for."""
    home = Path(directory)
    path = home / f"{quote(client_id, safe='')} {quote(account, safe='')}"
    if verb == "list":
        for each in sorted(home.iterdir()):
            sys.stdout.write("\t".join(map(unquote, each.name.split(" "))) + "\n")
    elif verb == "get":
        sys.stdout.write(path.read_text(encoding="utf-8") if path.exists() else "")
    elif verb == "put":
        path.write_text(sys.stdin.read(), encoding="utf-8")
    elif verb == "remove":
        path.unlink(missing_ok=True)
    else:
        sys.exit(f"vault: what is {verb}?")


if __name__ == "__main__":
    main(*sys.argv[1:])
