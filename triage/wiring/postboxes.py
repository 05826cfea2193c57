"""Opens postboxes, their bells and their folder permissions: from settings to drivers.

Drivers of Exchange are loaded when they are needed.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ingest.imap import own_rights as imap_own_rights
from ingest.imap.bell import ImapBell
from ingest.imap.postbox import ImapPostbox
from ingest.imap.rights import ImapRights
from ingest.imap.session import ImapAccount
from ingest.login_gate import LoginGate
from ingest.maildir.postbox import MaildirPostbox
from ingest.maildir.rights import MaildirRights
from ingest.observed import ObservedPostbox
from rules.errors import Refused
from rules.rulesets.outlook_rules import OutlookRule
from rules.rulesets.outlook_rules import take_over as take_over_outlook
from rules.rulesets.sieve_rules import take_over as take_over_sieve
from rules.rulesets.taken_over import TakenOver
from triage.ports import Bell, FolderRights, ListServer, Postbox
from triage.postboxes.round import PostboxJob
from triage.settings import Settings, secret
from triage.settings.postbox import ExchangeSettings, ImapSettings, MaildirSettings, PostboxSettings
from triage.wiring import sieve_scripts

if TYPE_CHECKING:
    # Loads lxml and a client of 7 MB.
    from ingest.exchange.postbox import ExchangePostbox
    from ingest.exchange.wire import ExchangeAccount

MEGABYTE = 1_000_000


def postbox_jobs(settings: Settings) -> tuple[PostboxJob, ...]:
    """The postboxes to be served, each with the way to open it; those of one login share a gate."""
    gates: dict[tuple[str, ...], LoginGate] = {}
    return tuple(
        _job(box, gates.setdefault(_login_of(box), LoginGate())) for box in settings.postboxes
    )


def _job(box: PostboxSettings, gate: LoginGate) -> PostboxJob:
    return PostboxJob(
        name=box.name,
        region=box.region,
        open=partial(open_postbox, box, gate),
        files=box.mode != "observe",
        open_rights=partial(open_rights, box, gate),
        open_lists=partial(list_server, box, gate) if isinstance(box, ExchangeSettings) else None,
        open_bell=_bell(box, gate),
        read_rules=None if isinstance(box, MaildirSettings) else partial(read_rules, box, gate),
    )


def _login_of(box: PostboxSettings) -> tuple[str, ...]:
    """What a server knows an account by; a Maildir has its name only."""
    if isinstance(box, ImapSettings):
        return ("imap", box.host, box.user)
    if isinstance(box, ExchangeSettings):
        return ("exchange", box.endpoint, box.auth, box.user)
    return ("maildir", box.name)


def open_postbox(box: PostboxSettings, gate: LoginGate | None = None) -> Postbox:
    """A driver for the postbox; in observe mode wrapped so that no write gets through."""
    if isinstance(box, MaildirSettings):
        driver = _maildir(box)
    else:
        driver = _imap(box, gate) if isinstance(box, ImapSettings) else _exchange(box, gate)
    return ObservedPostbox(driver) if box.mode == "observe" else driver


def open_to_read(settings: Settings, name: str) -> Postbox:
    """The configured postbox of that name, in such a way that no write reaches it.

    Nothing is opened until it is read.
    """
    (found,) = (box for box in settings.postboxes if box.name == name)
    return open_postbox(found.model_copy(update={"mode": "observe"}))


def _bell(box: PostboxSettings, gate: LoginGate) -> Callable[[], Bell] | None:
    if isinstance(box, MaildirSettings) or box.wake == "poll":
        return None
    return partial(open_bell, box, gate)


def open_bell(box: ImapSettings | ExchangeSettings, gate: LoginGate) -> Bell:
    """A bell for the postbox; good for listening once."""
    if isinstance(box, ImapSettings):
        return ImapBell(box.name, _imap_account(box), gate=gate)
    from ingest.exchange.bell import ExchangeBell  # noqa: PLC0415 - loads lxml and a client of 7 MB

    return ExchangeBell(box.name, exchange_account(box), gate=gate)


def open_rights(box: PostboxSettings, gate: LoginGate | None = None) -> FolderRights:
    """A driver for the folder permissions of the postbox; whether it may write, triage decides."""
    if isinstance(box, MaildirSettings):
        return MaildirRights(box.name, box.root)
    if isinstance(box, ImapSettings):
        return ImapRights(box.name, _imap_account(box))
    from ingest.exchange.rights import ExchangeRights  # noqa: PLC0415 - loads lxml and a client of 7 MB

    return ExchangeRights(box.name, exchange_account(box), under=box.folders_under, gate=gate)


def list_server(box: ExchangeSettings, gate: LoginGate) -> ListServer:
    """What tells who stands on a list of that server."""
    from ingest.exchange.rights import ExchangeRights  # noqa: PLC0415 - loads lxml and a client of 7 MB

    return ExchangeRights(box.name, exchange_account(box), under=box.folders_under, gate=gate)


def own_rights(box: ImapSettings, folders: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """What our login may do in these folders; empty where the server tells none. Raises: as it."""
    return imap_own_rights.own_rights(_imap_account(box), folders)


def outlook_rules(settings: Settings, name: str) -> tuple[OutlookRule, ...]:
    """Outlook's inbox rules of an Exchange postbox, read without a mark.

    Raises: Refused: `postbox.unknown`, `postbox.no_rules`; and TryLater: as the driver.
    """
    box = next((one for one in settings.postboxes if one.name == name), None)
    if box is None:
        raise Refused("postbox.unknown", f"No postbox {name!r} in the configuration.", name=name)
    if not isinstance(box, ExchangeSettings):
        raise Refused(
            "postbox.no_rules",
            f"{name} is no Exchange postbox; give the Sieve script as a file instead.",
            name=name,
        )
    return _outlook_rules(box)


def read_rules(box: ImapSettings | ExchangeSettings, gate: LoginGate, script: str) -> TakenOver:
    """The rules that people keep beside a postbox, as ours; reads only.

    `script` names one of an IMAP server's Sieve scripts; empty is the active one. Raises: Refused:
    `sieve.no_script`, `settings.secret_missing`; and TryLater: as the server.
    """
    if isinstance(box, ImapSettings):
        return take_over_sieve(sieve_scripts.script_of(box, script))
    return take_over_outlook(_outlook_rules(box, gate))


def _outlook_rules(box: ExchangeSettings, gate: LoginGate | None = None) -> tuple[OutlookRule, ...]:
    driver = _exchange(box, gate)
    try:
        return driver.inbox_rules()
    finally:
        driver.close()


def _maildir(box: MaildirSettings) -> Postbox:
    return MaildirPostbox(box.name, box.root, size_limit_bytes=box.size_limit_mb * MEGABYTE)


def _imap(box: ImapSettings, gate: LoginGate | None = None) -> Postbox:
    return ImapPostbox(
        box.name,
        _imap_account(box),
        purpose="read" if box.mode == "observe" else "file",
        size_limit_bytes=box.size_limit_mb * MEGABYTE,
        gate=gate,
    )


def _imap_account(box: ImapSettings) -> ImapAccount:
    return ImapAccount(
        host=box.host,
        port=box.port,
        user=box.user,
        password=secret(box.password_env),
        tls=box.tls,
        ca_file=box.ca_file,
        timeout_seconds=box.timeout_seconds,
    )


def _exchange(box: ExchangeSettings, gate: LoginGate | None = None) -> "ExchangePostbox":
    from ingest.exchange.postbox import ExchangePostbox  # noqa: PLC0415 - loads lxml and a client of 7 MB

    return ExchangePostbox(
        box.name,
        exchange_account(box),
        under=box.folders_under,
        size_limit_bytes=box.size_limit_mb * MEGABYTE,
        gate=gate,
    )


def exchange_account(box: ExchangeSettings) -> "ExchangeAccount":
    """Where and as whom. Raises: Refused: `settings.secret_missing`."""
    from ingest.exchange.wire import ExchangeAccount  # noqa: PLC0415 - loads lxml and a client of 7 MB

    return ExchangeAccount(
        endpoint=box.endpoint,
        mailbox=box.mailbox,
        user=box.user,
        password=secret(box.password_env) if box.password_env else "",
        auth=box.auth,
        access=box.access,
        token_url=box.token_url,
        scope=box.scope,
        ca_file=box.ca_file,
        timeout_seconds=box.timeout_seconds,
        # The largest mail as base64, and what is said around it.
        longest_reply_bytes=2 * box.size_limit_mb * MEGABYTE + MEGABYTE,
    )
