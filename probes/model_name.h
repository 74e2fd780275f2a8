#ifndef HEYHI_PROBES_MODEL_NAME_H_
#define HEYHI_PROBES_MODEL_NAME_H_

#include <string>

// One model goes by many names: with a path, as an alias, pinned to a day. These
// read the names; names of any length and content are read in about linear time.

namespace heyhi {

// The name alone, in lower case: without "models/" or any other path up to the
// last '/', and without the tail that begins at ':' or '@' (":free", "@default").
std::string BareModelName(const std::string& model);

// The name without the snapshot suffix that pins it to a day or a build, and
// without a tail "@…": "gpt-4o" for "gpt-4o-2024-05-13". The rest stays as it
// is, path and case too. A snapshot suffix is one or more of
//   -YYYY-MM-DD   -YYYYMMDD   -MM-YYYY   - and three or four digits
//   -preview or -exp, also with -MM-DD after it.
// "-5" and ".1" are no snapshots: claude-haiku-5-5 is another model than
// claude-haiku-5. A name that is nothing but a suffix is returned whole.
std::string WithoutSnapshot(const std::string& model);

// Whether the model that answered is the one asked for. It is, paths and case
// apart, where the names are equal; where the served one is the asked one with
// a snapshot suffix; where "…-latest" was asked and the served name has all its
// other words; and where the answer names no model. Tails (":free",
// "@20250929") matter only where both names have one, or where the asked one is
// a snapshot and the served name has another. A snapshot that was asked for by
// its date is not the same as another date.
bool IsSameModel(const std::string& asked, const std::string& served);

}  // namespace heyhi

#endif  // HEYHI_PROBES_MODEL_NAME_H_
