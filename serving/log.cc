#include "serving/log.h"

#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace heyhi {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

bool NeedsQuotes(const std::string& value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

// JSON's escapes serve logfmt as well.
void AppendQuoted(std::string* out, const std::string& value) {
  out->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out->append(absl::StrFormat("\\u%04x", static_cast<unsigned>(c)));
    } else {
      out->push_back(c);
    }
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
  std::string line = FormatLogLine(options_.format, absl::Now(), level, message, fields);
  line.push_back('\n');
  const absl::MutexLock lock(&mutex_);
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t count = write(options_.fd, line.data() + written, line.size() - written);
    if (count <= 0) return;  // nowhere left to report it
    written += static_cast<std::size_t>(count);
  }
}

}  // namespace heyhi
