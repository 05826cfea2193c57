"""What judges a mail: model, agencies, form layouts, deadlines; opened from the settings."""

import secrets
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest import forms
from rules.agencies import parse_agencies, parse_plz, parse_regions
from rules.deadlines import HOUSE_DEADLINES, DeadlineRules
from rules.directory import Directory
from rules.errors import Refused
from triage.house import Judging
from triage.ports import MailJudge
from triage.settings import Settings, secret

if TYPE_CHECKING:
    # Loads numpy and the lexicon; only what judges needs it.
    from classify.life.shelf import Shelf

log = structlog.get_logger()


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


def _folder_texts(folder: Path | Traversable, suffix: str) -> dict[str, str]:
    return {
        entry.name: entry.read_text(encoding="utf-8-sig")
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(suffix)
    }


def _text(entry: Traversable) -> str:
    return entry.read_text(encoding="utf-8")
