"""A hub for tests that behaves as the name of a repository says, with a second server that large files come from.

    python hub_server.py CERTIFICATE.pem KEY.pem FOLDER LOG

Every repository holds the files of FOLDER; safetensors are large files. Prints `ready PORT OTHER_PORT`, and writes one JSON
object a request to LOG: which server, the path, the range, and whether a token came along. Standard library alone.
"""

import hashlib
import http.server
import json
import ssl
import sys
import threading
import urllib.parse
from pathlib import Path

CERTIFICATE, KEY, FOLDER, LOG = sys.argv[1:5]
TOKEN = "hf_secret"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {path.name: path.read_bytes() for path in sorted(Path(FOLDER).iterdir())}
lock = threading.Lock()
counts = {}
never = threading.Event()


def times(*key):
    """How often this was asked before."""
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key] - 1


def is_large(name):
    return name.endswith(".safetensors")


def digest(name):
    content = FILES[name]
    if is_large(name):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def listing(repository):
    entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "onnx"}]
    for name, content in FILES.items():
        size, oid = len(content), digest(name)
        if is_large(name) and repository == "wrong-size":
            size += 1000
        if is_large(name) and repository == "wrong-digest":
            oid = hashlib.sha256(b"another").hexdigest()
        if is_large(name) and repository == "endless":
            size = 100_000
        entry = {"type": "file", "oid": oid, "size": size, "path": name}
        if is_large(name):
            entry["oid"] = "1" * 40
            entry["lfs"] = {"oid": oid, "size": size, "pointerSize": 134}
        entries.append(entry)
    if repository == "escape":
        entries.append({"type": "file", "oid": "2" * 40, "size": 1, "path": "../../evil.json"})
    return entries


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it the second write of an answer waits for the reader's acknowledgement of the first.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def note(self):
        token = self.headers.get("Authorization")
        line = {
            "server": self.server.role, "method": self.command, "path": self.path, "range": self.headers.get("Range"),
            "token": token is not None,
        }
        with lock, open(LOG, "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        return token == f"Bearer {TOKEN}"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code, **headers):
        self.answer(status, b'{"error": "no"}', X_Error_Code=code, X_Error_Message=f"{code} \x1b[31mred", **headers)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        may = self.note()
        path, _, query = self.path.partition("?")
        parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
        if self.server.role == "cdn":
            return self.content(parts[0], parts[1])
        if parts[:2] == ["api", "models"]:
            return self.api(parts[3], parts[4:], query, may)
        if len(parts) >= 5 and parts[2] == "resolve":
            return self.resolve(parts[1], parts[4], may)
        return self.refuse(404, "RepoNotFound")

    def api(self, repository, rest, query, may):
        if repository == "missing":
            return self.refuse(404, "RepoNotFound")
        if repository == "unauthorised" and not may:
            return self.refuse(401, "RepoNotFound")
        if repository == "busy" and times("busy", self.path) < 2:
            return self.refuse(429, "TooMany", Retry_After="7")
        if repository == "crowded":
            return self.refuse(429, "TooMany", Retry_After="86400")
        if repository == "flood":
            return self.flood(b'{"sha": "')
        if repository == "renamed":
            return self.answer(307, Location=self.path.replace("/renamed", "/good"))
        if repository == "circle":
            return self.answer(302, Location=self.path)
        if repository == "clear":
            return self.answer(302, Location="http://example.org/api")
        if rest[:1] == ["revision"] or not rest:
            if rest and rest[1] not in ("main", "refs/pr/1", COMMIT):
                return self.refuse(404, "RevisionNotFound")
            siblings = [{"rfilename": name} for name in FILES]
            return self.json({"id": f"test/{repository}", "sha": COMMIT, "siblings": siblings, "private": False})
        entries = listing(repository)
        if repository == "pages":
            at = int(urllib.parse.parse_qs(query).get("cursor", ["0"])[0])
            link = {"Link": f'<https://{self.headers["Host"]}{self.path.split("&")[0]}&cursor={at + 1}>; rel="next"'}
            return self.json(entries[at : at + 1], **(link if at + 1 < len(entries) else {}))
        return self.json(entries)

    def json(self, value, **headers):
        self.answer(200, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def resolve(self, repository, name, may):
        if repository == "gated" and not may:
            return self.refuse(403 if self.headers.get("Authorization") else 401, "GatedRepo")
        if name not in FILES:
            return self.refuse(404, "EntryNotFound")
        if not is_large(name):
            return self.content(repository, name, ETag=f'"{digest(name)}"', X_Repo_Commit=COMMIT)
        place = f"https://localhost:{self.server.other}/{repository}/{name}?Signature=s3cret"
        size = len(FILES[name]) if repository == "wrong-size" else {e["path"]: e for e in listing(repository)}[name]["size"]
        return self.answer(
            302, Location=place, X_Linked_Etag=f'"{digest(name)}"' if repository != "wrong-digest" else '"x"',
            X_Linked_Size=str(size), X_Repo_Commit=COMMIT, ETag='"pointer"')

    def content(self, repository, name, **headers):
        content, start, end = FILES[name], 0, None
        wanted = self.headers.get("Range")
        if wanted and repository != "no-ranges":
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), int(last) + 1 if last else None
            if start >= len(content):
                return self.answer(416, Content_Range=f"bytes */{len(content)}")
        body = content[start:end]
        is_whole = is_large(name) and end is None
        if is_whole and repository == "endless":
            return self.flood(b"")
        status = 200
        if wanted and repository != "no-ranges":
            status = 206
            headers["Content_Range"] = f"bytes {start}-{start + len(body) - 1}/{len(content)}"
        if is_whole and repository in ("cut", "no-ranges", "stall") and times(repository, name) < 2:
            return self.half(status, body, repository == "stall", **headers)
        self.answer(status, body, **headers)

    def half(self, status, body, stalls, **headers):
        """Promises all and gives a third; then ends the connection, or nothing more."""
        self.answer(status, body[: len(body) // 3], Content_Length=str(len(body)), **headers)
        self.wfile.flush()
        self.close_connection = True
        if stalls:
            never.wait(300)

    def flood(self, start):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = start + b"0" * 65536
        try:
            while True:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        except OSError:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def serve(role):
    server = Server(("127.0.0.1", 0), Handler)
    server.role = role
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    # The handshake is the handling thread's, or a client that makes none holds up all others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


hub, cdn = serve("hub"), serve("cdn")
hub.other = cdn.server_address[1]
for server in (hub, cdn):
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", hub.server_address[1], cdn.server_address[1], flush=True)
threading.Event().wait()
