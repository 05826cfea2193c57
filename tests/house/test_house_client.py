"""The client of one file says what the OpenAPI says."""

import pytest

from clients import make_client

SCHEMA = make_client.schema()


def test_the_file_is_made_from_the_openapi_of_now() -> None:
    made = make_client.made(SCHEMA)
    assert make_client.TARGET.read_text("utf-8") == made, "run `make client`"


def test_no_two_calls_have_one_name() -> None:
    names = [
        f"{method}_{make_client.call_name(path)}"
        for path, methods in SCHEMA["paths"].items()
        for method in methods
    ]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/items/{item_id}/close", "item_close"),
        ("/v1/agencies/{code}/items/next", "agency_items_next"),
        ("/v1/admin/aside/{message_id}/replay", "admin_aside_one_replay"),
        ("/v1/admin/rulesets/dry-run", "admin_rulesets_dry_run"),
    ],
)
def test_names_follow_the_address(path: str, name: str) -> None:
    assert make_client.call_name(path) == name
