"""Networks of a test's own. A class that is decorated with @in_private_network runs in a
process of its own, in fresh network and mount namespaces with nothing but a loopback
device: what it does to addresses, packets and /etc reaches nobody else, and what the
programs send stays inside."""

import functools
import os
import pathlib
import subprocess
import sys
import unittest

from programs import HAS_PROC

_INSIDE = "HEYHI_IN_PRIVATE_NETWORK"
_COMMAND = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
if os.geteuid() != 0:
    _COMMAND.insert(1, "--map-root-user")


@functools.cache
def _refusal():
    """Why there can be no private network here, or ""."""
    try:
        result = subprocess.run([*_COMMAND, "ip", "link", "set", "lo", "up"], text=True,
                                capture_output=True, check=False)
    except OSError as error:
        return str(error)
    return result.stderr.strip() if result.returncode else ""


def in_private_network(test_case):
    """Class decorator. Where namespaces are not permitted its tests are skipped, but fail
    in CI, unless that is a bare chroot."""
    if os.environ.get(_INSIDE):
        return test_case

    class Outside(unittest.TestCase):
        def test_in_a_private_network(self):
            if why := _refusal():
                if os.environ.get("CI") == "true" and HAS_PROC:
                    self.fail(f"no private network in CI: {why}")
                self.skipTest(f"no private network here: {why}")
            script = pathlib.Path(sys.modules[test_case.__module__].__file__)
            result = subprocess.run(
                [*_COMMAND, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable,
                 script, test_case.__name__], text=True, capture_output=True, check=False,
                env={**os.environ, _INSIDE: "1"})
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stderr, r"(?m)^Ran [1-9]")

    Outside.__name__ = Outside.__qualname__ = test_case.__name__
    Outside.__module__ = test_case.__module__
    return Outside
