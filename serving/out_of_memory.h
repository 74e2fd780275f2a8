#ifndef HEYHI_SERVING_OUT_OF_MEMORY_H_
#define HEYHI_SERVING_OUT_OF_MEMORY_H_

namespace heyhi {

// From now on there is a word on standard error, once, where memory runs out: the process
// ends then, or soon, and its supervisor starts it again. mimalloc by itself ends it in
// silence.
void SayWhenMemoryRunsOut();

}  // namespace heyhi

#endif  // HEYHI_SERVING_OUT_OF_MEMORY_H_
