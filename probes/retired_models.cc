#include "probes/retired_models.h"

#include "absl/strings/strip.h"
#include "probes/model_name.h"

namespace heyhi {
namespace {

// State of 2026-11-22, by day.
constexpr RetiredModel kModels[] = {
    {"gemini-1.5-flash", absl::CivilDay(2025, 10, 2), ""},
    {"claude-3-haiku-20240307", absl::CivilDay(2026, 4, 14), ""},
    {"grok-3", absl::CivilDay(2026, 5, 15), ""},
    {"grok-4-0709", absl::CivilDay(2026, 5, 15), ""},
    {"grok-4-fast-*", absl::CivilDay(2026, 5, 15), ""},
    {"grok-4-1-fast-*", absl::CivilDay(2026, 5, 15), ""},
    {"grok-code-fast-1", absl::CivilDay(2026, 5, 15), ""},
    {"deepseek-chat", absl::CivilDay(2026, 7, 24), ""},
    {"deepseek-reasoner", absl::CivilDay(2026, 7, 24), ""},
    {"llama-3.3-70b-versatile", absl::CivilDay(2026, 8, 16), ""},
    {"llama-3.1-8b-instant", absl::CivilDay(2026, 10, 3), ""},
    {"gpt-3.5-turbo", absl::CivilDay(2026, 10, 23), ""},
    {"gpt-4", absl::CivilDay(2026, 10, 23), ""},
    {"gpt-4.1-nano", absl::CivilDay(2026, 10, 23), ""},
    {"o1", absl::CivilDay(2026, 10, 23), ""},
    {"o3-mini", absl::CivilDay(2026, 10, 23), ""},
    {"o4-mini", absl::CivilDay(2026, 10, 23), ""},
    {"claude-sonnet-4-5", absl::CivilDay(2026, 11, 30), ""},
    // From this day on other models answer under these two names.
    {"gemini-2.5-flash", absl::CivilDay(2026, 12, 1), "gemini-3.5-flash-lite"},
    {"gemini-2.5-pro", absl::CivilDay(2026, 12, 1), "gemini-3.8-flash"},
    {"gpt-5-nano", absl::CivilDay(2026, 12, 11), ""},
    {"gpt-4o-mini", absl::CivilDay(2027, 1, 14), "gpt-6-luna"},
};

bool Matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

}  // namespace

const RetiredModel* FindRetiredModel(const std::string& model, absl::Time at) {
  const std::string name(absl::StripSuffix(BareModelName(model), "-latest"));
  const std::string base = WithoutSnapshot(name);
  const absl::CivilDay today = absl::ToCivilDay(at, absl::UTCTimeZone());
  for (const RetiredModel& retired : kModels) {
    if (today < retired.retired_on) continue;
    if (Matches(retired.pattern, name) || Matches(retired.pattern, base)) return &retired;
  }
  return nullptr;
}

bool IsRetiredModel(const std::string& model, absl::Time at) {
  return FindRetiredModel(model, at) != nullptr;
}

}  // namespace heyhi
