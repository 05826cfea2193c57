"""Commands of encryption at rest: `postlotse keyring` add, choose, rotate, status, drop.

No command prints a key. Source: own decision 0070.
"""

from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from store.upkeep import resealing
from triage import seal_keys, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, operator, say, show
from triage.settings import load

app = typer.Typer(help="Keys of the content at rest.", no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Name of the key: a-z and 0-9.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="keyring")


@app.command()
def add(key: KeyArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Make a new key and let it seal everything that is written from now on; no restart needed.

    Example: postlotse keyring add k2026
    """
    path = _path(config)
    seal_keys.add(path, key)
    say(f"{key} is active in {path}; copy the file to where you keep secrets, apart from backups")


@app.command()
def choose(
    key: Annotated[str, typer.Argument(metavar="KEY|none", help="Name of the key, or none.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a key of the ring the active one; `none`: nothing is sealed from now on.

    Example: postlotse keyring choose k2026
    """
    seal_keys.choose(_path(config), "" if key == "none" else key)
    say(f"{key} is active")


@app.command()
def rotate(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Seal everything anew that is not under the active key. May be stopped and run again.

    The house goes on working meanwhile.

    Example: postlotse keyring rotate
    """
    database = wiring.open_database(load(config))
    rows = 0
    for done in seal_keys.rotate(database, operator(), clock=wiring.utc_now):
        rows += done.changed
        if as_json:
            show(
                {"table": done.table, "looked": done.looked, "changed": done.changed}, as_json=True
            )
    if not as_json:
        say(f"{rows} rows are sealed anew; nothing lies under another key")


@app.command()
def status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the keys and how many originals lie under each. Shows no key.

    Example: postlotse keyring status --json
    """
    database = wiring.open_database(load(config))
    keys = database.ring.keys()
    with database.read() as tx:
        found = resealing.by_key(tx)
    for name in sorted({*keys.by_id, *found}):
        line = {
            "key": name or "none",
            "active": name == keys.active,
            "in_ring": not name or name in keys.by_id,
            "originals": found.get(name, 0),
        }
        show(line, as_json=as_json)


@app.command()
def drop(key: KeyArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Take a key out of the ring that nothing needs any more.

    Example: postlotse keyring drop k2025
    """
    seal_keys.drop(wiring.open_database(load(config)), _path(config), key)
    say(f"{key} is not in the ring any more; destroy its copies, too")


def _path(config: Path) -> Path:
    path = load(config).store.keys
    if path is None:
        raise Refused(
            "keys.none",
            f"No key ring is configured. Set keys under [store] in {config}.",
        )
    return path
