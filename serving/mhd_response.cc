#include "serving/mhd_response.h"

#include <microhttpd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace heyhi::internal {
namespace {

struct BodyReader {
  std::string body;
  std::size_t end = 0;
};

ssize_t ReadTruncatedBody(void* context, std::uint64_t position, char* buffer, std::size_t max) {
  const auto* reader = static_cast<BodyReader*>(context);
  if (position >= reader->end) return MHD_CONTENT_READER_END_WITH_ERROR;
  const std::size_t count = std::min<std::size_t>(max, reader->end - position);
  std::memcpy(buffer, reader->body.data() + position, count);
  return static_cast<ssize_t>(count);
}

void DeleteBodyReader(void* context) { delete static_cast<BodyReader*>(context); }

using SharedBody = std::shared_ptr<const std::string>;

void DeleteSharedBody(void* context) { delete static_cast<SharedBody*>(context); }

}  // namespace

// The body is moved or shared, never copied: slow readers hold many at once.
MHD_Response* MakeMhdResponse(ServerResponse response) {
  MHD_Response* result = nullptr;
  if (response.truncate_after.has_value() && *response.truncate_after < response.body.size()) {
    const std::size_t size = response.body.size();
    auto* reader = new BodyReader{std::move(response.body), *response.truncate_after};
    result = MHD_create_response_from_callback(size, 16384, &ReadTruncatedBody, reader,
                                               &DeleteBodyReader);
  } else {
    auto* body =
        new SharedBody(response.shared_body != nullptr
                           ? std::move(response.shared_body)
                           : std::make_shared<const std::string>(std::move(response.body)));
    // The library wants a mutable pointer but only reads from it.
    result = MHD_create_response_from_buffer_with_free_callback_cls(
        (*body)->size(), const_cast<char*>((*body)->data()), &DeleteSharedBody, body);
  }
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(result, name.c_str(), value.c_str());
  }
  return result;
}

}  // namespace heyhi::internal
