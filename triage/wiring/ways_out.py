"""Opens the ways out of the house: eAkte, smarthost or Maildir, tasks, webhooks."""

from outbox.eakte import DirectoryOutlet
from outbox.eakte_http import HttpOutlet
from outbox.eakte_record import FolderRecords, LineRecords, cut_url
from outbox.eakte_webdav import WebdavOutlet
from outbox.left_notes import LeftNotes
from outbox.line import Line, LineAccount
from outbox.sent_maildir import SentMaildir
from outbox.smtp import SmtpAccount, SmtpOutlet
from outbox.task_folder import TaskFolder
from outbox.task_hook import TaskHooks
from outbox.webhook import WebhookOutlet
from rules.errors import Refused
from rules.event_types import TYPES
from store.trail.events import Reach
from triage.hooks import Subscription
from triage.ports import MailOutlet, TaskOutlet
from triage.send import Outlets
from triage.settings import Settings, secret
from triage.settings.outlets import EakteSettings
from triage.settings.replies import ReplySettings


def outlets(settings: Settings) -> Outlets:
    """The ways out: eAkte, smarthost or the demo's Maildir, folders and hooks of other units."""
    return Outlets(
        eakte=eakte_outlet(settings.eakte),
        mail=_mail_outlet(settings),
        tasks=task_outlet(settings),
        records=eakte_records(settings.eakte),
        notes=_left_notes(settings.replies),
    )


def _left_notes(replies: ReplySettings) -> LeftNotes | None:
    """None for the demo's Maildir, too: the same mail twice is one file there."""
    if replies.outlet != "smtp" or replies.left_notes is None:
        return None
    return LeftNotes(replies.left_notes)


def eakte_outlet(eakte: EakteSettings) -> DirectoryOutlet | HttpOutlet | WebdavOutlet:
    """The way to the eAkte. Raises: Refused: `eakte.url`, `eakte.certificate`."""
    if eakte.outlet == "folder":
        return DirectoryOutlet(eakte.drop)
    line = _line(eakte, eakte.url)
    return HttpOutlet(line) if eakte.outlet == "http" else WebdavOutlet(line)


def eakte_records(eakte: EakteSettings) -> LineRecords | FolderRecords | None:
    """Who is asked for the record before a hand-over; None where nobody is.

    Raises: Refused: as `eakte_outlet`, and `eakte.record_url`.
    """
    if eakte.record_folder is not None:
        return FolderRecords(eakte.record_folder)
    if not eakte.record_url:
        return None
    base, path = cut_url(eakte.record_url)
    return LineRecords(_line(eakte, base), path, is_folder=eakte.outlet == "webdav")


def _line(eakte: EakteSettings, url: str) -> Line:
    if eakte.client_cert is None or eakte.client_key is None:
        raise Refused("eakte.certificate", "eakte.client_cert and client_key are missing; set them")
    account = LineAccount(
        url, eakte.client_cert, eakte.client_key, eakte.ca_file, eakte.timeout_seconds
    )
    return Line(account)


def task_outlet(settings: Settings) -> TaskOutlet | None:
    """The way of tasks; None where the configuration has none.

    Raises: Refused: `settings.secret_missing`, `webhook.*`: an address that may not be posted to.
    """
    tasks = settings.tasks
    if not tasks.is_given:
        return None
    folder = None if tasks.drop is None else TaskFolder(tasks.drop)
    if folder is not None and not tasks.hooks:
        return folder
    hooks = {
        hook.receiver: WebhookOutlet(
            hook.url,
            secret(hook.secret_env),
            settings.events.allowed_hosts,
            ca_file=hook.ca_file,
            timeout_seconds=hook.timeout_seconds,
        )
        for hook in tasks.hooks
    }
    return TaskHooks(hooks, folder)


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


def subscriptions(settings: Settings) -> tuple[Subscription, ...]:
    """The receivers of the configuration.

    Raises: Refused: `settings.secret_missing`, `webhook.*`: an address that may not be posted to.
    """
    return tuple(
        Subscription(
            hook.name,
            Reach(
                frozenset(hook.types) or TYPES,
                None if hook.agencies is None else frozenset(hook.agencies),
                None if hook.regions is None else frozenset(hook.regions),
            ),
            WebhookOutlet(
                hook.url,
                secret(hook.secret_env),
                settings.events.allowed_hosts,
                ca_file=hook.ca_file,
                timeout_seconds=hook.timeout_seconds,
            ),
        )
        for hook in settings.webhooks
    )
