#ifndef HEYHI_EXPORTER_PROBE_REPORT_H_
#define HEYHI_EXPORTER_PROBE_REPORT_H_

#include <string>

#include "probes/prober.h"
#include "probes/target.h"

// One probe's result, told to people or to programs. Pure. Whatever comes from the
// provider is cleaned: it holds no key, and nothing that a terminal obeys.

namespace heyhi {

struct ReportOptions {
  std::string origin;  // where the target comes from: "as in heyhi.yml"; "" says nothing
  bool colour = false;
  // False shows "?" for what is not ASCII: to some terminals a part of a letter is
  // an order. HeyHi's own words are ASCII.
  bool utf8 = true;
};

// Lines of at most 80 columns, the verdict first. `result` is of `target`.
std::string ReportText(const Target& target, const ProbeResult& result,
                       const ReportOptions& options);

// One JSON object in one line, without a line feed; docs/probe.md lists its members.
// All are always there, null where nothing is known.
std::string ReportJson(const Target& target, const ProbeResult& result,
                       const ReportOptions& options);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_PROBE_REPORT_H_
