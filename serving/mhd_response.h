#ifndef HEYHI_SERVING_MHD_RESPONSE_H_
#define HEYHI_SERVING_MHD_RESPONSE_H_

#include "serving/http_server.h"

struct MHD_Response;

namespace heyhi::internal {

// The library's form of a response; the caller destroys it. Part of the wall around
// libmicrohttpd.
MHD_Response* MakeMhdResponse(ServerResponse response);

}  // namespace heyhi::internal

#endif  // HEYHI_SERVING_MHD_RESPONSE_H_
