"""A home, its router and an internet, each a network namespace of its own, and the ways in
which a network fails between them:

    home (the exporter)  --  router (drops what a test wants dropped)  --  internet
    192.168.77.2             192.168.77.1 / 192.0.2.1                       all ADDRESSES

The internet's DNS server and canaries are threads of the test, with sockets made in there.
Everything has names of this process and is removed by close(). Needs root."""

import contextlib
import ctypes
import itertools
import os
import pathlib
import shutil
import socketserver
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

from programs import HAS_PROC

# By name. The providers' are public ones, since only answers from such show the exporter that
# it has an internet; nothing that is sent to them leaves the namespaces.
ADDRESSES = {"provider-a.test": "11.0.113.10", "provider-b.test": "26.0.100.20",
             "canary1.test": "203.0.113.101", "canary2.test": "198.51.100.102",
             "canary3.test": "192.0.2.103"}
CANARIES = ("canary1.test", "canary2.test", "canary3.test")
DNS_SERVER = "198.51.100.53"

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


# nft lives where only root's path may lead.
_ENVIRONMENT = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"}


def _run(*command, text=None):
    result = subprocess.run(command, input=text, text=True, capture_output=True, check=False,
                            env=_ENVIRONMENT)
    if result.returncode != 0:
        raise OSError(f"{' '.join(command)}: {(result.stderr or result.stdout).strip()}")
    return result.stdout


class Namespace:
    """A network namespace with its loopback up."""

    def __init__(self, role):
        self.name = f"heyhi-{os.getpid()}-{next(_numbers)}-{role}"
        _run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    @property
    def prefix(self):
        """Runs in here what follows, as the same process."""
        return ("ip", "netns", "exec", self.name)

    def ip(self, *arguments):
        _run("ip", "-n", self.name, *arguments)

    def run(self, *command, text=None):
        return _run(*self.prefix, *command, text=text)

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes meanwhile are in here, for as long as they live."""
        with open("/proc/thread-self/ns/net", "rb") as own, \
                open(f"/run/netns/{self.name}", "rb") as other:
            _enter(other)
            try:
                yield
            finally:
                _enter(own)

    def remove(self):
        _run("ip", "netns", "delete", self.name)


def _enter(namespace):
    if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class DnsServer(socketserver.ThreadingUDPServer):
    """Answers A questions about ADDRESSES, others with no such name; or, while `mode` says so,
    "silent": not at all, "empty": without addresses, or a number: with that error code."""

    SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5
    daemon_threads = True

    def __init__(self):
        self.mode = None
        super().__init__((DNS_SERVER, 53), _DnsQuestion)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, question):
        """The reply's bytes, or None for silence."""
        if self.mode == "silent":
            return None
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        address = ADDRESSES.get(".".join(labels).lower())
        (kind,) = struct.unpack_from("!H", question, at + 1)
        code = self.mode if isinstance(self.mode, int) else 0 if address else self.NXDOMAIN
        found = b""
        if code == 0 and self.mode is None and kind == 1:
            found = struct.pack("!HHHIH4B", 0xc00c, 1, 1, 0, 4, *map(int, address.split(".")))
        head = question[:2] + struct.pack("!5H", 0x8180 | code, 1, 1 if found else 0, 0, 0)
        return head + question[12:at + 5] + found


class _DnsQuestion(socketserver.BaseRequestHandler):
    def handle(self):
        question, reply_socket = self.request
        answer = self.server.answer(question)
        if answer is not None:
            with contextlib.suppress(OSError):  # the way back may be cut
                reply_socket.sendto(answer, self.client_address)


