"""From the configuration to what the HTTP doors are told; secrets come out of the environment."""

import secrets
from datetime import timedelta

from api.buckets import Limits, Rate
from api.doors import ApiKey, DoorSettings
from api.oidc.plan import OidcPlan
from rules.codes import Role
from rules.groups import GroupRule
from rules.loopback import LOOPBACK
from triage.settings import Settings, secret
from triage.settings.limits import LimitSettings
from triage.settings.signin import GroupSettings


def door_of(settings: Settings) -> DoorSettings:
    """What the HTTP doors are told. The demo makes its session secret anew at each start.

    Raises: Refused: `settings.secret_missing`, `door.*`.
    """
    desk = settings.desk
    session_secret = (
        secrets.token_bytes(48) if desk.demo else secret(desk.session_secret_env).encode()
    )
    return DoorSettings(
        host=desk.host,
        port=desk.port,
        session_secret=session_secret,
        demo=desk.demo,
        keys=tuple(
            ApiKey(key.name, key.hash, Role(key.role), key.agencies, key.regions, key.expires)
            for key in settings.keys
        ),
        session_minutes=desk.session_minutes,
        idle_minutes=desk.idle_minutes,
        limits=_limits(settings.limits),
        oidc=sign_in_plan(settings),
    )


def _limits(told: LimitSettings) -> Limits:
    return Limits(
        caller=Rate(told.caller_per_second, told.caller_burst),
        address=Rate(told.address_per_second, told.address_burst),
        attempts=Rate(told.attempts_per_minute / 60, told.attempts_burst),
    )


def sign_in_plan(settings: Settings) -> OidcPlan | None:
    """How people sign in, where there is a service. Raises: Refused: `settings.secret_missing`."""
    oidc, hosts = settings.oidc, settings.outgoing.hosts
    if oidc is None:
        return None
    return OidcPlan(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret=secret(oidc.client_secret_env),
        public_url=oidc.public_url,
        pseudonym_key=secret(oidc.pseudonym_key_env).encode(),
        groups=tuple(_rule(group) for group in settings.groups),
        scopes=oidc.scopes,
        groups_claim=oidc.groups_claim,
        account_claim=oidc.account_claim,
        algorithms=frozenset(oidc.algorithms),
        api_audience=oidc.api_audience,
        ca_file=oidc.ca_file,
        timeout_seconds=oidc.timeout_seconds,
        hosts=None if hosts is None else LOOPBACK.union(host.lower() for host in hosts),
        skew=timedelta(seconds=oidc.skew_seconds),
    )


def _rule(group: GroupSettings) -> GroupRule:
    return GroupRule(
        name=group.name,
        role=Role(group.role),
        agencies=None if group.agencies is None else frozenset(group.agencies),
        regions=None if group.regions is None else frozenset(group.regions),
        extra=frozenset(group.permissions),
    )
