#include "serving/log.h"

#include <poll.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "serving/utf8.h"

namespace heyhi {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

bool NeedsQuotes(const std::string& value) {
  if (value.empty()) return true;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

// JSON's escapes serve logfmt as well.
void AppendQuoted(std::string* out, std::string_view value) {
  out->push_back('"');
  while (!value.empty()) {
    const auto first = static_cast<unsigned char>(value[0]);
    const std::size_t length = Utf8Length(value);
    const bool c1_control =
        length == 2 && first == 0xc2 && static_cast<unsigned char>(value[1]) < 0xa0;
    if (length == 0) {
      out->append("\xef\xbf\xbd");  // U+FFFD: other bytes would make the JSON invalid
    } else if (first == '"' || first == '\\') {
      out->push_back('\\');
      out->push_back(value[0]);
    } else if (first == '\n') {
      out->append("\\n");
    } else if (first < 0x20 || first == 0x7f || c1_control) {
      out->append(absl::StrFormat("\\u%04x", static_cast<unsigned char>(value[length - 1])));
    } else {
      out->append(value.substr(0, length));
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out->push_back('"');
}

void AppendField(std::string* out, LogFormat format, const std::string& key,
                 const std::string& value) {
  if (format == LogFormat::kJson) {
    out->append(out->empty() ? "{" : ",");
    AppendQuoted(out, key);
    out->push_back(':');
    AppendQuoted(out, value);
    return;
  }
  if (!out->empty()) out->push_back(' ');
  out->append(key);
  out->push_back('=');
  if (NeedsQuotes(value)) {
    AppendQuoted(out, value);
  } else {
    out->append(value);
  }
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(const std::string& text) {
  for (int i = 0; i < 4; ++i) {
    if (kLevelNames[i] == text) return static_cast<LogLevel>(i);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("log level \"", text, "\": expected debug, info, warn or error"));
}

absl::StatusOr<LogFormat> ParseLogFormat(const std::string& text) {
  if (text == "logfmt") return LogFormat::kLogfmt;
  if (text == "json") return LogFormat::kJson;
  return absl::InvalidArgumentError(
      absl::StrCat("log format \"", text, "\": expected logfmt or json"));
}

absl::StatusOr<Logger::Options> ParseLogOptions(const std::string& level,
                                                const std::string& format) {
  const auto parsed_level = ParseLogLevel(level);
  if (!parsed_level.ok()) return parsed_level.status();
  const auto parsed_format = ParseLogFormat(format);
  if (!parsed_format.ok()) return parsed_format.status();
  Logger::Options options;
  options.level = *parsed_level;
  options.format = *parsed_format;
  return options;
}

std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          const std::string& message, std::initializer_list<LogField> fields) {
  std::string line;
  AppendField(&line, format, "ts",
              absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()));
  AppendField(&line, format, "level", std::string(kLevelNames[static_cast<int>(level)]));
  AppendField(&line, format, "msg", message);
  for (const LogField& field : fields) AppendField(&line, format, field.key, field.value);
  if (format == LogFormat::kJson) line.push_back('}');
  return line;
}

void Logger::Debug(const std::string& message, std::initializer_list<LogField> fields) {
  Write(LogLevel::kDebug, message, fields);
}
void Logger::Info(const std::string& message, std::initializer_list<LogField> fields) {
  Write(LogLevel::kInfo, message, fields);
}
void Logger::Warn(const std::string& message, std::initializer_list<LogField> fields) {
  Write(LogLevel::kWarn, message, fields);
}
void Logger::Error(const std::string& message, std::initializer_list<LogField> fields) {
  Write(LogLevel::kError, message, fields);
}

void Logger::Write(LogLevel level, const std::string& message,
                   std::initializer_list<LogField> fields) {
  if (level < options_.level) return;
  const absl::Time now = options_.now();
  const MutexLock lock(&mutex_);
  TellOfLeftOut(now);
  if (level != LogLevel::kDebug) {
    const std::optional<std::uint64_t> left_out = limiter_.Admit(message, now);
    if (!left_out.has_value()) return;
    TellOfLeftOut(message, *left_out);
  }
  if (dropped_ > 0 && WriteNow(LogLevel::kWarn, "log lines were dropped: nobody read them",
                               {{"count", absl::StrCat(dropped_)}})) {
    dropped_ = 0;
  }
  if (!WriteNow(level, message, fields)) ++dropped_;
}

Logger::~Logger() {
  const MutexLock lock(&mutex_);
  TellOfLeftOut(absl::InfiniteFuture());
}

void Logger::TellOfLeftOut(absl::Time now) {
  for (const auto& [message, lines] : limiter_.TakeLeftOut(now)) TellOfLeftOut(message, lines);
}

void Logger::TellOfLeftOut(const std::string& message, std::uint64_t lines) {
  if (lines == 0) return;
  if (!WriteNow(LogLevel::kWarn, "log lines were left out: too many said the same",
                {{"like", message}, {"lines", absl::StrCat(lines)}})) {
    dropped_ += lines;
  }
}

bool Logger::WriteNow(LogLevel level, const std::string& message,
                      std::initializer_list<LogField> fields) {
  return WriteLine(FormatLogLine(options_.format, options_.now(), level, message, fields) + "\n");
}

bool Logger::WriteLine(std::string line) {
  // A pipe that is ready takes this much without blocking (PIPE_BUF), in one piece.
  constexpr std::size_t kMaxLine = 4096;
  if (line.size() > kMaxLine) {
    line.resize(kMaxLine - 1);
    line.push_back('\n');
  }
  pollfd ready = {options_.fd, POLLOUT, 0};
  if (poll(&ready, 1, 0) <= 0 || (ready.revents & POLLOUT) == 0) return false;
  return write(options_.fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace heyhi
