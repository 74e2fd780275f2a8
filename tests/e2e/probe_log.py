"""Reads from the exporter's log how single probes ended."""

import collections
import re

# `reason` and `fault` are "" where the probe did not fail.
Result = collections.namedtuple("Result", "target outcome reason fault")

_LINE = re.compile(r'^\S+ level=debug msg="probe ended" .*\n', re.M)
_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


def results(log, since=0):
    """Of the whole lines of the log from that position on."""
    found = []
    for line in _LINE.findall(log[since:]):
        fields = dict(_FIELD.findall(line))
        found.append(Result(fields["target"], fields["outcome"], fields.get("reason", ""),
                            fields.get("fault", "")))
    return found


def failures(log, since=0):
    return [result for result in results(log, since) if result.outcome == "failed"]
