"""Writes postlotse_client.py from the OpenAPI of the house: a typed client of one file.

    python -m clients.make_client            # or `make client`

A house test makes it again and compares. Names follow the address: `POST /v1/items/{id}/close` is
`post_item_close`. Lists with a cursor have an `each_…` beside them that yields all rows.
"""

import keyword
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from api.app import make_app
from api.doors import DoorSettings
from triage.house import House

HERE: Final = Path(__file__).parent
TARGET: Final = HERE / "postlotse_client.py"
SKIPPED: Final = frozenset({"/metrics"})
"""For Prometheus."""
KEY_HEADER: Final = "Idempotency-Key"
JSON: Final = "application/json"
NEEDED_BESIDES: Final = {
    "import Callable, Mapping": "import Callable, Iterator, Mapping",
    "import Any, Final, TypeVar": "import Any, Final, Literal, TypeVar",
}
"""Imports of line.py, and what the rest of the file needs of them."""
Schema = dict[str, Any]

TITLE: Final = '''"""Postlotse for programs, in one file: copy it beside yours, and don't edit it.

Written by clients/make_client.py from the OpenAPI of the house; standard library only,
Python 3.11. How to use it: docs/automation.md.

    house = Postlotse(Line("https://postlotse.example", key="sc-west.secret"))
    for event in house.each_events(cursor="0"):
        print(event.type, event.subject)
"""'''


def main() -> None:
    """Write the file anew."""
    TARGET.write_text(made(schema()), encoding="utf-8")


def schema() -> Schema:
    """The OpenAPI of the doors; nothing is opened for it."""
    house = cast("House", SimpleNamespace(clock=lambda: datetime.now(UTC)))
    door = DoorSettings(host="127.0.0.1", port=0, session_secret=bytes(32), keys=())
    return make_app(house, door).openapi()


def made(described: Schema) -> str:
    """The whole file, formatted."""
    line = (HERE / "line.py").read_text(encoding="utf-8")
    head = line.split('"""', 2)[2]
    for old, new in NEEDED_BESIDES.items():
        head = head.replace(old, new, 1)
    schemas = described["components"]["schemas"]
    names = {name: class_name(name) for name in schemas}
    shapes = [_shape(names[name], one, names) for name, one in sorted(schemas.items())]
    calls = [
        line
        for path, methods in described["paths"].items()
        if path not in SKIPPED
        for method, operation in methods.items()
        for line in _call(method, path, operation, names, schemas)
    ]
    client = (
        "@dataclass(frozen=True, slots=True)\nclass Postlotse:\n"
        '    """The calls of a house, by address. Raises: Problem, Away."""\n\n    line: Line\n\n'
    )
    text = f"{TITLE}\n{head}\n\n" + "\n\n".join(shapes) + f"\n\n{client}" + "\n".join(calls)
    return _formatted(text)


def class_name(name: str) -> str:
    """`api__schemas__items__ReasonIn` is `ItemsReasonIn`."""
    *module, last = name.removeprefix("api__schemas__").split("__")
    return "".join(word.title() for part in module for word in part.split("_")) + last


def _shape(name: str, one: Schema, names: dict[str, str]) -> str:
    if "enum" in one:
        return f"{name} = {type_of(one, names)}"
    lines = [
        "@dataclass(frozen=True, slots=True, kw_only=True)",
        f"class {name}:",
        f'    """{" ".join(one.get("description", name).split())}"""',
        "",
    ]
    required = set(one.get("required", ()))
    for field_name, field in one.get("properties", {}).items():
        kind = type_of(field, names)
        default = "" if field_name in required else _default(field, kind)
        lines.append(f"    {_safe(field_name)}: {kind}{default}")
    return "\n".join(lines)


def _default(field: Schema, kind: str) -> str:
    value = field.get("default")
    if isinstance(value, (list, dict)):
        return f" = field(default_factory={'list' if isinstance(value, list) else 'dict'})"
    if value is None and "None" not in kind and kind != "Any":
        return " = None  # type: ignore[assignment]"
    return f" = {value!r}"


def type_of(one: Schema, names: dict[str, str]) -> str:
    """A schema as a Python type."""
    if "$ref" in one:
        return names[one["$ref"].rpartition("/")[2]]
    if "anyOf" in one:
        return " | ".join(dict.fromkeys(type_of(each, names) for each in one["anyOf"]))
    if "enum" in one:
        return f"Literal[{', '.join(repr(value) for value in one['enum'])}]"
    if "const" in one:
        return f"Literal[{one['const']!r}]"
    return _plain_type(one, names)


def _plain_type(one: Schema, names: dict[str, str]) -> str:
    kind = one.get("type")
    if kind == "string":
        return {"date": "date", "date-time": "datetime", "binary": "bytes"}.get(
            one.get("format", ""), "str"
        )
    if kind == "array":
        if "prefixItems" in one:
            return f"tuple[{', '.join(type_of(each, names) for each in one['prefixItems'])}]"
        return f"list[{type_of(one.get('items', {}), names)}]"
    if kind == "object":
        values = one.get("additionalProperties")
        return f"dict[str, {type_of(values, names) if isinstance(values, dict) else 'Any'}]"
    simple = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}
    return simple.get(str(kind), "Any")


