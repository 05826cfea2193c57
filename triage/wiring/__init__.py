"""The one place that knows settings, adapters and files, and ties the rooms together.

Here: the whole house. Beside it: what judges (`judging`), postboxes with their bells and folder
permissions (`postboxes`), the ways out (`ways_out`), the stations' policy (`policy`), and what few
commands need: the directory (`ldap`) and rules that lie beside a postbox (`sieve_scripts`).
"""

from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from ingest.clamd import Clamd
from ingest.smtp.door import DoorPlan, SmtpDoor
from rules.backoff import BackoffRule
from store.approved import texts
from store.database.connections import file_of, parse_url
from store.database.engine import Database
from store.database.seals import SealRing
from triage.door_intake import keep_all
from triage.house import House
from triage.ports import Door
from triage.settings import Settings, load
from triage.settings import scanner as settings_scanner
from triage.texts import stock as text_stock
from triage.wiring.judging import (
    build_judging,
    default_model_path,
    load_directory,
    load_layouts,
    model_key,
    model_shelf,
)
from triage.wiring.policy import policy_of
from triage.wiring.postboxes import MEGABYTE
from triage.wiring.ways_out import outlets

__all__ = [
    "MEGABYTE",
    "build_house",
    "build_judging",
    "database_file",
    "default_model_path",
    "house_of",
    "letterbox",
    "load_directory",
    "load_layouts",
    "load_texts",
    "model_key",
    "model_shelf",
    "open_database",
    "open_house",
    "outlets",
    "scanner_of",
    "texts_folder",
    "utc_now",
]


def utc_now() -> datetime:
    """The clock of a real house."""
    return datetime.now(tz=UTC)


def build_house(settings: Settings) -> House:
    """Open the database, load data, model and texts, and take in texts that the house has not.

    Raises: Refused: whatever is missing or doesn't fit, with its remedy. TryLater: `store.away`.
    """
    house = open_house(settings)
    text_stock.take_in(house)
    return house


def open_house(settings: Settings) -> House:
    """The same without a write, for who only looks. Raises: as `build_house`."""
    return House(
        db=open_database(settings),
        judging=build_judging(settings),
        texts=load_texts(settings.data.texts, settings.replies.disclosing),
        backoff=BackoffRule(
            first_seconds=settings.eakte.first_wait_seconds,
            cap_seconds=settings.eakte.longest_wait_seconds,
            max_tries=settings.eakte.max_tries,
        ),
        policy=policy_of(settings),
        clock=utc_now,
        scanner=scanner_of(settings),
    )


def open_database(settings: Settings) -> Database:
    """The memory with its keys, which are read once now, so that a wrong file ends the start.

    Raises: Refused: `store.url`, `store.schema`. TryLater: `store.away`, `keys.file`.
    """
    ring = SealRing(settings.store.keys)
    ring.keys()
    return Database.open(settings.store.url, ring=ring)


def scanner_of(settings: Settings) -> Clamd | None:
    """The scanner for malicious attachments; None where none is configured."""
    asked = settings.scanner
    if not asked.address:
        return None
    where = settings_scanner.split(asked.address)
    return Clamd(where, asked.timeout_seconds, asked.limit_mb * MEGABYTE)


def house_of(config: Path) -> House:
    """The house of a configuration file. Raises: Refused: `settings.*`, and as `build_house`."""
    return build_house(load(config))


def texts_folder() -> Path:
    """The folder of approved texts that ships with the house."""
    return Path(str(files("templates_text")))


def load_texts(
    folder: Path | None, disclosing: Literal["refuse", "after_check"] = "refuse"
) -> texts.TextShelf:
    """The approved texts. Raises: Refused: a text differs from what was approved."""
    return texts.load(folder or texts_folder(), disclosing=disclosing)


def letterbox(house: House, settings: Settings) -> Door | None:
    """The door for mail servers, still closed; None where the configuration has none."""
    door = settings.door
    if door is None:
        return None
    listed = frozenset(address.lower() for address in door.recipients)

    def is_known(address: str) -> bool:
        hint = house.directory.by_mailbox(address)
        return address.lower() in listed or bool(hint.agencies or hint.region)

    plan = DoorPlan(
        protocol=door.protocol,
        host=door.host,
        port=door.port,
        known=is_known,
        allowed_clients=tuple(ip_network(network) for network in door.allowed_clients),
        size_limit_bytes=door.size_limit_mb * MEGABYTE,
        max_connections=door.max_connections,
        certificate=door.tls_cert,
        key=door.tls_key,
    )
    return SmtpDoor(plan, partial(keep_all, house))


def database_file(settings: Settings) -> Path | None:
    """The file of an SQLite database, or None. Raises: Refused: `store.url`."""
    return file_of(parse_url(settings.store.url))
