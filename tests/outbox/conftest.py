import os
from pathlib import Path

import pytest

from tests.servers.authority import Authority


@pytest.fixture(scope="session")
def xdomea_schema():
    """The schema of XDOMEA; reading it takes seconds, so that all tests of the room share it."""
    import xmlschema

    folder = os.environ.get("POSTLOTSE_XDOMEA_SCHEMA", "")
    if not folder:
        pytest.skip("POSTLOTSE_XDOMEA_SCHEMA names no folder with xdomea.xsd")
    return xmlschema.XMLSchema(str(Path(folder) / "xdomea.xsd"))


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """The folder that both sides can reach."""
    folder = tmp_path / "eakte"
    folder.mkdir()
    return folder


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files and folders that the disk was asked to keep, in that order; each as it was named."""
    told: list[Path] = []
    real = os.fsync

    def noted(handle: int) -> None:
        told.append(Path(f"/proc/self/fd/{handle}").readlink())
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return told


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """The eAkte's own authority, which signs its server and us."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("other"), "other")


@pytest.fixture(scope="session")
def server_pair(authority):
    return authority.sign("eakte")


@pytest.fixture(scope="session")
def client_pair(authority):
    return authority.sign("lotse")