def _call(
    method: str, path: str, operation: Schema, names: dict[str, str], schemas: Schema
) -> list[str]:
    """The lines of one method, and of the one that yields all rows of a list."""
    name = f"{method}_{call_name(path)}"
    given = [one for one in operation.get("parameters", ()) if one["name"] != KEY_HEADER]
    answer = _answer(operation, names)
    has_key = method == "post" and path.startswith("/v1/")
    arguments = _arguments(given, operation, names, has_key=has_key)
    lines = [f"    def {name}({', '.join(['self', *arguments])}) -> {answer}:"]
    lines.append(f'        """{operation.get("summary", name)}."""')
    sent = ", ".join(_sent(method, path, given, operation, has_key=has_key))
    taken = "" if answer == "None" else "answer = "
    lines += [f"        {taken}self.line.call({sent})", *_returned(answer), ""]
    if any(one["name"] == "cursor" for one in given):
        lines += _each(name, arguments, answer, schemas, names)
    return lines


def call_name(path: str) -> str:
    """`/v1/items/{item_id}/close` is `item_close`: what stands before an id is one of them."""
    words: list[str] = []
    for word in path.removeprefix("/v1").strip("/").split("/"):
        if word.startswith("{"):
            many = words[-1]
            one = re.sub(r"s$", "", re.sub(r"ies$", "y", many))
            words[-1] = one if one != many else f"{many}_one"
        else:
            words.append(word.replace("-", "_"))
    return "_".join(words)


def _answer(operation: Schema, names: dict[str, str]) -> str:
    kinds = []
    for code, told in operation["responses"].items():
        if code[0] not in "23":
            continue
        content = told.get("content", {})
        kinds.append(
            "None" if not content
            else type_of(content[JSON].get("schema", {}), names) if JSON in content
            else "bytes"
        )  # fmt: skip
    return " | ".join(sorted(dict.fromkeys(kinds), key="None".__eq__))


def _arguments(
    given: list[Schema], operation: Schema, names: dict[str, str], *, has_key: bool
) -> list[str]:
    """Parts of the path first, then the body; all else by name."""
    first = [
        f"{_safe(one['name'])}: {type_of(one['schema'], names)}"
        for one in given
        if one["in"] == "path"
    ]
    content = operation.get("requestBody", {}).get("content", {})
    if "message/rfc822" in content:
        first.append("mail: bytes")
    elif JSON in content:
        default = "" if operation["requestBody"].get("required") else " | None = None"
        first.append(f"body: {type_of(content[JSON]['schema'], names)}{default}")
    named = []
    for one in given:
        if one["in"] != "path":
            kind = type_of(one["schema"], names)
            if not one.get("required"):
                kind = f"{kind} = None" if "None" in kind else f"{kind} | None = None"
            named.append(f"{_safe(one['name'])}: {kind}")
    if has_key:
        named.append("idempotency_key: str | None = None")
    return [*first, *(["*", *named] if named else [])]


def _sent(
    method: str, path: str, given: list[Schema], operation: Schema, *, has_key: bool
) -> list[str]:
    target = re.sub(r"\{(\w+)\}", r"{part(\1)}", path)
    sent = [repr(method.upper()), f'{"f" if "{" in path else ""}"{target}"']
    query = [f'"{one["name"]}": {_safe(one["name"])}' for one in given if one["in"] == "query"]
    headers = [f'"{one["name"]}": {_safe(one["name"])}' for one in given if one["in"] == "header"]
    if has_key:
        headers.append(f'"{KEY_HEADER}": idempotency_key or new_key()')
    if query:
        sent.append(f"query={{{', '.join(query)}}}")
    if headers:
        sent.append(f"headers={{{', '.join(headers)}}}")
    content = operation.get("requestBody", {}).get("content", {})
    if "message/rfc822" in content:
        sent.append('body=mail, content_type="message/rfc822"')
    elif JSON in content:
        sent.append("body=body_of(body)")
    return sent


def _returned(answer: str) -> list[str]:
    """The lines that make the value of the answer."""
    if answer == "None":
        return []
    lines = []
    kind = answer.removesuffix(" | None")
    if kind != answer:
        lines += ["        if not answer.body:", "            return None"]
    if kind == "bytes":
        return [*lines, "        return answer.body"]
    return [
        *lines,
        f"        found: {kind} = read({kind}, json.loads(answer.body))",
        "        return found",
    ]


def _each(
    name: str, arguments: list[str], answer: str, schemas: Schema, names: dict[str, str]
) -> list[str]:
    """All rows of a list, page by page."""
    page = next(one for given, one in schemas.items() if names[given] == answer)
    rows, kind = next(
        (field, type_of(one["items"], names))
        for field, one in page["properties"].items()
        if one.get("type") == "array"
    )
    passed = [one.partition(":")[0] for one in arguments if one != "*"]
    shown = [f"{word}={word}" for word in passed]
    each, taken = name.replace("get_", "each_", 1), ", ".join(["self", *arguments])
    return [
        f"    def {each}({taken}) -> Iterator[{kind}]:",
        '        """All rows, page by page; `cursor` is where to begin."""',
        "        while True:",
        f"            page = self.{name}({', '.join(shown)})",
        f"            yield from page.{rows}",
        "            if page.next_cursor in (None, cursor):",
        "                return",
        "            cursor = page.next_cursor",
        "",
    ]


def _safe(name: str) -> str:
    word = name.removeprefix("X-").lower().replace("-", "_")
    return f"{word}_" if keyword.iskeyword(word) else word


def _formatted(text: str) -> str:
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(  # noqa: S603 - the formatter of the house
        [str(ruff), "format", "--stdin-filename", str(TARGET), "-"],
        input=text, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    main()
