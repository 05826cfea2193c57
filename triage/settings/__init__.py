"""The one configuration file, `postlotse.toml`, checked as a whole: all errors at once.

Secrets never stand in the file, only the name of the environment variable that holds them.
Paths in the file are relative to the file.
"""

import errno
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError, model_validator

from rules.errors import Refused
from rules.loopback import LOOPBACK
from rules.texts.placeholders import printed
from triage.settings.alarms import AlarmSettings, require_hooks
from triage.settings.care import FiguresSettings, SweepSettings, TrailSettings
from triage.settings.data import DataSettings, StoreSettings
from triage.settings.deadlines import DeadlineSettings
from triage.settings.desk import DeskSettings
from triage.settings.door import DoorSettings
from triage.settings.hooks import EventsSettings, WebhookSettings, require_names
from triage.settings.limits import LimitSettings
from triage.settings.marks import MarksSettings
from triage.settings.outgoing import OutgoingSettings, require_listed
from triage.settings.outlets import EakteSettings, TaskSettings
from triage.settings.part import Part
from triage.settings.postbox import PostboxSettings, require_own_places
from triage.settings.replies import ReplySettings
from triage.settings.rights import RightsSettings
from triage.settings.scanner import ScannerSettings
from triage.settings.sender import SenderSettings
from triage.settings.signin import GroupSettings, KeySettings, OidcSettings, check_signin
from triage.settings.worker import WorkerSettings


class Settings(Part):
    """The whole file."""

    store: StoreSettings = StoreSettings()
    postboxes: tuple[PostboxSettings, ...] = ()
    worker: WorkerSettings = WorkerSettings()
    desk: DeskSettings = DeskSettings()
    limits: LimitSettings = LimitSettings()
    keys: tuple[KeySettings, ...] = ()
    oidc: OidcSettings | None = None
    groups: tuple[GroupSettings, ...] = ()
    door: DoorSettings | None = None
    replies: ReplySettings = ReplySettings()
    eakte: EakteSettings = EakteSettings()
    tasks: TaskSettings = TaskSettings()
    deadlines: DeadlineSettings = DeadlineSettings()
    rights: RightsSettings = RightsSettings()
    figures: FiguresSettings = FiguresSettings()
    sweep: SweepSettings = SweepSettings()
    trail: TrailSettings = TrailSettings()
    scanner: ScannerSettings = ScannerSettings()
    sender: SenderSettings = SenderSettings()
    marks: MarksSettings = MarksSettings()
    data: DataSettings = DataSettings()
    events: EventsSettings = EventsSettings()
    webhooks: tuple[WebhookSettings, ...] = ()
    alarms: AlarmSettings = AlarmSettings()
    outgoing: OutgoingSettings = OutgoingSettings()

    @model_validator(mode="after")
    def _neighbours_are_listed(self) -> "Settings":
        require_listed(self)
        return self

    @model_validator(mode="after")
    def _webhook_names_differ(self) -> "Settings":
        require_names(self.webhooks)
        require_hooks(self.alarms, self.webhooks)
        return self

    @model_validator(mode="after")
    def _postbox_names_differ(self) -> "Settings":
        names = [box.name for box in self.postboxes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two postboxes share the name {', '.join(twice)}")
        require_own_places(self.postboxes)
        return self

    @model_validator(mode="after")
    def _letters_can_be_printed(self) -> "Settings":
        for gap, value in (("link", self.desk.portal_url), ("telefon", self.desk.phone)):
            try:
                printed(gap, value)
            except Refused as exc:
                raise ValueError(f"desk: {value!r} does not fit into an approved text") from exc
        return self

    @model_validator(mode="after")
    def _demo_stays_on_loopback(self) -> "Settings":
        if self.desk.demo and self.desk.host not in LOOPBACK:
            raise ValueError("desk.demo opens sign-in without a password: allowed on loopback only")
        return self

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> "Settings":
        if self.desk.demo and self.oidc:
            raise ValueError("desk.demo lets anybody in beside [oidc]: switch one of them off")
        check_signin(self.oidc, self.groups, follows_lists=self.rights.clerks_follow_lists)
        return self


HINTS = {
    "extra_forbidden": "no such setting; see docs/operations.md for the list",
    "missing": "this setting is required",
    "union_tag_invalid": 'kind is "maildir", "imap" or "exchange"',
    "union_tag_not_found": 'add kind = "maildir", kind = "imap" or kind = "exchange"',
    "path_type": "write a path in quotes",
    "literal_error": "use one of the listed words",
}


def load(path: Path) -> Settings:
    """Read and check the file.

    Raises: Refused: `settings.missing`, `settings.unreadable`, `settings.not_toml`, or
    `settings.invalid` with every error, its path in the file and a hint, in `details["errors"]`.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as exc:
        raise Refused(
            "settings.missing",
            f"No configuration at {path}. Remedy: give --config FILE,"
            " or write a first one with `postlotse init`.",
        ) from exc
    except OSError as exc:
        raise Refused(
            "settings.unreadable",
            f"The configuration {path} can't be read ({os.strerror(exc.errno or errno.EIO)})."
            " Remedy: give --config a file that this user may read.",
        ) from exc
    except UnicodeDecodeError as exc:
        raise Refused(
            "settings.not_toml", f"{path} is no UTF-8 text. Remedy: save it as UTF-8."
        ) from exc
    except tomllib.TOMLDecodeError as exc:
        raise Refused("settings.not_toml", f"{path} is not TOML: {exc}. Remedy: mend it.") from exc
    return check(raw, base=path.resolve().parent)


def check(raw: Mapping[str, object], *, base: Path) -> Settings:
    """Validate a parsed file; relative paths in it start at `base`. Raises as `load`."""
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as exc:
        errors = [_error_line(dict(error)) for error in exc.errors(include_url=False)]
        raise Refused(
            "settings.invalid",
            "The configuration has errors:\n" + "\n".join(f"  {line}" for line in errors),
            errors=errors,
        ) from exc
    return settings.anchored(base)


def secret(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The value of the variable `name`, or what stands in the file that `<name>_FILE` names.

    The file is for secrets that an orchestrator mounts; line ends behind it and the
    mark of UTF-8 in front of it don't count.
    Raises: Refused: `settings.secret_missing`; `settings.secret_file`: it can't be read.
    """
    value, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if not value and file:
        try:
            value = Path(file).read_text(encoding="utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise Refused(
                "settings.secret_file", f"{name}_FILE names a file that can't be read.", name=name
            ) from exc
    if not value:
        raise Refused(
            "settings.secret_missing",
            f"Environment variable {name} is not set. Remedy: set it, or {name}_FILE, in the"
            " environment of this command; postlotse.env of `postlotse init` is such a file.",
            name=name,
        )
    return value


def _error_line(error: dict[str, object]) -> str:
    loc = error["loc"]
    place = ".".join(str(step) for step in loc) if isinstance(loc, tuple) else ""
    hint = HINTS.get(str(error["type"]), "")
    return f"{place or '(file)'}: {error['msg']}" + (f" ({hint})" if hint else "")
