#ifndef HEYHI_PROBES_MODEL_LIST_H_
#define HEYHI_PROBES_MODEL_LIST_H_

#include "probes/http_transport.h"

namespace heyhi {

// True where `exchange` is a provider's list of models in any dialect: status 200
// and JSON that is no error and lists at least one model, each with its name. Not
// so an empty list, an error page or another call's answer: whatever stands in the
// API's place says nothing of a key. Pure; the bytes may be anything.
bool IsModelList(const HttpExchange& exchange);

}  // namespace heyhi

#endif  // HEYHI_PROBES_MODEL_LIST_H_
