"""Who may do what, and for which agencies. Callers have pseudonymous ids; figures never see them.

A right has two halves that must both hold: the permission of the role, and the scope of the
caller (agencies of her distribution lists, region of the Service Center).
Source: Weisung 202404002 no. 3 (distribution lists are the basis of permission); F58; own
decision 0018.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.codes import Role
from rules.errors import Refused


class Permission(StrEnum):
    """One thing that one may be allowed to do."""

    JUDGE = "judge"
    HAND_IN = "hand_in"
    READ_EVENTS = "read_events"
    CHANGE_RULES = "change_rules"
    READ_ITEM = "read_item"
    WORK_ITEM = "work_item"
    FREE_ITEM = "free_item"
    READ_TEXTS = "read_texts"
    WRITE_TEXTS = "write_texts"
    APPROVE_TEXTS = "approve_texts"
    REVIEW_RIGHTS = "review_rights"
    READ_FIGURES = "read_figures"
    READ_TRAIL = "read_trail"
    RUN_RETENTION = "run_retention"
    REPLAY = "replay"
    MANAGE_POSTBOXES = "manage_postboxes"
    MANAGE_MODELS = "manage_models"
    MANAGE_KEYS = "manage_keys"


ROLE_PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.CLERK: frozenset(
            {
                Permission.READ_ITEM,
                Permission.WORK_ITEM,
                Permission.READ_TEXTS,
                # Ids and codes of her own agencies, so that the overview goes along by itself.
                Permission.READ_EVENTS,
            }
        ),
        Role.AUTOMATION: frozenset(
            {
                Permission.JUDGE,
                Permission.HAND_IN,
                Permission.READ_EVENTS,
                Permission.CHANGE_RULES,
                Permission.READ_TEXTS,
            }
        ),
        # An admin frees stuck items but doesn't read or answer mail: that is the clerks' work.
        Role.ADMIN: frozenset(
            {
                Permission.JUDGE,
                Permission.READ_EVENTS,
                Permission.CHANGE_RULES,
                Permission.FREE_ITEM,
                Permission.READ_TEXTS,
                Permission.WRITE_TEXTS,
                Permission.APPROVE_TEXTS,
                Permission.REVIEW_RIGHTS,
                Permission.READ_FIGURES,
                Permission.READ_TRAIL,
                Permission.RUN_RETENTION,
                Permission.REPLAY,
                Permission.MANAGE_POSTBOXES,
                Permission.MANAGE_MODELS,
                Permission.MANAGE_KEYS,
            }
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `name` is a pseudonymous id, fit for the audit and for nothing else.

    `agencies` None means: not limited to agencies; an empty set means: none at all. `regions`
    likewise. Extra permissions (a supervisor's FREE_ITEM) come beside the role. `is_person` is not
    so for who came with a key or token of a machine, whatever its role. `seen` is the version of
    the item that a call is about, where the caller names it: on another one nothing is done.
    `seen_birth` tells that item from one that has its number since a restore; "": not named.
    """

    name: str
    role: Role
    agencies: frozenset[str] | None = frozenset()
    regions: frozenset[str] | None = None
    extra: frozenset[Permission] = frozenset()
    is_person: bool = True
    seen: int | None = None
    seen_birth: str = ""

    @property
    def whole_regions(self) -> frozenset[str] | None:
        """The regions of which the caller reaches everything, also what is no agency's; None: all.

        Who is limited to agencies reaches no region whole. Source: F58; own decision 0018.
        """
        return self.regions if self.agencies is None else frozenset()


def may(caller: Caller, permission: Permission) -> bool:
    """Whether role or extra permissions allow it, leaving the scope aside.

    Source: Weisung 202404002 no. 3; own decision 0018.
    """
    return permission in ROLE_PERMISSIONS[caller.role] or permission in caller.extra


def may_work_agency(caller: Caller, agency_code: str | None, region: str | None) -> bool:
    """Whether the agency and its region lie in the caller's scope.

    `agency_code` None is the clearing folder: only who isn't limited to agencies reaches it.
    `region` None (unknown) is reached only by who isn't limited to regions.
    Source: F58 ("only the agencies of her lists, SC only its region"); own decision 0018.
    """
    in_agencies = caller.agencies is None or agency_code in caller.agencies
    in_regions = caller.regions is None or region in caller.regions
    return in_agencies and in_regions


def may_see_region(caller: Caller, region: str | None) -> bool:
    """Whether what belongs to a region and to no agency yet lies in the caller's scope.

    `region` None (unknown) is reached only by who isn't limited at all. Source: F58; own decision
    0018.
    """
    return caller.whole_regions is None or region in caller.whole_regions


def covers(caller: Caller, before: Caller) -> bool:
    """Whether the caller reaches all that he reached `before`; another role is another reach.

    Source: F58; own decision 0102.
    """
    return (
        caller.role is before.role
        and caller.extra >= before.extra
        and _holds(caller.agencies, before.agencies)
        and _holds(caller.regions, before.regions)
    )


def _holds(codes: frozenset[str] | None, others: frozenset[str] | None) -> bool:
    return codes is None or (others is not None and codes >= others)


def require(caller: Caller, permission: Permission) -> None:
    """Pass, or refuse. The message names the permission, never the caller.

    Raises: Refused: `access.denied`. Source: Weisung 202404002 no. 3; own decision 0018.
    """
    if not may(caller, permission):
        raise Refused(
            "access.denied",
            f"The role {caller.role.value!r} lacks the permission {permission.value!r}; "
            "ask an administrator.",
            permission=permission.value,
        )


def require_agency(
    caller: Caller, permission: Permission, *, agency_code: str | None, region: str | None
) -> None:
    """Pass if both halves hold: the permission, and the agency in scope.

    Raises: Refused: `access.denied`. Source: F58; own decision 0018.
    """
    require(caller, permission)
    if not may_work_agency(caller, agency_code, region):
        raise Refused(
            "access.denied",
            f"Agency {agency_code or 'unknown'} isn't on your distribution lists; "
            "ask the agency to report you to the Regionaldirektion.",
            permission=permission.value,
            agency=agency_code,
        )


def require_person(caller: Caller) -> None:
    """Pass if a person says the second yes, not a key of a machine.

    Raises: Refused: `access.machine`. Source: house rule, as § 77 BHO asks of payments; own
    decision 0101.
    """
    if not caller.is_person:
        raise Refused(
            "access.machine",
            "A second person decides here, not a program's key; decide at the desk, by the API with"
            " your session, or by the command.",
        )
