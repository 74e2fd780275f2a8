#ifndef HEYHI_PROBES_CA_BUNDLE_H_
#define HEYHI_PROBES_CA_BUNDLE_H_

#include <string>

#include "absl/status/status.h"

namespace heyhi {

// Whether a text is a PEM bundle with at least one certificate, all readable:
// libcurl would refuse a broken one at every probe.
absl::Status CheckCaBundle(const std::string& text);

}  // namespace heyhi

#endif  // HEYHI_PROBES_CA_BUNDLE_H_
