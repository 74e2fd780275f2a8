#ifndef HEYHI_EXPORTER_HEALTH_CHECK_H_
#define HEYHI_EXPORTER_HEALTH_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace heyhi {

// Asks the exporter that serves on that address of this machine whether it is healthy, for
// containers without curl. One that wants a password or a client's certificate says so,
// which is an answer too; so is a certificate for another name than the address, or of an
// authority that this process does not know: with `tls` that much is looked at, no more.
// Errors say what was asked and what came of it. InitNetwork must have been called.
absl::Status CheckHealth(const std::string& listen_address, bool tls);

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_HEALTH_CHECK_H_
