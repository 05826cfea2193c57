"""TLS and LOGIN in front of Courier's imapd: `python -m tests.servers.courier_front FOLDER`.

Does what couriertcpd, couriertls and imaplogin do: after the login it runs one imapd a connection
and passes bytes on, both ways.
"""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_LOGIN = re.compile(rb'(\S+) LOGIN "?([^" ]+)"? "?([^" ]+)"?\r\n', re.IGNORECASE)


def serve(base: Path) -> None:
    """One thread a connection, for ever."""
    front = json.loads((base / "front.json").read_text())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(base / "cert.pem", base / "key.pem")
    # libfam finds it by this name, and by no path but a built-in one.
    client_id = base.name
    subprocess.Popen(
        [front["gamin"], "--notimeout", client_id], env=front["environment"], **_owner(front)
    )
    front["environment"]["GAM_CLIENT_ID"] = client_id
    with socket.create_server(("127.0.0.1", front["port"])) as listener:
        while True:
            sock, _ = listener.accept()
            threading.Thread(
                target=_secured, args=(base, front, context, sock), daemon=True
            ).start()


def _secured(base: Path, front: dict[str, Any], context: ssl.SSLContext, sock: socket.socket):
    try:
        with context.wrap_socket(sock, server_side=True) as client:
            login = _login(base, client, front)
            if login:
                _run(base, front, client, *login)
    except OSError:
        return  # the client went away


def _login(base: Path, client: ssl.SSLSocket, front: dict[str, Any]) -> tuple[str, str] | None:
    """Tag and user of a LOGIN with the right password."""
    capability = front["environment"]["IMAP_CAPABILITY"].encode()
    client.sendall(b"* OK [CAPABILITY " + capability + b"] Courier-IMAP ready.\r\n")
    while line := _line(client):
        tag, _, command = line.partition(b" ")
        found = _LOGIN.fullmatch(line)
        if found and _is_right(base, found[2].decode(), found[3].decode(), front):
            return tag.decode(), found[2].decode()
        if command.upper() == b"CAPABILITY\r\n":
            client.sendall(b"* CAPABILITY " + capability + b"\r\n" + tag + b" OK CAPABILITY\r\n")
        elif command.upper() == b"LOGOUT\r\n":
            client.sendall(b"* BYE Courier-IMAP server shutting down\r\n" + tag + b" OK LOGOUT\r\n")
            return None
        else:
            client.sendall(tag + b" NO Login failed.\r\n")
    return None


def _is_right(base: Path, user: str, password: str, front: dict[str, Any]) -> bool:
    return (base / "mail" / user).is_dir() and password == front["password"]


def _line(client: ssl.SSLSocket) -> bytes:
    """Byte by byte: what follows the login is for imapd."""
    line = b""
    while not line.endswith(b"\n") and (byte := client.recv(1)):
        line += byte
    return line


def _run(base: Path, front: dict[str, Any], client: ssl.SSLSocket, tag: str, user: str) -> None:
    home = base / "mail" / user
    environment = {
        **front["environment"], "HOME": str(home), "AUTHENTICATED": user, "IMAPLOGINTAG": tag,
        "PROTOCOL": "IMAP", "HOSTNAME": "localhost",
        "TCPREMOTEIP": "127.0.0.1", "TCPREMOTEPORT": "9",
        "TCPLOCALIP": "127.0.0.1", "TCPLOCALPORT": "993",
    }  # fmt: skip
    ours, theirs = socket.socketpair()
    with ours:
        process = subprocess.Popen(
            [front["program"], "Maildir"], stdin=theirs, stdout=theirs, cwd=home, env=environment,
            **_owner(front),
        )  # fmt: skip
        theirs.close()
        back = threading.Thread(target=_pass_on, args=(ours, client), daemon=True)
        back.start()
        _pass_on(client, ours)
        back.join()
        process.wait()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass  # one of them went away, and the other one hears of it
    finally:
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def _owner(front: dict[str, Any]) -> dict[str, Any]:
    """As whom the server's programs run; only root can say that."""
    user, group = front["owner"]
    return {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
