#include "exporter/landing_page.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "probes/reason.h"

namespace heyhi {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string FormatLatency(absl::Duration latency) {
  const double seconds = absl::ToDoubleSeconds(latency);
  return seconds < 1 ? absl::StrFormat("%.0f ms", seconds * 1000)
                     : absl::StrFormat("%.2f s", seconds);
}

std::string TimeAgo(absl::Time time, absl::Time now) {
  const std::string exact = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
  return absl::StrCat("<time datetime=\"", exact, "\" title=\"", exact, "\">",
                      FormatAge(now - time), " ago</time>");
}

std::string ScheduleWords(const TargetStanding& standing) {
  const absl::Duration unit = absl::Seconds(standing.interval < absl::Seconds(10) ? 0.001 : 1);
  if (standing.state == TargetState::kPaused) return "paused for maintenance";
  return absl::StrCat(
      absl::StrReplaceAll(std::string(TargetStateName(standing.state)), {{"_", " "}}), ", every ",
      absl::FormatDuration(absl::Trunc(standing.interval, unit)));
}

// Which model answered, where it was not the one asked for.
std::string ReroutedNote(const ProbeResult& last) {
  if (!last.rerouted.value_or(false)) return "";
  return absl::StrCat("another model answers: ", last.served_model);
}

// The word, its CSS class, and the sentence beside it.
struct Headline {
  std::string word;
  std::string css_class;
  std::string sentence;
};

Headline Summarise(const TargetStanding& standing, absl::Time now) {
  if (!standing.last.has_value() && standing.state == TargetState::kPaused) {
    return {"paused", "waiting", "a maintenance window is open"};
  }
  if (!standing.last.has_value()) return {"waiting", "waiting", "first probe is on its way"};
  const ProbeResult& last = *standing.last;
  switch (last.outcome) {
    case Outcome::kOk:
      return {"ok", "ok", ReroutedNote(last)};
    case Outcome::kSlow:
      return {"slow", "slow",
              absl::StrCat("answered rightly, but after more than ",
                           FormatLatency(standing.target->slow_after))};
    case Outcome::kFailed:
      break;
  }
  return {"failed", "failed",
          absl::StrCat(std::string(ErrorTypeName(last.error_type)), " (",
                       std::string(ReasonName(*last.reason)), ") for ",
                       FormatAge(now - standing.unchanged_since.value_or(now)),
                       ", fault: ", std::string(FaultName(last.fault)), ". ", AdviceFor(last))};
}

void AppendRow(std::string* page, const TargetStanding& standing, absl::Time now) {
  const Headline headline = Summarise(standing, now);
  const Target& target = *standing.target;
  const std::string check = Escape(target.id.check);
  absl::StrAppend(page, "<tr class=\"", headline.css_class, "\"><th scope=\"row\">",
                  Escape(target.id.provider), "<span class=\"model\">", Escape(target.id.model),
                  "<span class=\"narrow\"> (", check, ")</span></span></th><td class=\"wide\">",
                  check, "</td><td><span class=\"badge\">", headline.word, "</span></td>");
  if (standing.last.has_value()) {
    const ProbeResult& last = *standing.last;
    const std::string status = last.http_status > 0 ? absl::StrCat(last.http_status) : "–";
    absl::StrAppend(
        page, "<td class=\"number\">", FormatLatency(last.times.total),
        "</td><td class=\"number wide\">", status, "</td><td class=\"wide\">",
        TimeAgo(last.completed_at, now), "</td><td>",
        standing.last_success_at.has_value() ? TimeAgo(*standing.last_success_at, now) : "not yet",
        "</td>");
  } else {
    absl::StrAppend(
        page,
        "<td class=\"number\">–</td><td class=\"number wide\">–</td><td class=\"wide\">–</td>"
        "<td>–</td>");
  }
  absl::StrAppend(page, "<td class=\"wide\">", ScheduleWords(standing), "</td></tr>\n");
  if (!headline.sentence.empty()) {
    absl::StrAppend(page, "<tr class=\"why\"><td colspan=\"8\">", Escape(headline.sentence),
                    "</td></tr>\n");
  }
}

std::string Verdict(const std::vector<TargetStanding>& targets) {
  const auto count = [&targets](Outcome outcome) {
    return std::count_if(targets.begin(), targets.end(), [outcome](const TargetStanding& t) {
      return t.last.has_value() && t.last->outcome == outcome;
    });
  };
  const auto paused = std::count_if(targets.begin(), targets.end(), [](const auto& t) {
    return !t.last.has_value() && t.state == TargetState::kPaused;
  });
  const auto waiting = std::count_if(targets.begin(), targets.end(), [](const auto& t) {
    return !t.last.has_value() && t.state != TargetState::kPaused;
  });
  const auto failed = count(Outcome::kFailed);
  const auto slow = count(Outcome::kSlow);
  std::string text =
      absl::StrCat(count(Outcome::kOk), " of ", targets.size(), " targets answer well");
  if (slow > 0) absl::StrAppend(&text, ", ", slow, " slow");
  if (failed > 0) absl::StrAppend(&text, ", ", failed, " failing");
  if (paused > 0) absl::StrAppend(&text, ", ", paused, " paused");
  if (waiting > 0) absl::StrAppend(&text, ", ", waiting, " waiting for the first probe");
  return text;
}

}  // namespace

