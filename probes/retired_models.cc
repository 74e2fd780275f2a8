#include "probes/retired_models.h"

#include <string_view>

namespace heyhi {
namespace {

// Whole names.
constexpr std::string_view kModels[] = {
    "claude-3-haiku-20240307",
    "gemini-1.5-flash",
    "grok-3",
    "grok-4-0709",
    "grok-code-fast-1",
    "deepseek-chat",
    "deepseek-reasoner",
    "llama-3.1-8b-instant",
    "llama-3.3-70b-versatile",
    "gpt-3.5-turbo",
    "gpt-4",
    "gpt-4.1-nano",
    "o1",
    "o3-mini",
    "o4-mini",
};

// Families of dated snapshots.
constexpr std::string_view kPrefixes[] = {"grok-4-fast-", "grok-4-1-fast-"};

}  // namespace

bool IsRetiredModel(const std::string& model) {
  for (const std::string_view retired : kModels) {
    if (model == retired) return true;
  }
  for (const std::string_view prefix : kPrefixes) {
    if (model.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace heyhi
