#include "exporter/maintenance_settings.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "serving/suggestion.h"

namespace heyhi {
namespace {

constexpr char kForm[] =
    "maintenance: expected windows such as {from: \"2026-12-01 02:00\", to: \"2026-12-01 04:30\", "
    "zone: Asia/Seoul} or {days: [sat, sun], from: \"22:00\", to: \"02:00\"}";
// absl::Weekday counts from Monday too.
constexpr const char* kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMinutesPerDay = 24 * 60;

// "22:00", up to "24:00"; false where it is no time of day.
bool ReadMinute(const std::string& text, int* minute) {
  int hour = 0;
  int rest = 0;
  if (text.size() != 5 || text[2] != ':' || !absl::SimpleAtoi(text.substr(0, 2), &hour) ||
      !absl::SimpleAtoi(text.substr(3), &rest) || hour < 0 || rest < 0 || rest > 59) {
    return false;
  }
  *minute = hour * 60 + rest;
  return *minute <= kMinutesPerDay;
}

// "2026-12-01 02:00" or "2026-12-01T02:00".
bool ReadDate(const std::string& text, absl::CivilMinute* minute) {
  std::string iso = text;
  if (iso.size() != 16) return false;
  if (iso[10] == ' ') iso[10] = 'T';
  return absl::ParseCivilTime(iso, minute);
}

// Of such a date as ReadDate takes.
std::string DateText(absl::CivilMinute minute) {
  return absl::StrFormat("%04d-%02d-%02d %02d:%02d", minute.year(), minute.month(), minute.day(),
                         minute.hour(), minute.minute());
}

class WindowReader {
 public:
  WindowReader(const YamlNode& node, int* line) : node_(node), line_(*line) {}

  absl::StatusOr<MaintenanceSetting> Read() {
    line_ = node_.line;
    if (node_.kind != YamlNode::Kind::kMap) return Error(node_.line, kForm);
    setting_.line = node_.line;
    for (const auto step : {&WindowReader::TakeKeys, &WindowReader::SetZone, &WindowReader::SetDays,
                            &WindowReader::SetTimes, &WindowReader::SetTargets}) {
      if (absl::Status status = (this->*step)(); !status.ok()) return status;
    }
    return std::move(setting_);
  }

 private:
  absl::Status Error(int line, const std::string& message) {
    line_ = line;
    return absl::InvalidArgumentError(message);
  }

  absl::Status TakeKeys() {
    const std::vector<std::string> keys = {"targets", "zone", "days", "from", "to"};
    for (const auto& [key, value] : node_.entries) {
      if (std::find(keys.begin(), keys.end(), key.scalar) == keys.end()) {
        return Error(key.line, absl::StrCat("maintenance: unknown key \"", key.scalar, "\"",
                                            DidYouMean(key.scalar, keys)));
      }
      values_[key.scalar] = &value;
    }
    if (Scalar("from").empty() || Scalar("to").empty()) return Error(node_.line, kForm);
    return absl::OkStatus();
  }

  std::string Scalar(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? "" : found->second->scalar;
  }

  absl::Status SetZone() {
    const auto found = values_.find("zone");
    if (found == values_.end()) return absl::OkStatus();
    if (absl::LoadTimeZone(found->second->scalar, &setting_.window.zone)) return absl::OkStatus();
    return Error(found->second->line,
                 absl::StrCat("maintenance: unknown time zone \"", found->second->scalar,
                              "\": expected a name such as Asia/Seoul (the package tzdata knows "
                              "them)"));
  }

