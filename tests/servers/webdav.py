"""A real WebDAV server (wsgidav on cheroot) over a folder; it demands a client certificate."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cheroot import wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter
from wsgidav.fs_dav_provider import FilesystemProvider
from wsgidav.wsgidav_app import WsgiDAVApp

from tests.servers.authority import Authority, Pair


@contextmanager
def serving(root: Path, authority: Authority, pair: Pair) -> Iterator[str]:
    """The address of `root` while the block runs."""
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": FilesystemProvider(str(root), readonly=False)},
            "simple_dc": {"user_mapping": {"*": True}},
            "verbose": 0,
            "logging": {"enable": False},
            "lock_storage": None,
            "property_manager": None,
        }
    )
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=2)
    server.error_log = lambda *_, **__: None  # refused handshakes are what tests ask for
    adapter = BuiltinSSLAdapter(str(pair.cert), str(pair.key))
    adapter.context.verify_mode = ssl.CERT_REQUIRED
    adapter.context.load_verify_locations(str(authority.cert))
    server.ssl_adapter = adapter
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield f"https://localhost:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()
