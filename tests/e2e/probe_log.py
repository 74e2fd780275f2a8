"""An exporter whose log is read for how single probes ended."""

import collections
import re

from programs import Exporter

# `at` is the line's place in the log; `reason` and `fault` are "" where the probe did not fail.
Result = collections.namedtuple("Result", "at target outcome reason fault")

_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


class WatchedExporter(Exporter):
    """At log level debug."""

    def __init__(self, config, environment=None, wrapper=()):
        self._results = []
        super().__init__(config, environment, ["--log.level=debug"], wrapper)

    def _read(self):
        for line in self.process.stdout:
            if 'msg="probe ended"' in line:
                fields = dict(_FIELD.findall(line))
                self._results.append(Result(len(self.log), fields["target"], fields["outcome"],
                                            fields.get("reason", ""), fields.get("fault", "")))
            self.log += line

    def mark(self):
        """The end of the log as it is now."""
        return len(self.log)

    def results(self, since=0):
        """Of the probes that ended since that mark."""
        return [result for result in self._results if result.at >= since]

    def failures(self, since=0):
        return [result for result in self.results(since) if result.outcome == "failed"]
