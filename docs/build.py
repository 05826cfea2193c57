"""Makes what is generated: docs/settings.md, docs/api.md, and the pages as HTML; all offline.

python docs/build.py reference      # writes the two references; a house test compares them
python docs/build.py site FOLDER    # all pages as HTML, links rewritten, nothing loaded from outside
"""

import html
import re
import shutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from markdown_it import MarkdownIt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r'(href|src)="([^"#:]*)(#[^"]*)?"')
HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
STYLE = """\
:root{color-scheme:light dark}body{margin:0 auto;max-width:68rem;padding:1rem 2rem;
font:16px/1.55 system-ui,sans-serif}nav{font-size:.9rem;border-bottom:1px solid #8888;padding-bottom:.5rem}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid #8886;padding:.3rem .6rem;
text-align:left;vertical-align:top}pre{overflow-x:auto;background:#8882;padding:.7rem}code{font-size:.92em}
img{max-width:100%}h2{margin-top:2rem}
"""


# --- Settings -----------------------------------------------------------------------------------


def settings_page() -> str:
    """The reference of all settings, table by table, from the model."""
    from triage.settings import Settings

    head = (
        "# Settings\n\nMade from the model by `make reference`; a house test holds it against the code. What each"
        " means in practice stands in [operations](operations.md#settings).\n"
    )
    parts = [
        _table(table, model, repeats=_repeats(field.annotation))
        for table, field in Settings.model_fields.items()
        for model in models_of(field.annotation)
    ]
    return "\n".join([head, *parts])


def models_of(annotation: Any) -> list[type[BaseModel]]:
    """The models inside an annotation, in its order."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in models_of(part)]


def _repeats(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def _table(table: str, model: type[BaseModel], *, repeats: bool) -> str:
    kind = model.model_fields.get("kind")
    word = f"[[{table}]]" if repeats else f"[{table}]"
    title = f"`{word}`" + (f", kind `{get_args(kind.annotation)[0]}`" if kind else "")
    about = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    rows = [f"| `{name}` | {_type(field)} | {_default(field)} |" for name, field in fields(model)]
    return (
        f"## {title}\n\n{about}\n\n| setting | value | default |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Its settings, in their order."""
    yield from model.model_fields.items()


def _type(field: FieldInfo) -> str:
    bounds = [_bound(one) for one in field.metadata]
    return ", ".join([_word(field.annotation), *[one for one in bounds if one]])


def _bound(one: Any) -> str:
    match one:
        case annotated_types.Ge():
            return f"from {one.ge}"
        case annotated_types.Gt():
            return f"more than {one.gt}"
        case annotated_types.Le():
            return f"to {one.le}"
        case annotated_types.MaxLen():
            return f"at most {one.max_length} long"
        case _:
            return ""


def _word(annotation: Any) -> str:
    words = {str: "text", int: "number", float: "number", bool: "`true` or `false`", Path: "path"}
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in inside)
    if origin in {Union, types.UnionType}:
        return _word(next(one for one in inside if one is not type(None)))
    if origin is tuple:
        return f"list of {_word(inside[0])}"
    if origin is dict:
        return f"table of {_word(inside[1])}"
    if hasattr(annotation, "__metadata__"):
        return _word(inside[0])
    if isinstance(annotation, type):
        return words.get(annotation, annotation.__name__.lower())
    return "text"


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True) if not field.is_required() else None
    if field.is_required() or default is PydanticUndefined:
        return "required"
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "empty" if default in ("", (), {}) else f"`{default}`"


# --- API ----------------------------------------------------------------------------------------


