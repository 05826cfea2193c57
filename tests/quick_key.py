"""Keys of machines for tests: as `api.doors.new_key`, with the cheapest argon2 that there is.

A real hash costs 64 MiB and a tenth of a second, in each test anew. What one costs is the hash's
own to say, so the door checks these as it checks any. tests/api/test_api_doors.py asks that a real
one is dear.
"""

import secrets

from argon2 import PasswordHasher

from api.doors import KEY_SEPARATOR

_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def quick_key(name: str) -> tuple[str, str]:
    """A key and its hash."""
    key = f"{name}{KEY_SEPARATOR}{secrets.token_urlsafe(32)}"
    return key, _HASHER.hash(key)
