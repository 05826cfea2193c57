"""Commands that run the house: demo, serve, work, migrate."""

import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.doors import DoorSettings
from store.upkeep import migrate as migrations
from triage import figures, log, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, say, stop_event
from triage.cli.door import door_of
from triage.demo import run as demo_house
from triage.house import House
from triage.settings import Settings, load
from triage.wiring import ldap, postboxes, ways_out
from triage.worker import Worker

if TYPE_CHECKING:
    from api.serve import Server


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (demo, serve, work, migrate):
        app.command()(command)


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path(
        "var/demo"
    ),
    port: Annotated[
        int, typer.Option(help="Port of the desk on 127.0.0.1; 0 takes a free one.")
    ] = 8080,
    mails: Annotated[
        int, typer.Option(min=0, help="Mails that lie in the postboxes at the start.")
    ] = 400,
    feed_seconds: Annotated[
        float, typer.Option(min=0.05, help="A new mail every so many seconds.")
    ] = 20.0,
    reset: Annotated[
        bool, typer.Option("--reset", help="Throw the demo's folder away and start over.")
    ] = False,
) -> None:
    """Run the whole way on sample mails: five postboxes, worker, desk, eAkte in one process.

    Example: postlotse demo --port 8081 --reset
    """
    if sys.stderr.isatty():
        # The progress bar and the address stay readable; the pages show the rest.
        log.configure(json_lines=False, level="WARNING")
    plan = demo_house.DemoPlan(folder=folder, mails=mails, feed_seconds=feed_seconds)
    settings = demo_house.prepare(plan, reset=reset)
    running = demo_house.start(plan, settings)
    door = door_of(settings)
    desk = _open_desk(running.house, door, running.settings, port=port)
    say(
        f"Postlotse demo: open http://{door.host}:{desk.port}\n"
        "Ctrl-C stops, the next start goes on where it was."
    )
    try:
        _show_progress(running.house, stop_event())
    finally:
        desk.stop()
        running.stop()
    say(f"Stopped. Everything is kept in {folder}; `--reset` starts over.")


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Run the worker in the same process.")
    ] = False,
) -> None:
    """Open the HTTP doors: API and desk.

    Example: postlotse serve --config /etc/postlotse.toml
    """
    settings = load(config)
    house = wiring.build_house(settings)
    worker = _worker(house, config) if with_worker else None
    door = door_of(settings)
    stop = stop_event()
    desk = _open_desk(house, door, settings, port=door.port)
    say(f"Postlotse: http://{door.host}:{desk.port}")
    if worker:
        worker.start()
    stop.wait()
    desk.stop()
    if worker:
        worker.stop()


def work(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the worker: fetch, sort, file, hand over, until SIGTERM or Ctrl-C.

    Example: postlotse work --config /etc/postlotse.toml
    """
    settings = load(config)
    worker = _worker(wiring.build_house(settings), config)
    worker.start()
    stop_event().wait()
    worker.stop()


def migrate(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the database to the tables of this version. Safe to repeat.

    Example: postlotse migrate --config /etc/postlotse.toml
    """
    settings = load(config)
    say(f"database is at revision {migrations.upgrade(settings.store.url)}")


def _open_desk(house: House, door: DoorSettings, settings: Settings, *, port: int) -> "Server":
    """The doors, open on `port`. The web framework is loaded by those who open them only."""
    from api import serve as server  # noqa: PLC0415 - takes as long to load as all other commands
    from api.app import make_app  # noqa: PLC0415 - as above

    app = make_app(house, door, ways_out.eakte_outlet(settings.eakte))
    return server.start_in_thread(app, host=door.host, port=port)


def _worker(house: House, config: Path) -> Worker:
    settings = load(config)
    return Worker(
        house,
        wiring.outlets(settings),
        postboxes.postbox_jobs(settings),
        settings.worker.poll_seconds,
        door=wiring.letterbox(house, settings),
        lists_drop=settings.rights.drop,
        directory=partial(ldap.directory, settings) if settings.rights.ldap else None,
        hooks=ways_out.subscriptions(settings),
    )


def _show_progress(house: House, stop: threading.Event) -> None:
    """A bar while the backlog is worked off, then silence until the end."""
    columns = (
        TextColumn("sorting the backlog"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task("backlog", total=None)
        while not stop.wait(0.5):
            now = figures.progress(house)
            bar.update(task, total=max(now.seen, 1), completed=now.done)
            if (
                now.seen
                and now.kept == 0
                and stop.wait(2.0) is False
                and figures.progress(house).kept == 0
            ):
                break
    stop.wait()
