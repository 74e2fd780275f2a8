#ifndef HEYHI_TOOLS_EMULATOR_ADMIN_H_
#define HEYHI_TOOLS_EMULATOR_ADMIN_H_

#include <string>

#include "serving/http_server.h"
#include "tools/emulator_cases.h"
#include "tools/emulator_faults.h"
#include "tools/emulator_requests.h"

// The provider emulator's own endpoints, with which tests and people steer it:
//   GET    /admin/faults     the faults in force, a JSON list
//   POST   /admin/faults     one fault as a JSON object (tools/emulator_fault.h): 201 with its id
//   DELETE /admin/faults     ends all faults
//   DELETE /admin/faults/ID  ends one fault
//   GET    /admin/cases      the names of the recorded cases, a JSON list
//   GET    /admin/requests   a JSON object by provider: "requests" (a count), "models" (counts
//                            by model) and "last" ("method", "path", "header_names", "body")
// Mistakes get a plain text that says what is accepted.

namespace heyhi {

// Whether `path` belongs to these endpoints and to no provider.
bool IsAdminPath(const std::string& path);

// Answers a request to an admin path. Thread-safe. A refused fault changes nothing.
ServerResponse AnswerAdmin(const ServerRequest& request, const EmulatorCases& cases,
                           const EmulatorRequests& requests, EmulatorFaults& faults);

}  // namespace heyhi

#endif  // HEYHI_TOOLS_EMULATOR_ADMIN_H_
