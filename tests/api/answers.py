"""How a door has refused a request."""

import httpx


def code_of(response: httpx.Response) -> tuple[int, str]:
    """Its status, and the code of its problem."""
    return response.status_code, response.json()["code"]
