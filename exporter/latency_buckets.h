#ifndef HEYHI_EXPORTER_LATENCY_BUCKETS_H_
#define HEYHI_EXPORTER_LATENCY_BUCKETS_H_

namespace heyhi {

// Upper bounds in seconds of the duration histograms. A threshold that a rule
// reads must be one of them, so they change only together with the rules.
inline constexpr double kDurationBuckets[] = {0.1, 0.25, 0.5, 0.75, 1,  1.5, 2,
                                              3,   5,    7.5, 10,   15, 20};
inline constexpr double kScheduledDurationBuckets[] = {0.5, 1, 2, 3, 5, 10, 20};

}  // namespace heyhi

#endif  // HEYHI_EXPORTER_LATENCY_BUCKETS_H_
