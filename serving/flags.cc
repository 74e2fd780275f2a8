#include "serving/flags.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "serving/suggestion.h"

namespace heyhi {

FlagSet::FlagSet(std::string program, std::string summary)
    : program_(std::move(program)), summary_(std::move(summary)) {}

void FlagSet::AddString(const std::string& name, std::string* value, const std::string& placeholder,
                        const std::string& help) {
  flags_.push_back({name, Kind::kString, value, placeholder, help, *value});
}

void FlagSet::AddList(const std::string& name, std::vector<std::string>* value,
                      const std::string& placeholder, const std::string& help) {
  flags_.push_back({name, Kind::kList, value, placeholder, help, absl::StrJoin(*value, ", ")});
}

void FlagSet::AddBool(const std::string& name, bool* value, const std::string& help) {
  flags_.push_back({name, Kind::kBool, value, "", help, *value ? "true" : ""});
}

FlagSet::Flag* FlagSet::Find(const std::string& name) {
  for (Flag& flag : flags_) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

absl::Status FlagSet::UnknownFlag(const std::string& argument, const std::string& name) const {
  std::vector<std::string> names;
  for (const Flag& flag : flags_) names.push_back(absl::StrCat("--", flag.name));
  return absl::InvalidArgumentError(absl::StrCat("unknown flag \"", argument, "\"",
                                                 DidYouMean(absl::StrCat("--", name), names),
                                                 ", try --help"));
}

absl::Status FlagSet::Store(Flag& flag, const std::string& text) {
  switch (flag.kind) {
    case Kind::kBool:
      if (text != "true" && text != "false") {
        return absl::InvalidArgumentError(
            absl::StrCat("flag --", flag.name, ": expected true or false, not \"", text, "\""));
      }
      *static_cast<bool*>(flag.value) = text == "true";
      break;
    case Kind::kString:
      if (flag.seen) {
        return absl::InvalidArgumentError(absl::StrCat("flag --", flag.name, " is given twice"));
      }
      *static_cast<std::string*>(flag.value) = text;
      break;
    case Kind::kList: {
      auto& list = *static_cast<std::vector<std::string>*>(flag.value);
      if (!flag.seen) list.clear();
      list.push_back(text);
      break;
    }
  }
  flag.seen = true;
  return absl::OkStatus();
}

absl::Status FlagSet::Parse(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string argument = arguments[i] == "-h" ? "--help" : arguments[i];
    if (!absl::StartsWith(argument, "--")) {
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected argument \"", argument, "\", try --help"));
    }
    const auto equals = argument.find('=');
    const bool has_value = equals != std::string::npos;
    const std::string name = argument.substr(2, has_value ? equals - 2 : std::string::npos);
    Flag* flag = Find(name);
    if (flag == nullptr && !has_value && absl::StartsWith(name, "no-")) {
      flag = Find(name.substr(3));
      if (flag != nullptr && flag->kind == Kind::kBool) {
        if (auto status = Store(*flag, "false"); !status.ok()) return status;
        continue;
      }
      flag = nullptr;
    }
    if (flag == nullptr) return UnknownFlag(argument.substr(0, equals), name);
    std::string text = has_value ? argument.substr(equals + 1) : "true";
    if (!has_value && flag->kind != Kind::kBool) {
      if (i + 1 == arguments.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("flag --", name, " needs a value: --", name, "=", flag->placeholder));
      }
      text = arguments[++i];
    }
    if (auto status = Store(*flag, text); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string FlagSet::HelpText() const {
  std::string text = absl::StrCat("usage: ", program_, " [flags]\n\n", summary_, "\n\nFlags:\n");
  for (const Flag& flag : flags_) {
    absl::StrAppend(&text, "  --", flag.kind == Kind::kBool ? "[no-]" : "", flag.name);
    if (flag.kind != Kind::kBool) {
      absl::StrAppend(&text, "=", flag.placeholder);
    }
    if (flag.kind == Kind::kList) absl::StrAppend(&text, " ...");
    absl::StrAppend(&text, "\n        ", flag.help);
    if (!flag.default_text.empty()) absl::StrAppend(&text, " (default: ", flag.default_text, ")");
    text.push_back('\n');
  }
  return text;
}

}  // namespace heyhi
