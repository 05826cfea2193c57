"""A person or a group as a directory (LDAP, Active Directory) knows it.

Source: Weisung 202404002 no. 3 (lists are the basis of permission); own decision 0063.
"""

from dataclasses import dataclass

from rules.rights.distribution import MemberKind


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """`key` is the directory's own name of it, to ask with and to compare by.

    `address` is lower case, or empty where the directory has none. `members` are keys, none of
    a person.
    """

    key: str
    name: str
    address: str
    kind: MemberKind
    members: tuple[str, ...] = ()
