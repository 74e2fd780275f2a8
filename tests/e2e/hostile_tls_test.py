"""Providers that are not who they say, or do not finish saying it: row H-07 of
docs/reliability.md."""

import ssl
import unittest

import hostile_case
from hostile_case import Case
from hostile_certificates import FUTURE, PAST, Certificates, Identity
from hostile_server import HostileServer, answer_well, close, reset, stall, then_stall, trickle

TLS = ssl.TLSVersion


def cases(certificates, revocation_list):
    issue = certificates.issue
    good = issue("good")
    def wrong(name, identity, reasons, **versions):
        return Case("H-07", name, answer_well, reasons, context=identity.context(**versions))
    yield wrong("expired", issue("expired", when=PAST), "tls_expired")
    yield wrong("not-yet-valid", issue("early", when=FUTURE), "tls_expired")
    yield wrong("other-host", issue("other", hosts=["localhost.example"]), "tls_hostname")
    yield wrong("any-host", issue("any", hosts=["*"]), "tls_hostname")
    yield wrong("other-address", issue("address", hosts=["127.0.0.2"]), "tls_hostname")
    yield wrong("self-signed", issue("self", by=None), "tls_ca")
    stranger = issue("stranger", by=None, is_authority=True)
    yield wrong("unknown-authority", issue("strange", by=stranger), "tls_ca")
    # Good in itself, but it may not sign others.
    yield wrong("signed-by-a-server", with_chain(issue("child", by=good), good), "tls_ca")
    old = issue("old", is_authority=True, when=PAST)
    yield wrong("expired-authority", with_chain(issue("late", by=old), old), "tls_expired")
    yield wrong("chain-of-100-kilobytes", with_chain(issue("long"), *[good] * 300),
                "tls_protocol")
    for name, version in (("tls-1.0", TLS.TLSv1), ("tls-1.1", TLS.TLSv1_1)):
        yield wrong(name, good, "tls_protocol", lowest=version, highest=version)
    # Not checked, by design; nobody is asked about it either.
    yield wrong("revoked", issue("revoked", more=[
        f"crlDistributionPoints = URI:http://127.0.0.1:{revocation_list.port}/crl"]), "ok")

    def odd(name, behave, reasons):
        return Case("H-07", name, behave, reasons, at_once=True, context=good.context())
    yield odd("silent", stall, "tls")
    yield odd("silent-in-the-handshake", then_stall(b"\x16\x03\x03\x40\x00\x02"), "tls")
    yield odd("slow-handshake", trickle(b"\x16\x03\x03\x40\x00\x02", b"\0", 0.1), "tls")
    yield odd("plain-http", lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}"), "tls_protocol")
    yield odd("closes", close, "conn_closed conn_reset")
    # Where it falls into the connecting, the name's next address is tried, and refuses.
    yield odd("resets", reset, "conn_reset conn_refused")
    yield odd("alert", lambda c: c.sendall(b"\x15\x03\x03\x00\x02\x02\x28"), "tls_protocol")


def with_chain(identity, *others):
    return Identity(identity.key, [other.certificate for other in others])


class HostileTlsTest(hostile_case.HostileCrowdCase):
    @classmethod
    def setUpClass(cls):
        certificates = Certificates()
        cls.addClassCleanup(certificates.close)
        watched = HostileServer()
        cls.addClassCleanup(watched.close)
        cls.revocation_list = watched.listen()
        cls.start(cases(certificates, cls.revocation_list),
                  [f"ca_file: {certificates.authority.certificate}"])

    def test_h_07_each_has_its_reason(self):
        self.expect_row("H-07")

    def test_h_07_no_request_goes_to_strangers(self):
        for case in self.cases:
            if case.reasons != "ok" and not case.at_once:
                self.assertEqual(self.listeners[case.provider].requests, 0, case.provider)

    def test_h_07_nobody_is_asked_a_second_time(self):
        attempts = self.late.attempts()
        for case in self.cases:
            if not case.at_once:
                # One may have begun before the scrape, one since.
                self.assertLessEqual(self.connections[case.provider],
                                     attempts[case.provider] + 2, case.provider)

    def test_h_07_revocation_lists_are_not_fetched(self):
        self.assertEqual(self.revocation_list.connections, 0)


if __name__ == "__main__":
    unittest.main()
