"""Persons become pseudonyms here, and nothing else of them goes further into the house.

All by HMAC under a key of the configuration: who has the database and not the key can't try out
names. Source: RFC 2104; own decision 0056.
"""

import base64
import hmac


def pseudonym(key: bytes, issuer: str, subject: str) -> str:
    """The name of a person in trail and items, the same at each sign-in."""
    found = hmac.digest(key, f"person\n{issuer}\n{subject}".encode(), "sha256")
    return "p-" + base64.b32encode(found)[:16].decode().lower()


def account_hash(key: bytes, address: str) -> str:
    """By which a session finds its person on the distribution lists; empty for no address."""
    return _hex(key, f"account\n{address.lower()}") if address else ""


def session_hash(key: bytes, issuer: str, number: str) -> str:
    """By which the service's sign-out finds our session; empty for no number."""
    return _hex(key, f"session\n{issuer}\n{number}") if number else ""


def _hex(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
