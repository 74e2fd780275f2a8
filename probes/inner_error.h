#ifndef HEYHI_PROBES_INNER_ERROR_H_
#define HEYHI_PROBES_INNER_ERROR_H_

#include "probes/error_body.h"
#include "probes/reason.h"

namespace heyhi {

// An error that came under a success status, by its own code.
struct InnerError {
  ErrorType type = ErrorType::kOther;
  Reason stream_reason = Reason::kInStreamError;  // what it is called in a stream
  // Of kAuth: it says that the key is not known, and not that it lacks rights or
  // credit.
  bool doubts_key = false;
};

InnerError ClassifyInnerError(const ErrorBody& error);

}  // namespace heyhi

#endif  // HEYHI_PROBES_INNER_ERROR_H_
