#ifndef HEYHI_PROBES_SECRET_H_
#define HEYHI_PROBES_SECRET_H_

#include <memory>
#include <string>

namespace heyhi {

// A key. It has no stream operator and no conversion to text, so that it cannot
// reach a log, a page or an error by accident: whoever needs the value asks for
// it by name.
//
// A handle to shared, immutable state, hence the shared_ptr: ten thousand targets
// share a few keys, and the value with what Redact looks for (up to 42 KB, made in
// 0.1 ms) should be in memory once. Copies are cheap, and safe to use from any
// thread.
class Secret {
 public:
  Secret() = default;  // empty, as is one that was moved from
  explicit Secret(std::string value);

  bool empty() const { return state_ == nullptr; }
  // For the request's authorization header only. Lasts as long as any copy.
  const std::string& Reveal() const;
  // Whether both are the same key, or both empty.
  friend bool operator==(const Secret& a, const Secret& b);

  // `text` with the key struck out: for whatever comes from outside, since a server
  // may echo the key. Looked for are the key itself and what others make of it:
  // percent-encoded, base64 (also as part of something longer), hex, escaped in JSON
  // or HTML, in upper or lower case, reversed. Of each form, any eight characters in
  // a row are struck; "[key]" stands for every unbroken run of them. Of a key under
  // eight characters, only whole forms of at least four are looked for. Text
  // without any of these comes back as it was. Linear: 5 KB take about 10 µs.
  //
  // Redact before cutting a text, and join what came in pieces before redacting:
  // a cut may leave a part of the key that is too short to be known.
  std::string Redact(const std::string& text) const;
  // `text` with the key struck out where it stands whole and as it is: for texts of our
  // own configuration, which may share words with a key, and are to be read again.
  std::string RedactWhole(const std::string& text) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace heyhi

#endif  // HEYHI_PROBES_SECRET_H_
