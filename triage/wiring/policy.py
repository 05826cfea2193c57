"""From the settings to the policy of the house: what stations ask for, in their units."""

from rules.handover import TargetCheck
from rules.retention import Period, RetentionRules
from rules.worktime import WorkingHours
from triage.house import (
    AlarmPolicy,
    MarksPolicy,
    Policy,
    PostboxPlan,
    RightsPolicy,
    SweepPolicy,
)
from triage.settings import Settings
from triage.settings.desk import WORK_DAYS, DeskSettings
from triage.settings.postbox import PostboxSettings


def policy_of(settings: Settings) -> Policy:
    """What the stations ask for. Called once, when the house is built."""
    return Policy(
        lease_seconds=settings.desk.lease_minutes * 60,
        postbox_lease_seconds=settings.worker.lease_seconds,
        grace_seconds=settings.worker.grace_seconds,
        look_seconds=settings.worker.look_seconds,
        batch_mails=settings.worker.batch_mails,
        reply_from=settings.replies.from_address,
        reply_name=settings.replies.from_name,
        portal_url=settings.desk.portal_url,
        phone=settings.desk.phone,
        create_folders=settings.worker.create_folders == "agencies",
        overdue_minutes=settings.worker.overdue_minutes,
        gives_tasks=settings.tasks.is_given,
        target_check=TargetCheck(settings.eakte.target_check),
        receipt_hours=settings.eakte.receipt_hours,
        task_receipt_hours=settings.tasks.receipt_hours if settings.tasks.is_given else 0,
        small_cell=settings.figures.small_cell,
        kontaktcodes=settings.figures.kontaktcodes,
        geschaeftsvorgaenge=settings.figures.geschaeftsvorgaenge,
        discloses_after_check=settings.replies.disclosing == "after_check",
        text_warn_days=settings.replies.warn_days,
        replies_a_minute=settings.replies.per_minute,
        sent_folder=settings.replies.sent_folder,
        drafts_folder=settings.replies.drafts_folder,
        rights=_rights_policy(settings),
        sweep=_sweep_policy(settings),
        anchor=settings.trail.anchor,
        marks=MarksPolicy(
            reads=settings.marks.mode != "off",
            writes=settings.marks.mode == "write",
            book=settings.marks.book(),
        ),
        alarms=AlarmPolicy(
            settings.alarms.mail, settings.alarms.webhooks, settings.alarms.from_address
        ),
        postboxes=tuple(_plan(box) for box in settings.postboxes),
        working_hours=_working_hours(settings.desk),
        open_claims=settings.desk.open_claims or None,
        trust=settings.sender.trust(),
    )


def _rights_policy(settings: Settings) -> RightsPolicy:
    rights = settings.rights
    return RightsPolicy(
        may_write=rights.mode == "write",
        exempt=frozenset(name.lower() for name in rights.exempt),
        common_folders=_common_folders(settings),
        clerks_follow_lists=rights.clerks_follow_lists,
        follow_minutes=rights.follow_minutes,
        follow_few=rights.follow_few,
    )


def _plan(box: PostboxSettings) -> PostboxPlan:
    return PostboxPlan(
        box.name,
        box.region,
        is_observed=box.mode == "observe",
        sends=box.mode == "full",
        is_swept=box.mode != "observe" and box.deletion == "remove",
    )


def _common_folders(settings: Settings) -> frozenset[str]:
    """Those of the configuration, those of copies of answers, and of answers still to be taken."""
    own = (settings.replies.sent_folder, settings.replies.drafts_folder)
    return frozenset((*settings.rights.common_folders, *(x.partition("/")[0] for x in own if x)))


def _sweep_policy(settings: Settings) -> SweepPolicy:
    sweep = settings.sweep
    return SweepPolicy(
        rules=RetentionRules(
            done=Period(sweep.done_days, sweep.done_source),
            aside=Period(sweep.aside_days, sweep.aside_source),
            gone=Period(sweep.gone_days, sweep.gone_source),
        ),
        hour=sweep.hour,
        batch_mails=sweep.batch_mails,
        plan_mails=sweep.plan_mails,
    )


def _working_hours(desk: DeskSettings) -> WorkingHours | None:
    if desk.lease_counts == "clock":
        return None
    days = frozenset(WORK_DAYS.index(day) for day in desk.work_days)
    return WorkingHours(desk.work_from, desk.work_to, days)
