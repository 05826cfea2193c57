"""What the settings tell of the sign-in service, made once by the command line."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from rules.groups import GroupRule

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
)
"""Signatures by a private key that never leaves the service. `none` and HS are not among them: a
public key as HMAC secret would let anybody sign. Source: RFC 8725 sections 2.1, 3.1."""


@dataclass(frozen=True, slots=True)
class OidcPlan:
    """One sign-in service, and how its words become rights here.

    `issuer` is compared sign by sign. `public_url` is the address of this house as browsers know
    it, without a slash at the end. `pseudonym_key` makes names out of persons; it must not change,
    or everybody gets a new name. `api_audience` empty: machines bring no tokens.
    """

    issuer: str
    client_id: str
    client_secret: str
    public_url: str
    pseudonym_key: bytes
    groups: tuple[GroupRule, ...]
    scopes: tuple[str, ...] = ("openid",)
    groups_claim: str = "groups"
    account_claim: str = ""
    algorithms: frozenset[str] = frozenset({"RS256", "PS256", "ES256"})
    api_audience: str = ""
    ca_file: Path | None = None
    timeout_seconds: int = 10
    hosts: frozenset[str] | None = None
    """Machines that may be asked, where the configuration lists them: the service's own metadata
    names addresses too."""
    skew: timedelta = timedelta(seconds=60)
    """How far clocks may differ. Source: RFC 7519 section 4.1.4 ("a few minutes" at most)."""

    @property
    def redirect_uri(self) -> str:
        """Where the service sends people back; registered there, sign by sign."""
        return f"{self.public_url}/anmelden/zurueck"

    @property
    def after_logout_uri(self) -> str:
        """Where people come after signing out at the service; registered there."""
        return f"{self.public_url}/abgemeldet"
