#include "exporter/probe_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "exporter/probe_facts.h"
#include "exporter/terminal_text.h"

namespace heyhi {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 10;  // of the rows' texts
constexpr std::size_t kMostText = 2048;

std::string FormatLength(absl::Duration length) {
  const double seconds = absl::ToDoubleSeconds(length);
  if (seconds < 0.0005) return "<1 ms";
  if (seconds < 0.9995) return absl::StrFormat("%.0f ms", seconds * 1000);
  return absl::StrFormat("%.*f s", seconds < 9.995 ? 2 : 1, seconds);
}

// Two digits that mean something, and never "8.7e-06".
std::string FormatUsd(double usd) {
  if (!(usd > 0)) return "0 USD";
  const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(usd))), 2, 12);
  return absl::StrFormat("%.*f USD", decimals, usd);
}

std::string FormatShare(double share) {
  return absl::StrFormat("%.0f %%", std::floor(share * 100));
}

// How many of `width` cells each phase gets: in proportion, at least one for any
// that took time, `width` in all. All 0 where none took time.
std::vector<std::size_t> PhaseCells(const std::vector<Phase>& phases, std::size_t width) {
  std::vector<std::size_t> cells(phases.size(), 0);
  absl::Duration total = absl::ZeroDuration();
  for (const Phase& phase : phases) total += phase.length;
  if (total <= absl::ZeroDuration()) return cells;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const double share = absl::FDivDuration(phases[i].length, total);
    cells[i] = static_cast<std::size_t>(share * static_cast<double>(width));
    if (cells[i] == 0 && share > 0) cells[i] = 1;
  }
  // What rounding left over, or took too much, is the longest phase's.
  const std::size_t used = std::accumulate(cells.begin(), cells.end(), std::size_t{0});
  auto longest = std::max_element(cells.begin(), cells.end());
  *longest = *longest + width - used;
  return cells;
}

Colour ColourOf(char letter) {
  switch (letter) {
    case 'd':
      return Colour::kBlue;
    case 'c':
      return Colour::kCyan;
    case 't':
      return Colour::kMagenta;
    case 'w':
      return Colour::kYellow;
    default:
      return Colour::kGreen;
  }
}

class TextReport {
 public:
  TextReport(const Target& target, const ProbeResult& result, const ReportOptions& options)
      : target_(target), result_(result), options_(options) {}

  std::string Write() {
    WriteVerdict();
    WriteWhy();
    WriteTimes();
    WriteAnswer();
    WriteUsage();
    WriteBody();
    return std::move(text_);
  }

 private:
  void WriteVerdict();
  void WriteWhy();
  void WriteTimes();
  void WriteBar(const std::vector<Phase>& phases);
  void WriteAnswer();
  void WriteModel();
  void WriteUsage();
  void WriteBody();

  // Somebody else's text, fit to show; its line feeds are kept.
  std::string CleanLines(const std::string& text) const {
    const std::string clean =
        absl::StrReplaceAll(CleanText(text, target_.api_key, kMostText), {{"\t", "  "}});
    return options_.utf8 ? clean : AsciiOnly(clean);
  }
  // The same in one line.
  std::string Clean(const std::string& text) const {
    return absl::StrReplaceAll(CleanLines(text), {{"\n", " "}});
  }
  // The first value of that header (lower case) in the sample, or "".
  std::string SampledHeader(std::string_view name) const;

  std::string Paint(const std::string& text, Colour colour) const {
    return options_.colour ? Coloured(text, colour) : text;
  }
  void Line(const std::string& line) { absl::StrAppend(&text_, line, "\n"); }
  // The label, then the text beside it.
  void Row(const std::string& label, const std::string& text);
  // More of a row's text.
  void Continue(const std::string& text);

  const Target& target_;
  const ProbeResult& result_;
  const ReportOptions& options_;
  std::string text_;
};

std::string TextReport::SampledHeader(std::string_view name) const {
  if (!result_.sample.has_value()) return "";
  for (const auto& [header, value] : result_.sample->headers) {
    if (header == name) return Clean(value);
  }
  return "";
}

