"""A model publisher on loopback that serves lists and files as the real ones do, and fails on request.

Faults are queued per path; each request uses up one, and without any the answer is right: ranges, If-Range, ETag.
"""

import hashlib
import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from voice.models.sources import PIPER_REPOSITORY, Mirrors


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer; the defaults change nothing."""

    status: int = 0
    retry_after: str = ""
    cut_after: int | None = None
    """Bytes of the body after which the connection is closed."""
    declare: int = 0
    """Added to the Content-Length that is declared."""
    garble: bool = False
    """Every byte of the body inverted."""
    ignore_range: bool = False
    shift_range: int = 0
    """Added to the start of the range that is served and declared."""
    redirect: str = ""
    stall_after: int | None = None
    """Bytes after which nothing comes, until the server is stopped."""
    extra: bytes = b""
    """Sent after the body, which is then chunked and so declares no length."""


@dataclass
class Asked:
    """A request as it came."""

    path: str
    range: str
    if_range: str
    encoding: str


@dataclass
class ModelServer:
    """Start with `with`; publish, break, and look at what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    weak: bool = False
    """Serve weak ETags only."""
    asked: list[Asked] = field(default_factory=list)
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _vosk: list[dict[str, object]] = field(default_factory=list)
    _piper: dict[str, dict[str, object]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "ModelServer":
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="model-server")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        left = {path: list(queue) for path, queue in self.faults.items() if queue}
        assert error is not None or not left, f"faults that nobody met: {left}"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def mirrors(self) -> Mirrors:
        return Mirrors.at(self.base)

    def fail(self, path: str, *faults: Fault) -> None:
        self.faults[path].extend(faults)

    def ranges(self, path: str) -> list[str]:
        return [asked.range for asked in self.asked if asked.path == path]

    def publish_vosk(self, name: str, archive: bytes, **changed: object) -> str:
        about = {
            "lang": "ru",
            "name": name,
            "size": len(archive),
            "md5": _md5(archive),
            "obsolete": "false",
            "type": "small",
        }
        self._vosk.append(about | changed)
        self.files["/vosk/model-list.json"] = json.dumps(self._vosk).encode()
        return self._put(f"/vosk/{name}.zip", archive)

    def publish_piper(self, key: str, files: dict[str, bytes], **changed: object) -> str:
        family, name, quality = key.split("-")
        folder = f"{family[:2]}/{family}/{name}/{quality}"
        self._piper[key] = {
            "key": key,
            "files": {
                f"{folder}/{path}": {"size_bytes": len(data), "md5_digest": _md5(data)} | changed
                for path, data in files.items()
            },
        }
        top = f"/huggingface/{PIPER_REPOSITORY}/resolve/main"
        self.files[f"{top}/voices.json"] = json.dumps(self._piper).encode()
        for path, data in files.items():
            self._put(f"{top}/{folder}/{path}", data)
        return f"{top}/{folder}/{key}.onnx"

    def publish_gguf(self, repository: str, path: str, data: bytes, **changed: object) -> str:
        large = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 135} | changed
        tree = [
            {"type": "file", "oid": "0" * 40, "size": 11, "path": "README.md"},
            {"type": "file", "oid": "1" * 40, "size": len(data), "path": path, "lfs": large},
        ]
        self.files[f"/huggingface/api/models/{repository}/tree/main"] = json.dumps(tree).encode()
        return self._put(f"/huggingface/{repository}/resolve/main/{path}", data)

    def _put(self, path: str, data: bytes) -> str:
        self.files[path] = data
        return path

    def next_fault(self, path: str) -> Fault:
        queue = self.faults[path]
        return queue.popleft() if queue else Fault()

    def hold(self) -> None:
        self._stopping.wait(10)


class _Handler(BaseHTTPRequestHandler):
    owner: ModelServer
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client gives up as it likes
            super().handle()

    def log_message(self, *args: object) -> None:
        """Quiet: the test reads `asked`."""

    def do_GET(self) -> None:
        headers = self.headers
        self.owner.asked.append(
            Asked(self.path, headers.get("Range", ""), headers.get("If-Range", ""), headers.get("Accept-Encoding", ""))
        )
        fault = self.owner.next_fault(self.path)
        data = self.owner.files.get(self.path)
        if fault.redirect:
            self._headers(302, {"Location": fault.redirect, "Content-Length": "0"})
        elif fault.status or data is None:
            retry = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self._headers(fault.status or 404, {"Content-Length": "0", **retry})
        else:
            self._serve(data, fault)

    def _serve(self, data: bytes, fault: Fault) -> None:
        etag = ("W/" if self.owner.weak else "") + f'"{_md5(data)[:12]}"'
        start, status = self._start(data, etag, fault), 200
        if start is not None and start >= len(data):
            self._headers(416, {"Content-Length": "0", "Content-Range": f"bytes */{len(data)}"})
            return
        answer = {"ETag": etag}
        if start is not None:
            status = 206
            answer["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start or 0 :]
        if fault.garble:
            body = bytes(byte ^ 0xFF for byte in body)
        if fault.extra:
            self._headers(status, answer | {"Transfer-Encoding": "chunked"})
            for piece in (body, fault.extra, b""):
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            return
        self._headers(status, answer | {"Content-Length": str(len(body) + fault.declare)})
        self._body(body, fault)

    def _start(self, data: bytes, etag: str, fault: Fault) -> int | None:
        asked, condition = self.headers.get("Range", ""), self.headers.get("If-Range", "")
        assert not condition or (asked and condition.startswith('"')), f"If-Range misused: {condition}"
        if not asked or fault.ignore_range or (condition and condition != etag):
            return None
        return int(asked.removeprefix("bytes=").rstrip("-")) + fault.shift_range

    def _body(self, body: bytes, fault: Fault) -> None:
        limit = fault.cut_after if fault.cut_after is not None else fault.stall_after
        sent = body[:limit] if limit is not None else body
        if fault.declare < 0 and limit is None:
            sent = body[: len(body) + fault.declare]
        self.wfile.write(sent)
        self.wfile.flush()
        if fault.stall_after is not None:
            self.owner.hold()
        if limit is not None or fault.declare > 0:
            self.close_connection = True

    def _headers(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A running server."""
    with ModelServer() as server:
        yield server


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
