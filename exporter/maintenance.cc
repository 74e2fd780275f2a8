#include "exporter/maintenance.h"

#include <algorithm>

namespace heyhi {
namespace {

struct Span {
  absl::Time from;
  absl::Time to;
};

absl::Time Opening(const absl::TimeZone& zone, absl::CivilMinute minute) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(minute));
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

absl::Time Closing(const absl::TimeZone& zone, absl::CivilMinute minute) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(minute));
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.post;
}

Span OnDay(const MaintenanceWindow& window, absl::CivilDay day) {
  const absl::CivilDay last = window.to_minute > window.from_minute ? day : day + 1;
  return {Opening(window.zone, absl::CivilMinute(day) + window.from_minute),
          Closing(window.zone, absl::CivilMinute(last) + window.to_minute)};
}

// The openings of a window that may matter at `at`: of a weekly one those of
// yesterday (it may still be open) and of the eight days that follow.
std::vector<Span> SpansAround(const MaintenanceWindow& window, absl::Time at) {
  if (!window.weekly) {
    return {{Opening(window.zone, window.from), Closing(window.zone, window.to)}};
  }
  std::vector<Span> spans;
  const absl::CivilDay today = absl::ToCivilDay(at, window.zone);
  for (absl::CivilDay day = today - 1; day <= today + 8; ++day) {
    if (window.days[static_cast<int>(absl::GetWeekday(day))]) spans.push_back(OnDay(window, day));
  }
  return spans;
}

}  // namespace

bool NamesTarget(const std::string& pattern, const TargetId& target) {
  const std::string model = target.provider + "/" + target.model;
  return pattern == target.provider || pattern == model || pattern == target.Name();
}

bool MaintenanceWindow::Covers(const TargetId& target) const {
  return targets.empty() ||
         std::any_of(targets.begin(), targets.end(), [&target](const std::string& pattern) {
           return NamesTarget(pattern, target);
         });
}

bool MaintenanceWindow::IsOpen(absl::Time at) const {
  for (const Span& span : SpansAround(*this, at)) {
    if (span.from <= at && at < span.to) return true;
  }
  return false;
}

absl::Time MaintenanceWindow::NextChange(absl::Time at) const {
  absl::Time next = absl::InfiniteFuture();
  for (const Span& span : SpansAround(*this, at)) {
    if (span.from > at) next = std::min(next, span.from);
    if (span.to > at) next = std::min(next, span.to);
  }
  return next;
}

}  // namespace heyhi
