"""Who gets in: `[oidc]` and `[[groups]]` for people, `[[keys]]` for machines."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from rules.access import Permission
from rules.groups import GAPS
from triage.settings.part import Part

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures by a private key that never leaves the service. `none` and HS are not among them: a
public key as HMAC secret would let anybody sign. Source: RFC 8725 sections 2.1, 3.1."""


class OidcSettings(Part):
    """The sign-in service. The client's secret and the pseudonyms' key come from the environment.

    `api_audience` lets machines bring tokens of the same service.
    """

    issuer: str = Field(pattern=r"^https://[^/\s?#]+[^\s?#]*$")
    client_id: str = Field(min_length=1)
    client_secret_env: str = "POSTLOTSE_OIDC_SECRET"  # noqa: S105 - the name of a variable
    pseudonym_key_env: str = "POSTLOTSE_PSEUDONYM_KEY"
    public_url: str = Field(pattern=r"^https://[^/\s?#]+$")
    scopes: tuple[str, ...] = ("openid",)
    groups_claim: str = "groups"
    account_claim: str = ""
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256")
    api_audience: str = ""
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=10, ge=1, le=60)
    skew_seconds: int = Field(default=60, ge=0, le=300)

    @model_validator(mode="after")
    def _fits(self) -> "OidcSettings":
        if "openid" not in self.scopes:
            raise ValueError('scopes must contain "openid"')
        if not self.algorithms:
            raise ValueError("algorithms must name one or more")
        if self.api_audience == self.client_id:
            raise ValueError("api_audience must differ from client_id, or ID tokens would open /v1")
        return self


class GroupSettings(Part):
    """What a group gives. Its name may have one gap, {agency} or {region}."""

    name: str = Field(min_length=1)
    role: Literal["clerk", "automation", "admin"]
    agencies: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    permissions: tuple[Permission, ...] = ()

    @model_validator(mode="after")
    def _has_one_bound(self) -> "GroupSettings":
        gaps = [gap for gap in GAPS if gap in self.name]
        bounds = [one for one in (self.agencies, self.regions) if one is not None]
        if len(gaps) + len(bounds) > 1 or any(self.name.count(gap) > 1 for gap in gaps):
            raise ValueError("give agencies, or regions, or one gap in the name; not several")
        return self

    @property
    def is_bound(self) -> bool:
        """Whether it reaches some agencies or regions only."""
        has_gap = any(gap in self.name for gap in GAPS)
        return has_gap or self.agencies is not None or self.regions is not None


class KeySettings(Part):
    """A machine's key: only its argon2 hash, made by `postlotse keys new`."""

    name: str
    hash: str
    role: Literal["clerk", "automation", "admin"]
    agencies: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    expires: date | None = None


def check_signin(
    oidc: OidcSettings | None, groups: tuple[GroupSettings, ...], *, follows_lists: bool
) -> None:
    """What the tables must say together. Raises: ValueError."""
    if (oidc is None) != (not groups):
        raise ValueError("[oidc] and [[groups]] belong together: give both or none")
    if oidc is None:
        return
    if follows_lists and not oidc.account_claim:
        raise ValueError("rights.clerks_follow_lists needs oidc.account_claim to know people by")
    wide = [one.name for one in groups if one.role == "clerk" and not one.is_bound]
    if wide and not follows_lists:
        raise ValueError(
            f"group {wide[0]} would let clerks see every agency; give agencies, regions or a gap"
        )
