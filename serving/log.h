#ifndef HEYHI_SERVING_LOG_H_
#define HEYHI_SERVING_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "serving/log_limiter.h"
#include "serving/mutex.h"

namespace heyhi {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

// Parse the values of --log.level and --log.format; the error lists what is accepted.
absl::StatusOr<LogLevel> ParseLogLevel(const std::string& text);
absl::StatusOr<LogFormat> ParseLogFormat(const std::string& text);

struct LogField {
  std::string key;
  std::string value;
};

// One line for one event, without a line feed. Control characters and quotes in
// values are escaped and invalid UTF-8 is replaced, so an outside text cannot
// forge a line, or make one unreadable.
std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          const std::string& message, std::initializer_list<LogField> fields);

// Writes lines to a file descriptor, each in one write(2) of at most 4096 bytes.
// Never waits for a reader: while a pipe is full, lines are dropped, and counted
// in the first line that fits again. Of lines that say the same, as LogLimiter counts, the
// rest is left out and counted; at debug all are written. Messages are texts of the program:
// what comes from outside stands in fields. Thread-safe.
class Logger {
 public:
  struct Options {
    LogLevel level = LogLevel::kInfo;
    LogFormat format = LogFormat::kLogfmt;
    int fd = 2;  // borrowed
    absl::Time (*now)() = &absl::Now;
  };

  explicit Logger(Options options) : options_(options) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  // Tells of the lines that were left out, and of which nothing was said yet.
  ~Logger();

  void Debug(const std::string& message, std::initializer_list<LogField> fields = {});
  void Info(const std::string& message, std::initializer_list<LogField> fields = {});
  void Warn(const std::string& message, std::initializer_list<LogField> fields = {});
  void Error(const std::string& message, std::initializer_list<LogField> fields = {});

 private:
  void Write(LogLevel level, const std::string& message, std::initializer_list<LogField> fields);
  // Of messages that have gone quiet.
  void TellOfLeftOut(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellOfLeftOut(const std::string& message, std::uint64_t lines)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WriteNow(LogLevel level, const std::string& message, std::initializer_list<LogField> fields)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False where the line was not taken whole.
  bool WriteLine(std::string line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  Mutex mutex_;
  LogLimiter limiter_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The options that the values of --log.level and --log.format ask for.
absl::StatusOr<Logger::Options> ParseLogOptions(const std::string& level,
                                                const std::string& format);

}  // namespace heyhi

#endif  // HEYHI_SERVING_LOG_H_
