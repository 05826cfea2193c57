"""The one place that knows settings, adapters and files, and ties the rooms together."""

import secrets
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import structlog

from ingest import forms
from ingest.clamd import Clamd
from ingest.smtp.door import DoorPlan, SmtpDoor
from outbox.left_notes import LeftNotes
from outbox.sent_maildir import SentMaildir
from outbox.smtp import SmtpAccount, SmtpOutlet
from rules.agencies import parse_agencies, parse_plz, parse_regions
from rules.backoff import BackoffRule
from rules.deadlines import HOUSE_DEADLINES, DeadlineRules
from rules.directory import Directory
from rules.errors import Refused
from store import texts
from store.connections import file_of, parse_url
from store.engine import Database
from store.seals import SealRing
from triage import outlet_wiring
from triage.house import (
    House,
    Judging,
)
from triage.letterbox import keep_all
from triage.ports import Door, MailJudge, MailOutlet
from triage.send import Outlets
from triage.settings import Settings, load, secret
from triage.settings import scanner as settings_scanner
from triage.settings.replies import ReplySettings
from triage.texts import stock as text_stock
from triage.wiring_policy import policy_of

if TYPE_CHECKING:
    # Loads numpy and the lexicon; only what judges needs it.
    from classify.life.shelf import Shelf

MEGABYTE = 1_000_000

log = structlog.get_logger()


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


def build_judging(settings: Settings) -> Judging:
    """Model, agencies, layouts and deadlines. Raises: Refused: `model.*`, `form.layout_invalid`."""
    directory = load_directory()
    return Judging(
        judge=_judge(settings, directory),
        directory=directory,
        layouts=load_layouts(settings.data.forms),
        deadlines=DeadlineRules(
            payment=settings.deadlines.payment,
            house_days={**HOUSE_DEADLINES.house_days, **settings.deadlines.days},
        ),
    )


def _judge(settings: Settings, directory: Directory) -> MailJudge:
    """The judge with the model that is named, else the shelf's live one, else the installed one.

    A shadow beside the live one only where the shelf tells of both.
    """
    from classify.judge import Judge  # noqa: PLC0415 - as above
    from classify.life.shadow import ShadowedJudge  # noqa: PLC0415 - as above
    from classify.life.shelf import name_of  # noqa: PLC0415 - as above
    from classify.model import file as modelfile  # noqa: PLC0415 - only what judges loads numpy and the lexicon

    shelf, key = model_shelf(settings), model_key(settings)
    live = None if settings.data.model else shelf.live()
    if live is None:
        model = modelfile.load(settings.data.model or default_model_path(), key)
        return Judge(model, directory, name=name_of(model))
    judge = Judge(shelf.load(live), directory, name=live)
    shadow = shelf.shadow()
    if shadow is None:
        return judge
    try:
        beside = Judge(shelf.load(shadow), directory, name=shadow)
    except Refused as exc:
        # A candidate stops no post, on no machine where its file is missing or half there.
        log.exception("shadow.broken", shadow=shadow, code=exc.code)
        return judge
    # Not the process's number: in containers it is the same after each start, and in each replica.
    own = shelf.shadow_counts(live, shadow, secrets.randbits(63))
    return ShadowedJudge(judge, beside, own)


def model_shelf(settings: Settings) -> "Shelf":
    """The folder of models, which need not exist."""
    from classify.life.shelf import Shelf  # noqa: PLC0415 - only what judges loads numpy and the lexicon

    folder = settings.data.models or default_model_path().parent / "models"
    return Shelf(folder, model_key(settings))


def load_directory() -> Directory:
    """Agencies and PLZ that ship with the house (`domain/`, sources beside them)."""
    folder = files("domain")
    return Directory(
        parse_agencies(_text(folder / "agencies.csv")),
        parse_plz(_text(folder / "plz_agency.csv")),
        parse_regions(_text(folder / "sc_regions.csv")),
    )


def load_layouts(folder: Path | None) -> forms.Layouts:
    """The form layouts: the admin's folder, or those that ship with the house."""
    return forms.load(_folder_texts(folder or files("domain") / "forms", ".toml"))


def texts_folder() -> Path:
    """The folder of approved texts that ships with the house."""
    return Path(str(files("templates_text")))


def load_texts(
    folder: Path | None, disclosing: Literal["refuse", "after_check"] = "refuse"
) -> texts.TextShelf:
    """The approved texts. Raises: Refused: a text differs from what was approved."""
    return texts.load(folder or texts_folder(), disclosing=disclosing)


def default_model_path() -> Path:
    """Where `make install` puts the model it trains: a part of the installation."""
    return Path(sys.prefix) / "share" / "postlotse" / "model.postlotse"


def model_key(settings: Settings) -> bytes:
    """The key of the model's signature: from the environment, else the installation's own.

    A key that lies beside the model finds damage and mix-ups, not an attacker who may write
    there; production sets the variable. Raises: Refused: `settings.secret_file`. Source: own
    decision 0022.
    """
    try:
        return secret(settings.data.model_key_env).encode()
    except Refused as exc:
        if exc.code != "settings.secret_missing":
            raise
        return _installation_key(default_model_path().with_suffix(".key"))


def _installation_key(path: Path) -> bytes:
    def is_there() -> bool:
        # An empty one, which a full disk left once, is known to anybody: models of it are refused.
        return path.exists() and path.stat().st_size > 0

    if not is_there():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside first: on a full disk an empty key would stay, which anybody knows.
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        beside.touch(mode=0o600)
        try:
            beside.write_text(secrets.token_hex(32), encoding="ascii")
            if not is_there():
                beside.rename(path)
        finally:
            beside.unlink(missing_ok=True)
    return path.read_bytes()


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


def outlets(settings: Settings) -> Outlets:
    """The ways out: eAkte, smarthost or the demo's Maildir, folders and hooks of other units."""
    return Outlets(
        eakte=outlet_wiring.eakte_outlet(settings.eakte),
        mail=_mail_outlet(settings),
        tasks=outlet_wiring.task_outlet(settings),
        records=outlet_wiring.eakte_records(settings.eakte),
        notes=_left_notes(settings.replies),
    )


def _left_notes(replies: ReplySettings) -> LeftNotes | None:
    """None for the demo's Maildir, too: the same mail twice is one file there."""
    if replies.outlet != "smtp" or replies.left_notes is None:
        return None
    return LeftNotes(replies.left_notes)


def _mail_outlet(settings: Settings) -> MailOutlet:
    replies = settings.replies
    if replies.outlet == "maildir":
        return SentMaildir(replies.sent_root)
    password = secret(replies.password_env) if replies.password_env else ""
    return SmtpOutlet(
        SmtpAccount(
            host=replies.host,
            port=replies.port,
            tls=replies.tls,
            ca_file=replies.ca_file,
            user=replies.user,
            password=password,
        )
    )


def _folder_texts(folder: Path | Traversable, suffix: str) -> dict[str, str]:
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(suffix)
    }


def _text(entry: Traversable) -> str:
    return entry.read_text(encoding="utf-8")