def api_page() -> str:
    """The reference of the HTTP API, from its OpenAPI description."""
    described = openapi()
    head = (
        "# API\n\nMade from the OpenAPI description by `make reference`; a house test holds it against the code. The whole"
        " description, with every schema, is at `/openapi.json`. How to use it: [automation](automation.md).\n"
    )
    calls: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            answers = ", ".join(sorted(call["responses"]))
            tag = (call.get("tags") or ["other"])[0]
            calls.setdefault(tag, []).append(
                f"| `{method.upper()}` | `{path}` | {call.get('summary', '')} | {answers} |"
            )
    about = {tag["name"]: tag.get("description", "") for tag in described.get("tags", ())}
    parts = [head]
    for tag, rows in calls.items():
        title = f"## {tag}\n\n{about.get(tag, '')}".rstrip()
        parts.append(
            f"{title}\n\n| method | path | what | answers |\n|---|---|---|---|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "\n".join(parts)


def openapi() -> dict[str, Any]:
    """The description, from an app whose house does not exist: it is not asked for anything."""
    from fastapi import FastAPI

    from api import openapi as words
    from api.app import make_app
    from api.doors import DoorSettings
    from store.database.engine import Database
    from triage.house import House
    from triage.settings import Settings
    from triage.wiring.policy import policy_of

    class _Nothing:
        """Stands for what is not there."""

    house = House(
        db=object.__new__(Database), judging=_Nothing(), texts=_Nothing(), backoff=_Nothing(),  # type: ignore[arg-type]
        policy=policy_of(Settings()), clock=_Nothing(),  # type: ignore[arg-type]
    )  # fmt: skip
    door = DoorSettings(host="127.0.0.1", port=0, session_secret=b"x" * 32)
    app: FastAPI = make_app(house, door)
    assert words.TITLE
    return app.openapi()


# --- Pages as HTML --------------------------------------------------------------------------------


def pages() -> list[Path]:
    """All pages of the site, as paths from the root of the repository."""
    docs = [*sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "domain").glob("*.md"))]
    return [path.relative_to(ROOT) for path in [*sorted(ROOT.glob("*.md")), *docs]]


def site(folder: Path) -> int:
    """Write the pages as HTML into an empty or missing folder; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "style.css").write_text(STYLE, encoding="utf-8")
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    for page in pages():
        body = made.render((ROOT / page).read_text(encoding="utf-8"))
        body = HEADING.sub(_with_anchor, body)
        body = LINK.sub(lambda found, page=page: _link(found, page, folder), body)
        target = folder / page.with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_whole(body, page), encoding="utf-8")
    (folder / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>Postlotse</title>'
        '<meta http-equiv="refresh" content="0; url=README.html"><a href="README.html">Postlotse</a>\n',
        encoding="utf-8",
    )
    return len(pages())


def anchor(title: str) -> str:
    """The id of a heading, as the links of the pages name it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _with_anchor(found: re.Match[str]) -> str:
    level, inside = found[1], found[2]
    words = html.unescape(re.sub(r"<[^>]+>", "", inside))
    return f'<h{level} id="{anchor(words)}">{inside}</h{level}>'


def _link(found: re.Match[str], page: Path, folder: Path) -> str:
    """A link to a page goes to its HTML; another file comes along; a folder is no page."""
    kind, path, fragment = found[1], found[2], found[3] or ""
    if not path:
        return found[0]
    target = ((ROOT / page).parent / path).resolve()
    if target.suffix == ".md":
        return f'{kind}="{path[:-3]}.html{fragment}"'
    if not target.is_file():
        return f'data-folder="{path}"'
    copy = folder / target.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(target, copy)
    return f'{kind}="{path}"'


def _whole(body: str, page: Path) -> str:
    up = "../" * (len(page.parts) - 1)
    first = re.search(r"<h1[^>]*>(.*?)</h1>", body)
    title = re.sub(r"<[^>]+>", "", first[1]) if first else page.stem
    links = (("README", "Postlotse"), ("docs/README", "Pages"), ("docs/operations", "Operations"),
             ("docs/handbuch_eingangszone", "Eingangszone"), ("docs/handbuch_verwaltung", "Verwaltung"),
             ("docs/settings", "Settings"), ("docs/api", "API"))  # fmt: skip
    nav = " · ".join(f'<a href="{up}{to}.html">{name}</a>' for to, name in links)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{up}style.css"></head>\n'
        f"<body><nav>{nav}</nav>\n<main>\n{body}</main></body></html>\n"
    )


def main(arguments: list[str]) -> int:
    """The two commands."""
    match arguments:
        case ["reference"]:
            (ROOT / "docs/settings.md").write_text(settings_page(), encoding="utf-8")
            (ROOT / "docs/api.md").write_text(api_page(), encoding="utf-8")
            return 0
        case ["site", folder]:
            sys.stdout.write(f"{site(Path(folder))} pages in {folder}\n")
            return 0
        case _:
            sys.stderr.write(__doc__ or "")
            return 2


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    raise SystemExit(main(sys.argv[1:]))
