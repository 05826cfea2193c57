"""The one configuration file, `postlotse.toml`, checked as a whole: all errors at once.

Secrets never stand in the file, only the name of the environment variable that holds them.
Paths in the file are relative to the file.
"""

import errno
import os
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from rules.codes import Concern
from rules.deadlines import HOUSE_DEADLINES, REPORTS
from rules.errors import Refused
from rules.rights.list_difference import FEW
from rules.texts.placeholders import printed
from triage.settings.alarms import AlarmSettings, require_hooks
from triage.settings.care import FiguresSettings, SweepSettings, TrailSettings
from triage.settings.hooks import EventsSettings, WebhookSettings, require_names
from triage.settings.ldap import LdapSettings
from triage.settings.limits import LimitSettings
from triage.settings.marks import MarksSettings
from triage.settings.outgoing import LOCAL, OutgoingSettings, require_listed
from triage.settings.outlets import EakteSettings, TaskSettings, eakte_at, tasks_at
from triage.settings.part import Part
from triage.settings.postbox import MaildirSettings, PostboxSettings, require_own_places
from triage.settings.replies import ReplySettings
from triage.settings.scanner import ScannerSettings
from triage.settings.sender import SenderSettings
from triage.settings.signin import GroupSettings, OidcSettings, check_signin
from triage.settings.store import StoreSettings

WorkDay = Literal["mo", "di", "mi", "do", "fr"]
WORK_DAYS: tuple[WorkDay, ...] = ("mo", "di", "mi", "do", "fr")
"""Days on which an Arbeitstag can fall, Monday first. Source: own decision 0012."""


class WorkerSettings(Part):
    """The pace of the worker. Times in seconds."""

    poll_seconds: float = Field(default=5.0, gt=0)
    lease_seconds: int = Field(default=120, ge=2)
    grace_seconds: int = Field(default=30, ge=0)
    look_seconds: int = Field(default=300, ge=1)
    batch_mails: int = Field(default=200, ge=1, le=500)
    create_folders: Literal["agencies", "none"] = "agencies"
    overdue_minutes: int = Field(default=60, ge=1)


class DeskSettings(Part):
    """The HTTP doors. `demo` opens sign-in by one click and is allowed on loopback only."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    demo: bool = False
    lease_minutes: int = Field(default=15, ge=1, le=240)
    lease_counts: Literal["working", "clock"] = "working"
    work_from: time = time(7)
    work_to: time = time(18)
    work_days: tuple[WorkDay, ...] = WORK_DAYS
    open_claims: int = Field(default=1, ge=0, le=100)
    session_minutes: int = Field(default=600, ge=5)
    idle_minutes: int = Field(default=60, ge=5)
    session_secret_env: str = "POSTLOTSE_SESSION_SECRET"  # noqa: S105 - the name of a variable
    portal_url: str = "https://www.arbeitsagentur.de"
    phone: str = "0800 4 5555 00"

    @model_validator(mode="after")
    def _there_is_working_time(self) -> "DeskSettings":
        if self.work_from >= self.work_to or not self.work_days:
            raise ValueError("work_from lies before work_to, and there is a work_day")
        return self


class KeySettings(Part):
    """A machine's key: only its argon2 hash, made by `postlotse keys new`."""

    name: str
    hash: str
    role: Literal["clerk", "automation", "admin"]
    agencies: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    expires: date | None = None


class DoorSettings(Part):
    """The door for mail servers. Recipients are addresses of ours, and those listed here.

    With `tls_cert` and `tls_key` STARTTLS is required; without them only loopback may listen.
    """

    protocol: Literal["lmtp", "smtp"] = "lmtp"
    host: str = "127.0.0.1"
    port: int = Field(default=8024, ge=0, le=65535)
    recipients: tuple[str, ...] = ()
    allowed_clients: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    size_limit_mb: int = Field(default=60, ge=1, le=500)
    max_connections: int = Field(default=50, ge=1, le=1000)
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @field_validator("allowed_clients")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @model_validator(mode="after")
    def _is_protected(self) -> "DoorSettings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together: give both or none")
        if self.tls_cert is None and self.host not in LOCAL:
            raise ValueError("a door that others can reach needs tls_cert and tls_key")
        return self