class CanaryServer(socketserver.ThreadingTCPServer):
    """Accepts TLS, and waits for the other side to leave."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, context):
        self.context = context
        super().__init__((address, 443), _CanaryVisit)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _CanaryVisit(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        with contextlib.suppress(OSError):  # visitors may break off at any moment
            with self.server.context.wrap_socket(self.request, server_side=True) as connection:
                connection.recv(1)


class Network:
    """The three namespaces, connected and healthy, and the internet's servers."""

    def __init__(self):
        self._closing = contextlib.ExitStack()
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def close(self):
        self._closing.close()

    def _build(self):
        self.home, self.router, self.internet = (
            self._namespace(role) for role in ("home", "router", "internet"))
        self._connect(self.home, "192.168.77.2/24", self.router, "192.168.77.1/24")
        self._connect(self.router, "192.0.2.1/24", self.internet, "192.0.2.2/24")
        for address in (*ADDRESSES.values(), DNS_SERVER):
            self.internet.ip("address", "add", f"{address}/32", "dev", "lo")
        self.router.ip("route", "add", "default", "via", "192.0.2.2")
        self.internet.ip("route", "add", "default", "via", "192.0.2.1")
        self._route_home()
        with self.router.inside():
            pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self.router.run("nft", "-f", "-", text="""
            table inet faults {
              chain passing { type filter hook forward priority 0; jump injected; }
              chain injected {}
            }""")
        self._use_dns_server()
        self.folder = pathlib.Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        with self.internet.inside():
            self.dns = DnsServer()
            self._closing.callback(self._end, self.dns)
            self._start_canaries()

    def _namespace(self, role):
        namespace = Namespace(role)
        self._closing.callback(namespace.remove)
        return namespace

    @staticmethod
    def _connect(left, left_address, right, right_address):
        """The end in `left` is called `outer`, that in `right` is called `inner`."""
        _run("ip", "link", "add", "outer", "netns", left.name, "type", "veth",
             "peer", "name", "inner", "netns", right.name)
        left.ip("address", "add", left_address, "dev", "outer")
        right.ip("address", "add", right_address, "dev", "inner")
        left.ip("link", "set", "outer", "up")
        right.ip("link", "set", "inner", "up")

    def _route_home(self):
        self.home.ip("route", "replace", "default", "via", "192.168.77.1")

    def _use_dns_server(self):
        folder = pathlib.Path("/etc/netns", self.home.name)  # ip netns exec looks there
        folder.mkdir(parents=True)
        self._closing.callback(shutil.rmtree, folder)
        text = f"nameserver {DNS_SERVER}\n"
        (folder / "resolv.conf").write_text(text)
        if self.home.run("cat", "/etc/resolv.conf") != text:
            raise OSError("ip netns exec gives no resolv.conf of its own")

    def _start_canaries(self):
        self.canary_ca = self.folder / "canaries.pem"
        key = self.folder / "canaries.key"
        _run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=canaries", "-keyout", str(key), "-out", str(self.canary_ca),
             "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in CANARIES))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.canary_ca, key)
        for name in CANARIES:
            self._closing.callback(self._end, CanaryServer(ADDRESSES[name], context))

    @staticmethod
    def _end(server):
        server.shutdown()
        server.server_close()

    # Faults. Each comes in addition to those in force, until heal().

    def inject(self, *rules):
        """The router does this to what it forwards, in nft's words."""
        self.router.run("nft", "-f", "-", text="".join(
            f"add rule inet faults injected {rule}\n" for rule in rules))

    def cut(self):
        self.inject("drop")

    def answer_unreachable(self):
        """As a router does whose own line is down."""
        self.inject("reject with icmp net-unreachable")

    def unplug(self):
        self.home.ip("link", "set", "outer", "down")

    def lose(self, percent):
        self.inject(f"numgen random mod 100 < {percent} drop")

    def drop_dns(self):
        self.inject("udp dport 53 drop", "tcp dport 53 drop")

    def black_hole(self, *names):
        self.inject(*(f"ip daddr {ADDRESSES[name]} drop" for name in names))

    def heal(self, *rules):
        """All is well again, but for these rules, which never cease meanwhile."""
        self.router.run("nft", "-f", "-", text="flush chain inet faults injected\n" + "".join(
            f"add rule inet faults injected {rule}\n" for rule in rules))
        self.dns.mode = None
        self.home.ip("link", "set", "outer", "up")
        self._route_home()


def require_namespaces():
    """Skips the test where network namespaces cannot be made; in CI they must, but for a bare
    chroot, which has no way to enter one."""
    try:
        Network().close()
    except OSError as error:
        reason = f"network namespaces are not possible here: {error}"
        if os.environ.get("CI") == "true" and HAS_PROC:
            raise AssertionError(reason) from error
        print(f"skipped: {reason}", file=sys.stderr)
        raise unittest.SkipTest(reason) from error
