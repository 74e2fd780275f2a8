#ifndef HEYHI_PROBES_SECRET_H_
#define HEYHI_PROBES_SECRET_H_

#include <string>
#include <utility>

namespace heyhi {

// A key. It has no stream operator and no conversion to text, so that it cannot
// reach a log, a page or an error by accident: whoever needs the value asks for
// it by name.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  bool empty() const { return value_.empty(); }
  // For the request's authorization header only.
  const std::string& Reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SECRET_H_
