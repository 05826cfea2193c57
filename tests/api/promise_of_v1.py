"""What the doors promise to programs under /v1, as sorted lines; `python -m` adds what is new.

Lines only come. One that must go is a break of the promise in docs/automation.md: it needs a
changelog entry and twelve months.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROMISE = Path(__file__).with_suffix(".txt")
FIXED = "needs "
"""Begins lines of what a request must hold: of these none may come, either."""


def lines(schema: dict[str, Any]) -> set[str]:
    """Calls, parameters, keys of requests and answers of an OpenAPI description."""
    found = {
        line for path in schema["paths"] if path.startswith("/v1/") for line in _calls(schema, path)
    }
    for name, model in schema["components"]["schemas"].items():
        found |= {f"key {name}.{key}" for key in model.get("properties", {})}
    return found


def _calls(schema: dict[str, Any], path: str) -> Iterator[str]:
    for method, operation in schema["paths"][path].items():
        call = f"{method.upper()} {path}"
        yield f"call {call}"
        for parameter in operation.get("parameters", []):
            yield f"parameter {call} {parameter['in']}:{parameter['name']}"
            if parameter.get("required") and parameter["in"] != "path":
                yield f"{FIXED}{call} {parameter['name']}"
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        model = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
        for key in schema["components"]["schemas"].get(model, {}).get("required", []):
            yield f"{FIXED}{call} {model}.{key}"


def promised() -> set[str]:
    return set(PROMISE.read_text("utf-8").splitlines())


if __name__ == "__main__":
    from api.app import make_app
    from tests.api.small_door import ClockHouse, door_settings

    now = lines(make_app(ClockHouse(), door_settings()).openapi())
    before = promised() if PROMISE.exists() else set()
    PROMISE.write_text("\n".join(sorted(before | now)) + "\n", "utf-8")
