"""What the settings tell of the sign-in service, made once by the command line."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rules.groups import GroupRule


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
