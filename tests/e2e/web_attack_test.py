"""Clients that mean harm, against the real exporter: each row is one of the reliability
table. They come from another address than the scraper's."""

import os
import resource
import selectors
import socket
import time
import unittest
import urllib.request

from programs import HAS_PROC, SANITIZED, Exporter, wait_for

ATTACKER = "127.0.0.2"
MEBIBYTE = 1 << 20
# A page of some size, so that a slow reader has something to hold.
MODELS = 400
CONFIG = ("network: {canaries: []}\ndefaults: {interval: 10m}\nproviders:\n"
          "  - {name: local, base_url: 'http://127.0.0.1:9', models: ["
          + ", ".join(f"m{i}" for i in range(MODELS)) + "]}\n")
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(port, source=ATTACKER, receive_buffer=None):
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.bind((source, 0))
    client.settimeout(30)
    client.connect(("127.0.0.1", port))
    return client


class AttackTest(unittest.TestCase):
    def setUp(self):
        self.exporter = Exporter(CONFIG)
        self.addCleanup(self.exporter.stop)
        self.port = int(self.exporter.url.rsplit(":", 1)[1])

    def scrape_times(self, count=30):
        """What scrapes last, each on a connection of its own; the slowest last."""
        times = []
        for _ in range(count):
            begun = time.monotonic()
            with urllib.request.urlopen(self.exporter.url + "/metrics", timeout=60) as answer:
                text = answer.read()
            times.append(time.monotonic() - begun)
            self.assertIn(b"heyhi_build_info", text)
        return sorted(times)

    def resident(self):
        return self.exporter.metric("process_resident_memory_bytes")

    def keep(self, clients):
        for client in clients:
            self.addCleanup(client.close)
        return clients

    def still_open(self, clients):
        count = 0
        for client in clients:
            client.setblocking(False)
            try:
                count += client.recv(1) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def test_w_01_a_thousand_half_headers_do_not_hold_scrapes_up(self):
        crowd = []
        for _ in range(1000):
            client = connect(self.port)
            crowd.append(client)
            try:
                client.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
            except OSError:
                pass  # refused already
        self.keep(crowd)
        self.assertLessEqual(self.scrape_times()[-1], 1 if not SANITIZED else 5)
        # Bytes that drip do not renew the deadline.
        def drip():
            for client in crowd:
                try:
                    client.send(b"a", socket.MSG_DONTWAIT)
                except OSError:
                    pass
            return self.still_open(crowd) == 0
        begun = time.monotonic()
        wait_for("the half headers to be cut", drip, 30, step=0.5)
        self.assertLessEqual(time.monotonic() - begun, 15)

    @unittest.skipIf(SANITIZED, "the memory of a sanitized build says little")
    @unittest.skipUnless(HAS_PROC, "/proc is not mounted here")
    def test_w_02_slow_readers_hold_little_memory_and_are_cut(self):
        self.scrape_times()
        before = self.resident(), self.descriptors()
        # As many as there are places, from addresses that fill their own.
        readers = self.keep([connect(self.port, f"127.0.0.{2 + i % 8}", receive_buffer=1024)
                             for i in range(500)])
        for client in readers:
            try:
                client.sendall(GET)
            except OSError:
                pass  # beyond the limits
        begun = time.monotonic()
        wait_for("the readers to be let in", lambda: self.descriptors() - before[1] >= 400)
        self.assertLessEqual(self.scrape_times()[-1], 1)
        self.assertLessEqual(self.resident() - before[0], 32 * MEBIBYTE)
        # Ten seconds, however much a reader takes by and by.
        def take_a_byte():
            for client in readers:
                client.setblocking(False)
                try:
                    client.recv(1)
                except OSError:
                    pass
            return self.descriptors() <= before[1] + 10
        wait_for("the slow readers to be cut", take_a_byte, 30, step=0.5)
        self.assertLessEqual(time.monotonic() - begun, 20)

    def descriptors(self):
        # Not by a scrape: among many its text may be some seconds old.
        return len(os.listdir(f"/proc/{self.exporter.process.pid}/fd"))

    def test_w_03_ten_thousand_scrapes_at_once_are_served_or_refused(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = min(10_000, hard - 200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 12_000), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        before = self.resident() if HAS_PROC else None
        selector = selectors.DefaultSelector()
        for _ in range(count):
            client = socket.socket()
            client.setblocking(False)
            client.bind((ATTACKER, 0))
            client.connect_ex(("127.0.0.1", self.port))
            selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
        served = refused = 0
        answered = {}
        end = time.monotonic() + 60
        while selector.get_map() and time.monotonic() < end:
            for key, events in selector.select(1):
                client = key.fileobj
                try:
                    if events & selectors.EVENT_WRITE:
                        client.send(GET.replace(b"Host", b"Connection: close\r\nHost"))
                        selector.modify(client, selectors.EVENT_READ)
                        continue
                    if data := client.recv(1 << 20):
                        answered[client] = answered.get(client, b"")[:20] + data[:20]
                        continue
                    if answered.pop(client, b"").startswith(b"HTTP/1.1 200"):
                        served += 1
                    else:
                        refused += 1
                except OSError:
                    refused += 1
                selector.unregister(client)
                client.close()
        hung = len(selector.get_map())
        self.assertEqual((hung, served + refused), (0, count), f"{served} served, {refused} refused")
        self.assertGreater(served, 0)
        self.assertLessEqual(self.scrape_times()[-1], 1 if not SANITIZED else 5)
        if HAS_PROC and not SANITIZED:
            self.assertLessEqual(self.resident() - before, 64 * MEBIBYTE)

    def test_w_04_what_is_malformed_is_refused_and_closed(self):
        for name, request, status in (
                ("a huge body", b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n", 413),
                ("both lengths", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                ("a NUL", b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                ("an absolute URI", b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400)):
            with self.subTest(name), connect(self.port) as client:
                client.sendall(request)
                answer = b"".join(iter(lambda: client.recv(65536), b""))  # to its end
                self.assertRegex(answer.decode(), rf"^HTTP/1.1 {status} ")

    def test_w_04_what_is_too_large_is_cut(self):
        """It is closed before all has come, so a reset may overtake the answer."""
        for name, request in (
                ("200,000 headers", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 200_000 + b"\r\n"),
                ("a URL of 1 MB", b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")):
            with self.subTest(name), connect(self.port) as client:
                answer = b""
                try:
                    client.sendall(request)
                    while data := client.recv(65536):
                        answer += data
                except (ConnectionResetError, BrokenPipeError):
                    pass
                self.assertRegex(answer.decode(), r"^($|HTTP/1.1 4\d\d )")
        self.scrape_times(1)

    def test_w_04_paths_lead_nowhere(self):
        for path in ("/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//metrics",
                     "/metrics/", "/metrics%2f", "/../metrics", "/landing.css/..%2fmetrics"):
            with connect(self.port) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: client.recv(65536), b""))
                self.assertRegex(answer.decode(), r"^HTTP/1.1 404 ", path)


if __name__ == "__main__":
    unittest.main()