void TextReport::Row(const std::string& label, const std::string& text) {
  std::string beside = absl::StrFormat("%-*s", static_cast<int>(kIndent), label);
  for (const std::string& line : Wrap(text, kWidth - kIndent)) {
    Line(absl::StrCat(beside, line));
    beside.assign(kIndent, ' ');
  }
}

void TextReport::Continue(const std::string& text) { Row("", text); }

void TextReport::WriteVerdict() {
  const std::string name = Clean(result_.target.Name());
  std::string word = absl::AsciiStrToUpper(std::string(OutcomeName(result_.outcome)));
  std::string rest = absl::StrCat("in ", FormatLength(result_.times.total));
  Colour colour = Colour::kGreen;
  if (result_.outcome == Outcome::kSlow) {
    rest = absl::StrCat("answered rightly, but after more than ",
                        absl::FormatDuration(target_.slow_after));
    colour = Colour::kYellow;
  } else if (result_.outcome == Outcome::kFailed) {
    rest = absl::StrCat(std::string(ErrorTypeName(result_.error_type)), " (",
                        std::string(ReasonName(*result_.reason)),
                        "), fault: ", std::string(FaultName(result_.fault)),
                        MayBeTheWay(result_) ? ", or the way to it" : "");
    colour = Colour::kRed;
  }
  const bool one_line = Columns(name) + word.size() + rest.size() + 4 <= kWidth;
  if (one_line) {
    Line(absl::StrCat(name, "  ", Paint(word, colour), "  ", rest));
  } else {
    for (const std::string& line : Wrap(name, kWidth)) Line(line);
    Line(absl::StrCat(Paint(word, colour), "  ", rest));
  }
  if (result_.outcome == Outcome::kFailed) {
    for (const std::string& line : Wrap(FullAdvice(result_), kWidth)) Line(line);
  }
  Line("");
}

void TextReport::WriteWhy() {
  if (result_.outcome == Outcome::kFailed) {
    if (const std::string message = ProviderMessage(result_); !message.empty()) {
      Row("says", Clean(message));
    }
    if (!result_.rule.empty()) {
      Row("why", absl::StrCat("rule ", result_.rule, " of docs/errors.md"));
    } else if (!result_.detail.empty()) {
      Row("why", Clean(result_.detail));
    }
  }
  Row("called",
      Clean(absl::StrCat(target_.base_url, options_.origin.empty() ? "" : " ", options_.origin)));
  Row("at", absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", result_.started_at, absl::UTCTimeZone()));
}

void TextReport::WriteTimes() {
  const std::vector<Phase> phases = PhasesOf(result_.times);
  std::vector<std::string> lengths;
  for (const Phase& phase : phases) {
    const double milliseconds = absl::ToDoubleMilliseconds(phase.length);
    lengths.push_back(
        absl::StrCat(std::string(phase.word), " ",
                     milliseconds < 0.5 ? "<1" : absl::StrFormat("%.0f", milliseconds)));
  }
  Row("took",
      absl::StrCat(FormatLength(result_.times.total), ": ", absl::StrJoin(lengths, ", "), " ms"));
  WriteBar(phases);
  if (const std::optional<Phase> stopped = StoppedIn(result_)) {
    Continue(absl::StrCat("It stopped ", std::string(stopped->doing), "."));
  }
  if (result_.time_to_first_token.has_value()) {
    Row("stream", absl::StrCat("first token after ", FormatLength(*result_.time_to_first_token)));
  }
}

void TextReport::WriteBar(const std::vector<Phase>& phases) {
  constexpr std::size_t kBar = kWidth - kIndent - 2;
  const std::vector<std::size_t> cells = PhaseCells(phases, kBar);
  std::string bar;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const char letter = phases[i].word.front();
    if (cells[i] > 0) bar.append(Paint(std::string(cells[i], letter), ColourOf(letter)));
  }
  // Not Continue(): colours have no columns.
  if (!bar.empty()) Line(absl::StrCat(std::string(kIndent, ' '), "[", bar, "]"));
}

