"""What was on the wire: captures the loopback interface with tcpdump, and finds the
connection of each probe."""

import os
import re
import signal
import socket
import struct
import time

from processes import Failure, Process

# A TLS 1.3 close_notify: 5 bytes of record, 2 of alert, 1 of type, 16 of tag. The
# server says goodbye after the answer's last byte; it is no part of the answer.
CLOSE_NOTIFY_BYTES = 24

# tcpdump gets packets in blocks, the last of them after its time-out of a second.
BLOCK_SECONDS = 1.3

# How long after its start a probe's SYN may be seen, in seconds; both clocks are
# CLOCK_REALTIME. Probes of one address are further apart.
TOLERANCE = (-0.002, 1.2)


class Capture(Process):
    """tcpdump on the loopback interface, for one server port."""

    def __init__(self, folder, port):
        self.file = folder / "capture.pcap"
        self.port = port
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        super().__init__([*root, "tcpdump", "-i", "lo", "-s", "80", "-B", "32768", "-n",
                          "--time-stamp-precision=nano", "-Z", "root", "-w",
                          self.file, "tcp", "port", str(port)], folder / "tcpdump.log")
        self.wait_until(lambda: "listening on" in self.log.read_text())
        # The kernel notes the times and keeps packets for a while: tcpdump itself must
        # take no core from what is measured.
        for task in self.task_ids():
            os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))

    def connections(self):
        """Ends the capture; returns (server's address, SYN, last byte) of each
        connection, in seconds of CLOCK_REALTIME."""
        time.sleep(BLOCK_SECONDS)
        self.stop(signal.SIGINT)
        dropped = re.search(r"(\d+) packets? dropped by kernel", self.log.read_text())
        if not dropped or dropped[1] != "0":
            raise Failure(f"tcpdump lost packets: {self.log.read_text()}")
        return read_connections(self.file.read_bytes(), self.port)


def packets(data):
    """Yields time in seconds and the IP packet's beginning."""
    magic, = struct.unpack_from("<I", data)
    link, = struct.unpack_from("<I", data, 20)
    if magic != 0xa1b23c4d or link != 1:
        raise Failure(f"not a nanosecond capture of Ethernet frames: {magic:#x}, {link}")
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, kept, _ = struct.unpack_from("<IIII", data, at)
        yield seconds + nanoseconds / 1e9, data[at + 30:at + 16 + kept]
        at += 16 + kept


def read_connections(data, port):
    connections, last = [], {}
    for at, ip in packets(data):
        header = (ip[0] & 15) * 4
        source, destination = struct.unpack_from(">HH", ip, header)
        flags = ip[header + 13]
        if destination == port and flags & 0x12 == 0x02:  # SYN, no ACK
            flow = last.get((ip[12:16], source, ip[16:20]))
            if flow is None or flow[2] is not None:  # else it is sent again
                flow = last[ip[12:16], source, ip[16:20]] = [socket.inet_ntoa(ip[16:20]), at, None]
                connections.append(flow)
        elif source == port:
            length = struct.unpack_from(">H", ip, 2)[0] - header - (ip[header + 12] >> 4) * 4
            flow = last.get((ip[16:20], destination, ip[12:16]))
            if flow is not None and length > 0 and length != CLOSE_NOTIFY_BYTES:
                flow[2] = at
    return [tuple(flow) for flow in connections if flow[2] is not None]


def errors(probes, connections):
    """For each probe, how far what it was said to last is from SYN to last byte of its
    own connection, in seconds. `probes` are dicts of url, start and total. The probes
    of one address began in the order of its connections: there are as many of both,
    and each SYN must follow its probe's start within TOLERANCE."""
    by_address = {}
    for address, syn, end in sorted(connections, key=lambda c: c[1]):
        by_address.setdefault(address, []).append((syn, end))
    found = []
    for address, some in group_by_address(probes).items():
        theirs = by_address.get(address, [])
        if len(theirs) != len(some):
            raise Failure(f"{len(some)} probes of {address} made {len(theirs)} connections")
        for probe, (syn, end) in zip(some, theirs):
            if not TOLERANCE[0] < syn - probe["start"] < TOLERANCE[1]:
                raise Failure(f"a probe began {syn - probe['start']:.3f} s before its SYN")
            found.append(abs(probe["total"] - (end - syn)))
    return found


def group_by_address(probes):
    groups = {}
    for probe in sorted(probes, key=lambda p: p["start"]):
        address = re.search(r"//([^:]+):", probe["url"])[1]
        groups.setdefault(address, []).append(probe)
    return groups
