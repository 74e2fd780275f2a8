#ifndef HEYHI_SERVING_FILE_H_
#define HEYHI_SERVING_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heyhi {

// The content of the file, at most 16 MiB. Errors name the path and the system's word;
// NotFound where there is no such file.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// An error where others than its owner and group may read or write the file, as nobody
// should a private key.
absl::Status CheckPrivate(const std::string& path);

// Changes with the file: its device, number, size and time. Also where there is none.
std::string FileStamp(const std::string& path);

}  // namespace heyhi

#endif  // HEYHI_SERVING_FILE_H_