void TextReport::WriteAnswer() {
  const std::string from = Clean(result_.remote_address);
  if (result_.http_status > 0) {
    Row("status", absl::StrCat(result_.http_status, from.empty() ? "" : ", from ", from));
  } else if (!from.empty()) {
    Row("status", absl::StrCat("no answer from ", from));
  }
  if (const std::string wait = SampledHeader("retry-after"); !wait.empty()) {
    const bool seconds = wait.find_first_not_of("0123456789") == std::string::npos;
    Row("retry", absl::StrCat("after ", wait, seconds ? " s" : "", ", says the provider"));
  }
  if (!result_.request_id.empty()) {
    const bool failed = result_.outcome == Outcome::kFailed;
    Row("request",
        absl::StrCat(Clean(result_.request_id), failed ? " (quote it to their support)" : ""));
  }
  WriteModel();
}

void TextReport::WriteModel() {
  if (result_.served_model.empty()) return;
  const std::string asked = Clean(result_.target.model);
  const std::string served = Clean(result_.served_model);
  if (result_.rerouted.value_or(false)) {
    Row("model", absl::StrCat(asked, " was asked, another model answers: ", served));
  } else {
    Row("model", served == asked ? asked : absl::StrCat(asked, " (answered by ", served, ")"));
  }
}

void TextReport::WriteUsage() {
  const std::string cap = absl::StrCat("cap ", target_.call.token_cap);
  if (result_.usage.has_value()) {
    Row("tokens",
        absl::StrCat(result_.usage->input, " in, ", result_.usage->output, " out, ", cap, "; ",
                     result_.cost_usd.has_value()
                         ? absl::StrCat("cost ", FormatUsd(*result_.cost_usd))
                         : "price not known"));
  } else if (result_.outcome != Outcome::kFailed) {
    Row("tokens", absl::StrCat("the answer counts none; ", cap));
  }
  std::vector<std::string> limits;
  const RateLimitHeadroom& left = result_.headroom;
  if (left.requests.has_value())
    limits.push_back("requests " + FormatShare(*left.requests) + " left");
  if (left.tokens.has_value()) limits.push_back("tokens " + FormatShare(*left.tokens) + " left");
  if (!limits.empty()) Row("limits", absl::StrJoin(limits, ", "));

  constexpr absl::Duration kNotable = absl::Seconds(5);
  if (result_.clock_skew.has_value() && absl::AbsDuration(*result_.clock_skew) >= kNotable) {
    Row("clock",
        absl::StrCat("this machine's is ", FormatLength(absl::AbsDuration(*result_.clock_skew)),
                     *result_.clock_skew > absl::ZeroDuration() ? " ahead of" : " behind",
                     " the provider's"));
  }
}

void TextReport::WriteBody() {
  if (result_.outcome != Outcome::kFailed) return;
  if (const std::string page = StatusPage(result_);
      !page.empty() && result_.fault == Fault::kProvider) {
    Row("see", page);
  }
  if (!result_.sample.has_value()) return;
  constexpr std::size_t kMostLines = 8;
  const std::string body = CleanLines(result_.sample->body);
  std::vector<std::string> lines;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(body, '\n'))) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    for (std::string& piece : Wrap(line, kWidth - kIndent)) lines.push_back(std::move(piece));
  }
  if (lines.empty()) lines.emplace_back("empty");
  const bool cut = lines.size() > kMostLines;
  if (cut) lines.resize(kMostLines - 1);
  for (std::size_t i = 0; i < lines.size(); ++i) Row(i == 0 ? "body" : "", lines[i]);
  if (cut) Continue("(--json shows more)");
}

}  // namespace

std::string ReportText(const Target& target, const ProbeResult& result,
                       const ReportOptions& options) {
  return TextReport(target, result, options).Write();
}

}  // namespace heyhi
