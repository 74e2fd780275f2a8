#ifndef HEYHI_PROBES_ERROR_BODY_H_
#define HEYHI_PROBES_ERROR_BODY_H_

#include <string>
#include <vector>

#include "probes/http_transport.h"
#include "probes/json.h"

namespace heyhi {

// An error answer brought into one form, whichever of the many shapes it had.
// All texts are empty where the answer lacks them.
struct ErrorBody {
  std::string type;
  std::string code;    // numbers as text
  std::string status;  // Google's word; of Mistral's stream errors the HTTP status they stand for
  std::string text;    // the message in lower case
  std::string param;   // the request's member that it is about, in lower case

  // Of `details`: Anthropic's error_code; of Google's list, its reasons and quota ids.
  std::string detail_code;
  bool has_detail_list = false;
  std::vector<std::string> detail_reasons;
  std::vector<std::string> quota_ids;
};

// True for an HTML page, by content type or first byte.
bool IsHtml(const HttpExchange& exchange);

// The element of a one-element array, which some servers wrap around everything;
// any other value itself.
JsonView UnwrapSingle(JsonView value);

// Reads the error out of a whole body: unwraps a one-element array, takes
// `error` as object or string, else the top-level members.
ErrorBody ReadErrorBody(JsonView body);

// Reads an error object (or a plain string) itself.
ErrorBody ReadErrorObject(JsonView error);

}  // namespace heyhi

#endif  // HEYHI_PROBES_ERROR_BODY_H_
