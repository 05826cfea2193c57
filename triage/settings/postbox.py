"""The postboxes of the configuration: Maildir, IMAP, Exchange."""

import itertools
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from triage.settings.part import Part

Mode = Literal["observe", "sort", "full"]
"""How far a postbox has come: nothing is written into it and nothing leaves for its mails; it is
filed and marked, and nothing leaves; all is done. Own decision 0069."""


class MaildirSettings(Part):
    """A postbox as a Maildir tree, LAYOUT=fs, on a local disk."""

    kind: Literal["maildir"]
    name: str
    region: str
    root: Path
    mode: Mode = "full"
    deletion: Literal["keep", "remove"] = "keep"
    size_limit_mb: int = Field(default=60, ge=1, le=500)


class ImapSettings(Part):
    """A postbox on an IMAP server; TLS is required. The password comes from `password_env`.

    `wake` "push": the server tells of new mail at once; "poll": it is only asked.
    """

    kind: Literal["imap"]
    name: str
    region: str
    host: str
    port: int = Field(default=993, ge=1, le=65535)
    user: str
    password_env: str
    tls: Literal["implicit", "starttls"] = "implicit"
    sieve_port: int = Field(default=4190, ge=1, le=65535)
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=60, ge=1, le=600)
    wake: Literal["push", "poll"] = "push"
    mode: Mode = "full"
    deletion: Literal["keep", "remove"] = "keep"
    size_limit_mb: int = Field(default=60, ge=1, le=500)


class ExchangeSettings(Part):
    """A postbox on an Exchange server, by EWS at a fixed address; https is required.

    `password_env` names the variable with the password, or with the client's secret (`oauth2`);
    with `kerberos` there is neither user nor password here, but a ticket outside. `wake` as for
    IMAP. `secret_ends` is the last day of the client's secret, which no server tells.
    """

    kind: Literal["exchange"]
    name: str
    region: str
    endpoint: str = Field(pattern=r"^https://[^/]+/.+")
    mailbox: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    user: str = ""
    password_env: str = ""
    auth: Literal["basic", "ntlm", "kerberos", "oauth2"] = "ntlm"
    access: Literal["delegate", "impersonation"] = "delegate"
    token_url: str = Field(default="", pattern=r"^(https://[^/]+/.*)?$")
    scope: str = ""
    secret_ends: date | None = None
    folders_under: Literal["inbox", "top"] = "inbox"
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=60, ge=1, le=600)
    wake: Literal["push", "poll"] = "push"
    mode: Mode = "full"
    deletion: Literal["keep", "remove"] = "keep"
    size_limit_mb: int = Field(default=60, ge=1, le=500)

    @model_validator(mode="after")
    def _token_has_a_source(self) -> "ExchangeSettings":
        given = {bool(self.token_url), bool(self.scope)}
        if given != {self.auth == "oauth2"}:
            raise ValueError('auth = "oauth2" needs token_url and scope, the others need neither')
        if self.secret_ends and self.auth != "oauth2":
            raise ValueError('secret_ends belongs to auth = "oauth2"')
        return self

    @model_validator(mode="after")
    def _login_has_its_words(self) -> "ExchangeSettings":
        given = {bool(self.user), bool(self.password_env)}
        if given != {self.auth != "kerberos"}:
            raise ValueError(
                'auth = "kerberos" takes neither user nor password_env (the ticket says who it is),'
                " the others need both"
            )
        return self


PostboxSettings = Annotated[
    MaildirSettings | ImapSettings | ExchangeSettings, Field(discriminator="kind")
]


def require_own_places(postboxes: Sequence[PostboxSettings]) -> None:
    """Two names for one postbox would keep each mail twice.

    Raises: ValueError: the first two that are one on the server, or of which one lies in the other.
    """
    for one, other in itertools.combinations(postboxes, 2):
        if _are_one(one, other):
            raise ValueError(
                f"postboxes {one.name} and {other.name} are one and the same place: each mail would"
                " come twice; take one of them out, or correct its address"
            )


def _are_one(one: PostboxSettings, other: PostboxSettings) -> bool:
    if isinstance(one, MaildirSettings) and isinstance(other, MaildirSettings):
        # Below a root every directory is one of its folders.
        roots = one.root.resolve(), other.root.resolve()
        return roots[0].is_relative_to(roots[1]) or roots[1].is_relative_to(roots[0])
    return not isinstance(one, MaildirSettings) and _place(one) == _place(other)


def _place(box: PostboxSettings) -> tuple[str, ...]:
    """Where mail lies, as far as the configuration tells."""
    if isinstance(box, ImapSettings):
        return ("imap", box.host.lower(), str(box.port), box.user)
    if isinstance(box, ExchangeSettings):
        return ("exchange", box.endpoint.lower(), box.mailbox.lower())
    return ("maildir", str(box.root))