class DeadlineSettings(Part):
    """Hausregeln for due days, in Arbeitstage; those of law and Weisung can't be changed here.

    `days` overrides single concerns: `days = { beratung = 8 }`. Of `arbeitsuchend` and `arbeitslos`
    it can't go beyond the ten to the first interview; `kein_anliegen` has no day.
    """

    payment: int = Field(default=1, ge=0, le=60)
    days: dict[Concern, Annotated[int, Field(ge=0, le=60)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _within_the_weisung(self) -> "DeadlineSettings":
        most = HOUSE_DEADLINES.first_interview
        late = [code for code in REPORTS if self.days.get(code, 0) > most]
        if late:
            raise ValueError(
                f"days.{min(late)}: at most {most}, for by then the first interview"
                " must have been held (Weisung 202502006 no. 2.3)"
            )
        if Concern.KEIN_ANLIEGEN in self.days:
            raise ValueError("days.kein_anliegen: where nothing is to be done no day is set")
        return self


class RightsSettings(Part):
    """Folder permissions: only read by default; `write` lets approved plans be carried out.

    `exempt` are accounts that are never judged, by address or by name. `follow_minutes`: how often
    a worker asks who stands on lists that came from a directory or by ExpandDL; 0 is never.
    `follow_few`: so many may join or leave a list at once whatever its size.
    """

    mode: Literal["read", "write"] = "read"
    exempt: tuple[str, ...] = ()
    common_folders: tuple[str, ...] = ()
    clerks_follow_lists: bool = False
    follow_minutes: int = Field(default=10, ge=0, le=1440)
    follow_few: int = Field(default=FEW, ge=0, le=1000)
    drop: Path | None = None
    ldap: LdapSettings | None = None


class DataSettings(Part):
    """Folders that replace what ships with the house: form layouts, texts."""

    forms: Path | None = None
    texts: Path | None = None
    model: Path | None = None
    models: Path | None = None
    model_key_env: str = "POSTLOTSE_MODEL_KEY"


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
        if self.desk.demo and self.desk.host not in LOCAL:
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
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
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
    return _anchored(settings, base)


def secret(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The value of the variable `name`, or what stands in the file that `<name>_FILE` names.

    The file is for secrets that an orchestrator mounts; line ends behind it don't count.
    Raises: Refused: `settings.secret_missing`; `settings.secret_file`: it can't be read.
    """
    value, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if not value and file:
        try:
            value = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise Refused(
                "settings.secret_file", f"{name}_FILE names a file that can't be read.", name=name
            ) from exc
    if not value:
        raise Refused(
            "settings.secret_missing", f"Environment variable {name} is not set.", name=name
        )
    return value


def _error_line(error: dict[str, object]) -> str:
    loc = error["loc"]
    place = ".".join(str(step) for step in loc) if isinstance(loc, tuple) else ""
    hint = HINTS.get(str(error["type"]), "")
    return f"{place or '(file)'}: {error['msg']}" + (f" ({hint})" if hint else "")


def _anchored(settings: Settings, base: Path) -> Settings:
    """Paths of the file made absolute, so that the working directory never matters."""

    def at(path: Path | None) -> Path | None:
        return None if path is None else base / path

    boxes = tuple(
        box.model_copy(update={"root": at(box.root)})
        if isinstance(box, MaildirSettings)
        else box.model_copy(update={"ca_file": at(box.ca_file)})
        for box in settings.postboxes
    )
    url = settings.store.url
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        url = f"sqlite:///{base / url.removeprefix('sqlite:///')}"
    data, replies, door = settings.data, settings.replies, settings.door
    oidc = settings.oidc
    return settings.model_copy(
        update={
            "store": StoreSettings(url=url, keys=at(settings.store.keys)),
            "postboxes": boxes,
            "door": door
            and door.model_copy(
                update={"tls_cert": at(door.tls_cert), "tls_key": at(door.tls_key)}
            ),
            "replies": replies.model_copy(
                update={
                    "sent_root": at(replies.sent_root),
                    "ca_file": at(replies.ca_file),
                    "left_notes": at(replies.left_notes),
                }
            ),
            "eakte": eakte_at(settings.eakte, base),
            "trail": settings.trail.model_copy(update={"anchor": at(settings.trail.anchor)}),
            "webhooks": tuple(
                hook.model_copy(update={"ca_file": at(hook.ca_file)}) for hook in settings.webhooks
            ),
            "oidc": oidc and oidc.model_copy(update={"ca_file": at(oidc.ca_file)}),
            "tasks": tasks_at(settings.tasks, base),
            "rights": settings.rights.model_copy(
                update={
                    "drop": at(settings.rights.drop),
                    "ldap": _ldap_at(settings.rights.ldap, at),
                }
            ),
            "data": data.model_copy(
                update={
                    "forms": at(data.forms),
                    "texts": at(data.texts),
                    "model": at(data.model),
                    "models": at(data.models),
                }
            ),
        }
    )


def _ldap_at(
    ldap: LdapSettings | None, at: Callable[[Path | None], Path | None]
) -> LdapSettings | None:
    if ldap is None:
        return None
    files = {"ca_file": at(ldap.ca_file), "password_file": at(ldap.password_file)}
    return ldap.model_copy(update=files)
