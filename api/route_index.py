"""Finds the route of a request by the parts of its path, instead of trying two hundred in turn.

The index stands before all routes and knows each of them by the path it declares. Of those that fit
by their parts it asks each, in the order of the app, whether it is meant, so that what answers is
what would have answered. What it does not find (404, 405, a slash too many) is searched as ever.
Source: own decision 0091.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, cast

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_FOUND: Final = "postlotse.way"
"""Where a request carries its route, once that is found."""


@dataclass(frozen=True, slots=True)
class _End:
    """A route at the end of its parts: the `place`th of the app."""

    place: int
    route: Route


@dataclass(slots=True)
class _Knot:
    """One part of the paths: what follows by a word, what by a parameter, and what ends here."""

    words: dict[str, "_Knot"] = field(default_factory=dict)
    parameter: "_Knot | None" = None
    ends: list[_End] = field(default_factory=list)

    def add(self, parts: Sequence[str], end: _End) -> None:
        """Put in a route under the parts of its path."""
        knot = self
        for part in parts:
            if "{" in part:
                knot.parameter = knot.parameter or _Knot()
                knot = knot.parameter
            else:
                knot = knot.words.setdefault(part, _Knot())
        knot.ends.append(end)

    def fitting(self, parts: Sequence[str], begin: int = 0) -> list[_End]:
        """The routes whose words are those of the path, in no order."""
        if begin == len(parts):
            return self.ends
        found: list[_End] = []
        for knot in (self.words.get(parts[begin]), self.parameter):
            if knot is not None:
                found += knot.fitting(parts, begin + 1)
        return found


class RouteIndex:
    """Stands among the routes of an app as its first. Made at the first request, of what is there.

    It ends before the first route that it can't read by parts (a mount, a parameter of many
    parts, a router under a prefix): that one might answer for anything after it.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    @cached_property
    def _root(self) -> _Knot:
        root = _Knot()
        others = [route for route in self._routes if not isinstance(route, RouteIndex)]
        for place, context in enumerate(iter_route_contexts(others)):
            route = context.original_route
            if not isinstance(route, Route) or ":" in route.path or context.path != route.path:
                break
            root.add(route.path.split("/"), _End(place, route))
        return root

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As each route says it of itself; a route that is meant but for its method is none."""
        path: str = scope["path"]
        # The routes' patterns take a newline at the end for the end.
        if scope["type"] != "http" or scope.get("root_path") or path.endswith("\n"):
            return Match.NONE, {}
        fitting = self._root.fitting(path.split("/"))
        for end in sorted(fitting, key=_place) if len(fitting) > 1 else fitting:
            match, child_scope = end.route.matches(scope)
            if match == Match.FULL:
                child_scope[_FOUND] = end.route
                return match, child_scope
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer that was found."""
        route: Route = scope[_FOUND]
        await route.handle(scope, receive, send)


def install(app: FastAPI) -> None:
    """Put the index before all routes; those that are added later are found as ever."""
    routes = app.router.routes
    # It is asked as a route is, and no more is needed of one.
    routes.insert(0, cast("BaseRoute", RouteIndex(routes)))


def _place(end: _End) -> int:
    return end.place
