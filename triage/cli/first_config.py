"""The first configuration of a new house, as commented text: what `postlotse init` writes.

Pure: answers in, text out. Every value is a TOML string made by `_quoted`, so that no answer can
become a setting of its own. Source: F62.
"""

import json
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SECRET_BYTES: Final = 48
"""As docs/operations.md tells operators to make them. Source: RFC 2104 section 3 (32 or more)."""


class Kind(StrEnum):
    """Where the first postbox lies."""

    EXCHANGE = "exchange"
    IMAP = "imap"
    MAILDIR = "maildir"


@dataclass(frozen=True, slots=True)
class Answers:
    """What an operator was asked. `server`: host (IMAP), https address of EWS, or folder."""

    kind: Kind
    name: str
    region: str
    server: str
    user: str
    mailbox: str
    database: str
    eakte: str

    @property
    def password_variable(self) -> str:
        """The variable of the postbox's password; empty for a Maildir."""
        if self.kind is Kind.MAILDIR:
            return ""
        return f"POSTLOTSE_{re.sub('[^A-Z0-9]+', '_', self.name.upper()).strip('_')}_PASSWORD"


def toml_of(answers: Answers, *, env_name: str) -> str:
    """The whole file. It begins in mode `observe`, and what is optional stands as a comment."""
    return _TEMPLATE.format(
        env_name=env_name,
        database=_quoted(answers.database),
        postbox=_postbox(answers),
        eakte=_quoted(answers.eakte),
    )


def env_of(answers: Answers) -> str:
    """The file of secrets beside it: fresh ones for the pages, empty lines for passwords.

    Form of systemd's EnvironmentFile and of compose's env_file: NAME=value, no quotes.
    """
    lines = [
        "# Secrets of Postlotse. Only the service's account may read this file; never commit it.",
        f"POSTLOTSE_SESSION_SECRET={secrets.token_urlsafe(SECRET_BYTES)}",
        "# Makes pseudonyms out of persons; never change it.",
        f"POSTLOTSE_PSEUDONYM_KEY={secrets.token_urlsafe(SECRET_BYTES)}",
        "# This house's secret at your sign-in service; wanted as soon as there is an [oidc]:",
        "# POSTLOTSE_OIDC_SECRET=",
    ]
    if answers.database.startswith("postgresql"):
        lines += ["# Password of the database (or use ~/.pgpass):", "PGPASSWORD="]
    if answers.password_variable:
        lines += [f"# Password of {answers.name}:", f"{answers.password_variable}="]
    return "\n".join(lines) + "\n"


def _postbox(answers: Answers) -> str:
    fields = {"kind": answers.kind.value, "name": answers.name, "region": answers.region}
    match answers.kind:
        case Kind.MAILDIR:
            fields |= {"root": answers.server}
        case Kind.IMAP:
            fields |= {"host": answers.server, "user": answers.user}
        case Kind.EXCHANGE:
            fields |= {"endpoint": answers.server, "mailbox": answers.mailbox}
            fields |= {"user": answers.user}
    if answers.password_variable:
        fields |= {"password_env": answers.password_variable}
    return "\n".join(f"{key} = {_quoted(value)}" for key, value in fields.items())


def _quoted(value: str) -> str:
    """A basic string; what JSON escapes, TOML reads. Source: TOML 1.0.0, "String"."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


_TEMPLATE: Final = """\
# Configuration of Postlotse. All settings with default and meaning: docs/operations.md#settings.
# What is left out has its default; an unknown name is an error, and all errors are told at once.
# Paths are relative to this file. Secrets never stand here: they lie in {env_name} beside it.

[store]
url = {database}

# Another postbox is another [[postboxes]] table. A name is part of every place: only
# `postlotse postbox rename` changes it.
[[postboxes]]
{postbox}
# "observe": read, judge, show; nothing is written into the postbox and nothing leaves.
# "sort":    mail is filed into the agencies' folders; nothing leaves.
# "full":    answers, hand-overs and tasks leave, too.
mode = "observe"

[desk]
host = "127.0.0.1"  # a proxy in front speaks TLS
port = 8080

# People sign in by your service (docs/operations.md#sign-in):
# [oidc]
# issuer = "https://sso.dienst.example/realms/dienst"
# client_id = "postlotse"
# public_url = "https://postlotse.dienst.example"
#
# [[groups]]
# name = "postlotse-ez-{{agency}}"
# role = "clerk"
#
# [[groups]]
# name = "postlotse-admin"
# role = "admin"

[eakte]
drop = {eakte}  # never created: a missing mount must be noticed

# Answers are laid into a folder until a smarthost is named:
# [replies]
# outlet = "smtp"
# host = "smtp.dienst.example"
# user = "postlotse@dienst.example"
# password_env = 'POSTLOTSE_SMTP'
# from_address = "{{agency}}@dienst.example"

# Alarms go to these addresses and webhooks, beside log, health and metrics:
# [alarms]
# mail = ["betrieb@dienst.example"]

[trail]
# anchor = "/mnt/anchor/trail.jsonl"  # where the database's account can't write
"""
