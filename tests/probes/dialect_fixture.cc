#include "tests/probes/dialect_fixture.h"

#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "probes/json.h"

namespace heyhi {

Target MakeTarget(const TargetChoice& choice) {
  const Provider* known = FindProvider(choice.provider);
  const Provider& row = known == nullptr ? CompatibleProvider(choice.dialect) : *known;
  Target target;
  target.id = {choice.provider, choice.model, choice.check, "local"};
  target.dialect = choice.dialect.empty() ? std::string(row.dialect) : choice.dialect;
  target.error_rules = row.error_rules;
  target.base_url = choice.base_url.empty() ? std::string(row.base_url) : choice.base_url;
  target.api_key = Secret("test-key");
  target.call = FormCall(row, {target.dialect, target.base_url, choice.model, choice.api_version});
  return target;
}

HttpRequest RequestOf(const Target& target) {
  return FindDialect(target.dialect)->build_request(target);
}

HttpRequest RequestFor(const TargetChoice& choice) { return RequestOf(MakeTarget(choice)); }

std::string HeaderOf(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

Answer ReadWhole(const Dialect& dialect, const std::string& text) {
  const auto document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.has_value()) << text;
  return document.has_value() ? dialect.read_answer(document->root()) : Answer();
}

StreamReading ReadEvents(const Dialect& dialect, const std::vector<NamedEvent>& events) {
  StreamReading reading;
  for (const auto& [name, data] : events) {
    const auto document = JsonDocument::Parse(data);
    EXPECT_TRUE(document.has_value()) << data;
    if (document.has_value()) dialect.read_event(name, document->root(), &reading);
  }
  return reading;
}

std::vector<std::string> WithRubbish(const std::string& text) {
  std::vector<std::string> texts;
  for (const char* rubbish : {"null", "false", "7", R"("x")", "[]", "{}", "[null]", "[{}]"}) {
    texts.push_back(absl::StrReplaceAll(text, {{"@", rubbish}}));
  }
  return texts;
}

}  // namespace heyhi
