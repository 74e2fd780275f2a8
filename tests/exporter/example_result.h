#ifndef HEYHI_TESTS_EXPORTER_EXAMPLE_RESULT_H_
#define HEYHI_TESTS_EXPORTER_EXAMPLE_RESULT_H_

#include "probes/prober.h"

namespace heyhi {

// Parts of the results that reports and pages are tested with.

// Of an https call: dns 12, connect 23, tls 41, waiting 350, receiving 5 ms.
HttpTimes ExampleTimes();

// Makes it one that failed by the limit of requests a minute.
void FailByRateLimit(ProbeResult* result);

}  // namespace heyhi

#endif  // HEYHI_TESTS_EXPORTER_EXAMPLE_RESULT_H_
