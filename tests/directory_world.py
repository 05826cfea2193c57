"""Groups as an agency's directory may have them: nested, in circles, without addresses."""

from tests.servers.slapd import BASE

LISTS = f"ou=Verteiler,{BASE}"
PEOPLE = f"ou=Leute,{BASE}"

_OU = "dn: {dn}\nobjectClass: organizationalUnit\nou: {name}\n\n"


def person(uid: str, *, mail: str | None = None) -> str:
    address = f"{uid}@dienst.example" if mail is None else mail
    line = f"mail: {address}\n" if address else ""
    return (
        f"dn: uid={uid},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: Muster\n"
        f"{line}\n"
    )


def group(name: str, *members: str, mail: str = "") -> str:
    """`members` are uids of people, names of groups with a leading "$", or whole DNs."""
    names = "".join(f"member: {_dn(one)}\n" for one in members)
    line = f"mail: {mail}\n" if mail else ""
    return (
        f"dn: cn={name},{LISTS}\nobjectClass: groupOfNames\nobjectClass: extensibleObject\n"
        f"cn: {name}\n{line}{names}\n"
    )


def _dn(member: str) -> str:
    if "=" in member:
        return member
    return f"cn={member[1:]},{LISTS}" if member.startswith("$") else f"uid={member},{PEOPLE}"


LDIF = "".join(
    (
        _OU.format(dn=LISTS, name="Verteiler"),
        _OU.format(dn=PEOPLE, name="Leute"),
        *(person(uid) for uid in ("anna", "bert", "dora", "emil", "fritz")),
        person("carl", mail=""),
        # Team A and Team B stand on each other; Intern has no address and stands on itself.
        group("EZ-435", "anna", "$Team-A", "$Intern", mail="EZ-435@dienst.example"),
        group("EZ-435-Vertretung", "fritz", mail="ez-435-v@dienst.example"),
        group("Team-A", "bert", "$Team-B", mail="team-a@dienst.example"),
        group("Team-B", "dora", "$Team-A", mail="team-b@dienst.example"),
        group("Intern", "emil", "carl", "$Intern"),
        group("EZ-415", "anna", f"uid=weg,{PEOPLE}", mail="ez-415@dienst.example"),
        group("SC-Suedwest", "fritz", mail="sc-suedwest@dienst.example"),
        # Of another region, without an address.
        group("EZ-071", "bert"),
        group("SC-Ost", "bert", mail="sc-ost@dienst.example"),
    )
)
