#ifndef HEYHI_TOOLS_EMULATOR_H_
#define HEYHI_TOOLS_EMULATOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "serving/log.h"
#include "tools/certificate.h"
#include "tools/latency.h"

namespace heyhi {

struct EmulatorOptions {
  // "" turns a listener off.
  std::string https_address = "127.0.0.1:0";
  std::string http_address = "127.0.0.1:0";
  std::string testdata = "tests/testdata";  // the folder of the recorded cases
  Latency latency;                          // of every answer that no fault gives another one
  std::uint64_t seed = 1;
  CertificateOptions certificate;
  Logger* logger = nullptr;  // optional; borrowed, must outlive the emulator
};

// Servers that answer as LLM providers do, healthy or with the faults that the
// admin endpoints (tools/emulator_admin.h) set. What paths there are says
// tools/emulator_call.h. No value of an Authorization header is kept or logged.
class Emulator {
 public:
  // A request struck by the action stall is reset after this long.
  static constexpr absl::Duration kStallLimit = absl::Seconds(120);

  // Listens until it is destroyed; stalled and delayed requests are then cut.
  virtual ~Emulator() = default;

  // The addresses in force, with the real port; "" for a listener turned off.
  virtual std::string https_address() const = 0;
  virtual std::string http_address() const = 0;
  // The certificate (PEM) that clients of the HTTPS listener must trust.
  virtual const std::string& ca_certificate() const = 0;
  virtual std::size_t case_count() const = 0;
};

absl::StatusOr<std::unique_ptr<Emulator>> StartEmulator(const EmulatorOptions& options);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_H_
