"""A DNS server that answers as each name wants it."""

import itertools
import socket
import socketserver
import struct
import threading

A, AAAA = 1, 28
FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 1, 2, 3, 5


class Question:
    def __init__(self, data):
        self.data = data
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
        self.name = ".".join(labels).lower()
        (self.kind,) = struct.unpack_from("!H", data, at + 1)
        self.text = data[12:at + 5]  # as it goes back

    def reply(self, records=(), code=0, flags=0, number=None):
        """`records`: (type, data) pairs, all about the name asked for, with a TTL of 0."""
        number = self.data[:2] if number is None else number
        found = b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, 0, len(data)) + data
                         for kind, data in records)
        return number + struct.pack("!5H", 0x8180 | flags | code, 1, len(records), 0, 0) \
            + self.text + found


def addresses(*texts):
    """A behaviour: these. A behaviour gets a Question and returns the answer's bytes, or
    None for silence."""
    def behave(question):
        family = {A: socket.AF_INET, AAAA: socket.AF_INET6}.get(question.kind)
        return question.reply([(question.kind, socket.inet_pton(family, text)) for text in texts
                               if (":" in text) == (family == socket.AF_INET6)] if family else [])
    return behave


def code(number):
    return lambda question: question.reply(code=number)


def silence(_question):
    return None


def after(seconds, behave):
    def slow(question):
        threading.Event().wait(seconds)
        return behave(question)
    return slow


def in_turn(*behaviours):
    """One for each look-up: the questions for both families belong together."""
    turns = {kind: itertools.cycle(behaviours) for kind in (A, AAAA)}
    return lambda question: next(turns[question.kind])(question)


def alias_of_itself(question):
    return question.reply([(5, b"\xc0\x0c")])


def of_another_question(question):
    return question.reply([(A, b"\x7f\0\0\1")], number=b"\xff\xff")


def garbage(question):
    return question.data[:2] + b"\xff" * 400


def cut_short(question):
    return question.reply([(A, b"\x7f\0\0\1")])[:-7]


class DnsServer:
    """On 127.0.0.1, port 53, by UDP and TCP. Names without a behaviour, and all names while
    `server` (a HostileServer) is not hostile, have the address 127.0.0.1."""

    def __init__(self, server=None):
        self.names = {}
        self._server = server
        own = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                answer = own.answer(self.request[0])
                if answer is not None:
                    if len(answer) > 512:  # the rest by TCP, says the flag
                        answer = Question(self.request[0]).reply(flags=0x0200)
                    self.request[1].sendto(answer, self.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            def handle(self):
                while len(size := self.rfile.read(2)) == 2:
                    answer = own.answer(self.rfile.read(struct.unpack("!H", size)[0]))
                    if answer is not None:
                        self.wfile.write(struct.pack("!H", len(answer)) + answer)

        self._servers = [socketserver.ThreadingUDPServer(("127.0.0.1", 53), Udp),
                         socketserver.ThreadingTCPServer(("127.0.0.1", 53), Tcp)]
        for each in self._servers:
            each.daemon_threads = True
            each.block_on_close = False
            threading.Thread(target=each.serve_forever, daemon=True).start()

    def answer(self, data):
        question = Question(data)
        behave = self.names.get(question.name)
        if behave is None or not (self._server is None or self._server.hostile):
            behave = addresses("127.0.0.1")
        return behave(question)

    def close(self):
        for each in self._servers:
            each.shutdown()
            each.server_close()
