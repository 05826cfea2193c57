from pathlib import Path

import pytest


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """The folder that both sides can reach."""
    folder = tmp_path / "eakte"
    folder.mkdir()
    return folder
