#ifndef HEYHI_SERVING_SUGGESTION_H_
#define HEYHI_SERVING_SUGGESTION_H_

#include <string>
#include <vector>

namespace heyhi {

// The words for an error message: ` (did you mean "interval"?)` where one of
// `known` is at most two edits away from `word`, otherwise "".
std::string DidYouMean(const std::string& word, const std::vector<std::string>& known);

}  // namespace heyhi

#endif  // HEYHI_SERVING_SUGGESTION_H_
