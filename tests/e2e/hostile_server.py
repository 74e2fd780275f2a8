"""Servers that do what no provider should. A listener has one behaviour: a function
that gets the connection, with the request read, and does to it what it likes. All
listeners of a server answer well until misbehave(), and again after heal()."""

import contextlib
import json
import select
import socket
import struct
import threading

LIMIT_SECONDS = 60  # no connection outlives it

GOOD = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "pong"},
                 "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}


def _delta(delta, finish_reason=None):
    return {"id": "c", "object": "chat.completion.chunk", "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def event(value, end="\n"):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"data: {text}{end}{end}".encode()


BEGIN = _delta({"role": "assistant", "content": "p\u00f6ng \U0001f3d3"})
LAST = _delta({}, "stop")
GOOD_EVENTS = [BEGIN, LAST, "[DONE]"]


def stream(end="\n"):
    return b"".join(event(e, end) for e in GOOD_EVENTS)


def head(status="200 OK", kind="application/json", length=None, more=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close", *more]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(body, status="200 OK", kind="application/json", more=()):
    """A behaviour: one whole answer. `body` is bytes, or a value to be sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    whole = head(status, kind, len(data), more) + data
    return lambda connection: connection.sendall(whole)


def flood(start, piece, limit=1 << 30):
    """A behaviour: `start`, then `piece` over and over, a gigabyte by default."""
    block = piece * max(1, (1 << 16) // len(piece))
    def behave(connection):
        connection.sendall(start)
        sent = 0
        while sent < limit:
            connection.sendall(block)
            sent += len(block)
    return behave


def closed_within(connection, seconds):
    """Waits; True as soon as the client has closed."""
    if hasattr(connection, "pending") and connection.pending():
        return connection.recv(4096) == b""
    readable, _, _ = select.select([connection], [], [], seconds)
    return bool(readable) and connection.recv(4096) == b""


def stall(connection):
    while not closed_within(connection, LIMIT_SECONDS):
        pass


def trickle(start, piece, seconds):
    """A behaviour: `start`, then `piece` every so many seconds until the client leaves."""
    def behave(connection):
        connection.sendall(start)
        while not closed_within(connection, seconds):
            connection.sendall(piece)
    return behave


def then_stall(start):
    def behave(connection):
        connection.sendall(start)
        stall(connection)
    return behave


def in_single_bytes(whole):
    """A behaviour: every byte a segment of its own."""
    def behave(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(len(whole)):
            connection.sendall(whole[i:i + 1])
    return behave


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def then_reset(start):
    def behave(connection):
        connection.sendall(start)
        reset(connection)
    return behave


def close(connection):
    connection.close()


def answer_well(connection, request=b""):
    if b'"stream":true' in request.replace(b" ", b""):
        connection.sendall(head(kind="text/event-stream") + stream())
    else:
        answer(GOOD)(connection)


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError("no request")
        data += piece
    header, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError("half a request")
        body += piece
    return header + b"\r\n\r\n" + body


class Listener:
    """Counts connections and requests; `urls` begin with its address."""

    def __init__(self, server, behaviour, context, at_once, address):
        self.connections = 0
        self.requests = 0
        self.behaviour = behaviour
        self._server = server
        self._context = context
        self._at_once = at_once
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.create_server(address, family=family, backlog=512)
        self.port = self.socket.getsockname()[1]
        self.url = f"http{'s' if context else ''}://localhost:{self.port}/v1"
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # closed: the end
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        hostile = self._server.hostile
        with contextlib.suppress(OSError, ValueError), contextlib.closing(connection):
            connection.settimeout(LIMIT_SECONDS)
            if hostile and self._at_once:
                self.behaviour(connection)
                return
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with contextlib.closing(connection):
                request = read_request(connection)
                with self._lock:
                    self.requests += 1
                if hostile:
                    self.behaviour(connection)
                else:
                    answer_well(connection, request)


class HostileServer:
    def __init__(self, hostile=False):
        self.hostile = hostile
        self._listeners = []

    def listen(self, behaviour=answer_well, context=None, at_once=False,
               address=("127.0.0.1", 0)):
        """A new listener, over TLS with a `context`. `at_once`: the behaviour does not
        wait for the request, nor for the TLS handshake."""
        listener = Listener(self, behaviour, context, at_once, address)
        self._listeners.append(listener)
        return listener

    def misbehave(self):
        self.hostile = True

    def heal(self):
        self.hostile = False

    def close(self):
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.socket.shutdown(socket.SHUT_RDWR)
            listener.socket.close()


class BlackHole:
    """A port where nothing comes back: its queue of connections is full, so the
    kernel drops what knocks."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._fillers = []
        while True:
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.socket.getsockname())
            self._fillers.append(filler)
            _, connected, _ = select.select([], [filler], [], 0.3)
            if not connected:
                return

    def close(self):
        for filler in self._fillers:
            filler.close()
        self.socket.close()


def refusing_port():
    """A port of this machine where nobody listens, held so that nobody will."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder


class SlowLine:
    """A relay to `port` on which every byte takes `delay` seconds each way."""

    def __init__(self, port, delay):
        self._delay = delay
        self._target = port
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://localhost:{self.port}/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source, sink):
        length = threading.Event()  # never set: only to wait for
        with contextlib.suppress(OSError), source:
            while data := source.recv(1 << 16):
                length.wait(self._delay)
                sink.sendall(data)
            length.wait(self._delay)
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
