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

  // `text` with every occurrence of the value struck out: for whatever comes from
  // outside, since a server may echo the key. Keys of under four characters
  // are not looked for.
  std::string Redact(const std::string& text) const {
    constexpr std::size_t kShortest = 4;
    if (value_.size() < kShortest) return text;
    std::string result = text;
    for (auto at = result.find(value_); at != std::string::npos; at = result.find(value_, at)) {
      result.replace(at, value_.size(), kRedacted);
      at += sizeof kRedacted - 1;
    }
    return result;
  }

 private:
  static constexpr char kRedacted[] = "[key]";
  std::string value_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SECRET_H_
