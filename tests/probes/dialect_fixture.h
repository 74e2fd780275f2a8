#ifndef HEYHI_TESTS_PROBES_DIALECT_FIXTURE_H_
#define HEYHI_TESTS_PROBES_DIALECT_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "probes/dialect.h"

namespace heyhi {

// What a target is made of; the rest is its provider's row, as a configuration
// that says no more would have it.
struct TargetChoice {
  std::string provider;  // a known one; "" for a compatible endpoint
  std::string model;
  std::string check = "chat";
  std::string dialect = "";      // the row's
  std::string base_url = "";     // the row's
  std::string api_version = "";  // the row's
};

// A target with the key "test-key".
Target MakeTarget(const TargetChoice& choice);

// The request of that target.
HttpRequest RequestOf(const Target& target);
HttpRequest RequestFor(const TargetChoice& choice);

// The value of the request's header of that name, or "(none)".
std::string HeaderOf(const HttpRequest& request, const std::string& name);

// Reads `text` as a whole answer. It must be JSON.
Answer ReadWhole(const Dialect& dialect, const std::string& text);

// An event's name ("" for none) and its data, which must be JSON.
using NamedEvent = std::pair<std::string, std::string>;
StreamReading ReadEvents(const Dialect& dialect, const std::vector<NamedEvent>& events);

// What answers are made of to see whether a dialect takes rubbish for an answer:
// `text` with each of null, false, 7, "x", [], {}, [null] and [{}] in place of '@'.
std::vector<std::string> WithRubbish(const std::string& text);

}  // namespace heyhi

#endif  // HEYHI_TESTS_PROBES_DIALECT_FIXTURE_H_