std::string FormatAge(absl::Duration age) {
  if (age < absl::ZeroDuration()) age = absl::ZeroDuration();
  if (age < absl::Seconds(100)) return absl::StrCat(absl::ToInt64Seconds(age), " s");
  if (age < absl::Minutes(100)) return absl::StrCat(absl::ToInt64Minutes(age), " min");
  if (age < absl::Hours(100)) return absl::StrCat(absl::ToInt64Hours(age), " h");
  return absl::StrCat(absl::ToInt64Hours(age) / 24, " d");
}

std::string RenderLandingPage(const LandingPageFacts& facts) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"refresh\" content=\"10\">\n"
      "<title>HeyHi exporter</title>\n<link rel=\"stylesheet\" href=\"landing.css\">\n"
      "</head>\n<body>\n";
  if (facts.demo) {
    page.append(
        "<p class=\"demo\"><strong>DEMO:</strong> these providers are simulated on "
        "this machine. Nothing here says anything about the real ones.</p>\n");
  }
  if (!facts.network_up) {
    page.append(
        "<p class=\"demo\"><strong>Own network down:</strong> this exporter cannot reach its "
        "canaries either. What fails now is counted as the network's fault, not the "
        "providers'.</p>\n");
  }
  absl::StrAppend(&page,
                  "<header><h1>HeyHi exporter</h1><p>Calls LLM APIs and tells whether they are "
                  "up, slow or failing, and whose fault it is. Seen from region <strong>",
                  Escape(facts.region), "</strong>.</p></header>\n<main>\n<p class=\"verdict\">",
                  Verdict(facts.targets),
                  "</p>\n<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">Target</th>"
                  "<th scope=\"col\" class=\"wide\">Check</th><th scope=\"col\">Last result</th>"
                  "<th scope=\"col\" class=\"number\">Took</th>"
                  "<th scope=\"col\" class=\"number wide\">HTTP</th><th scope=\"col\" "
                  "class=\"wide\">Probed</th>"
                  "<th scope=\"col\">Last worked</th><th scope=\"col\" "
                  "class=\"wide\">Schedule</th></tr></thead>\n"
                  "<tbody>\n");
  for (const TargetStanding& standing : facts.targets) AppendRow(&page, standing, facts.now);
  absl::StrAppend(&page,
                  "</tbody>\n</table></div>\n</main>\n<nav aria-label=\"Endpoints\"><ul>"
                  "<li><a href=\"metrics\">Metrics</a></li>"
                  "<li><a href=\"config\">Configuration</a></li>"
                  "<li><a href=\"-/healthy\">Healthy</a></li>"
                  "<li><a href=\"-/ready\">Ready</a></li></ul></nav>\n<footer>heyhi-exporter ",
                  Escape(facts.version), ", ",
                  absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", facts.now, absl::UTCTimeZone()),
                  ", reloads every 10 s</footer>\n</body>\n</html>\n");
  return page;
}

}  // namespace heyhi