  absl::Status SetDays() {
    const auto found = values_.find("days");
    MaintenanceWindow& window = setting_.window;
    int minute = 0;
    window.weekly = found != values_.end() || ReadMinute(Scalar("from"), &minute);
    if (found == values_.end()) {
      std::fill(std::begin(window.days), std::end(window.days), window.weekly);
      return absl::OkStatus();
    }
    const YamlNode& days = *found->second;
    for (const YamlNode& day : days.items) {
      const auto* name =
          std::find(std::begin(kDays), std::end(kDays), absl::AsciiStrToLower(day.scalar));
      if (name == std::end(kDays)) break;
      window.days[name - std::begin(kDays)] = true;
    }
    const auto set = std::count(std::begin(window.days), std::end(window.days), true);
    if (set > 0 && static_cast<std::size_t>(set) == days.items.size()) return absl::OkStatus();
    return Error(days.line,
                 "maintenance: days: expected a list of mon, tue, wed, thu, fri, sat, sun, each "
                 "once");
  }

  absl::Status SetTimes() {
    MaintenanceWindow& window = setting_.window;
    const std::string from = Scalar("from");
    const std::string to = Scalar("to");
    if (window.weekly) {
      if (ReadMinute(from, &window.from_minute) && ReadMinute(to, &window.to_minute) &&
          window.from_minute != window.to_minute && window.from_minute < kMinutesPerDay) {
        return absl::OkStatus();
      }
      return Error(values_["from"]->line,
                   absl::StrCat("maintenance: a window without dates needs two different times of "
                                "day, from \"00:00\" to \"24:00\", not \"",
                                from, "\" and \"", to, "\""));
    }
    for (const auto& [key, date] : {std::pair("from", &window.from), {"to", &window.to}}) {
      if (ReadDate(Scalar(key), date)) continue;
      return Error(values_[key]->line, absl::StrCat("maintenance: ", key,
                                                    ": expected a date and time such as "
                                                    "\"2026-12-01 02:00\", not \"",
                                                    Scalar(key), "\""));
    }
    if (window.from < window.to) return absl::OkStatus();
    return Error(values_["to"]->line,
                 absl::StrCat("maintenance: the window closes (", to, ") before it opens (", from,
                              "): swap from and to"));
  }

  absl::Status SetTargets() {
    const auto found = values_.find("targets");
    if (found == values_.end()) return absl::OkStatus();
    setting_.line = found->second->line;
    for (const YamlNode& target : found->second->items) {
      if (target.kind == YamlNode::Kind::kScalar && !target.scalar.empty()) {
        setting_.window.targets.push_back(target.scalar);
      }
    }
    if (!setting_.window.targets.empty() &&
        setting_.window.targets.size() == found->second->items.size()) {
      return absl::OkStatus();
    }
    return Error(setting_.line,
                 "maintenance: targets: expected a list such as [openai, "
                 "anthropic/claude-haiku-5-5]; leave it out for all");
  }

  const YamlNode& node_;
  int& line_;
  std::map<std::string, const YamlNode*> values_;
  MaintenanceSetting setting_;
};

}  // namespace

MaintenanceWords WordsOf(const MaintenanceWindow& window) {
  MaintenanceWords words;
  if (!window.weekly) {
    words.from = DateText(window.from);
    words.to = DateText(window.to);
    return words;
  }
  const auto time_of_day = [](int minute) {
    return absl::StrFormat("%02d:%02d", minute / 60, minute % 60);
  };
  words.from = time_of_day(window.from_minute);
  words.to = time_of_day(window.to_minute);
  for (std::size_t i = 0; i < std::size(kDays); ++i) {
    if (window.days[i]) words.days.emplace_back(kDays[i]);
  }
  return words;
}

absl::StatusOr<std::vector<MaintenanceSetting>> ReadMaintenance(const YamlNode& node, int* line) {
  *line = node.line;
  if (node.kind != YamlNode::Kind::kSequence) return absl::InvalidArgumentError(kForm);
  std::vector<MaintenanceSetting> settings;
  for (const YamlNode& item : node.items) {
    auto setting = WindowReader(item, line).Read();
    if (!setting.ok()) return setting.status();
    settings.push_back(*std::move(setting));
  }
  return settings;
}

}  // namespace heyhi
