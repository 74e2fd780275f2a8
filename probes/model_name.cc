#include "probes/model_name.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"

namespace heyhi {
namespace {

// One part of a snapshot suffix, longest first where one ends as another does.
// '#' is any digit, 'M' the first digit of a month, 'D' that of a day.
constexpr std::string_view kSnapshotParts[] = {
    "-preview-M#-D#", "-exp-M#-D#", "-20##-M#-D#", "-20##M#D#", "-M#-20##",
    "-####",          "-###",       "-preview",    "-exp",
};

bool Fits(char pattern, char c) {
  if (pattern == '#') return absl::ascii_isdigit(static_cast<unsigned char>(c));
  if (pattern == 'M') return c == '0' || c == '1';
  if (pattern == 'D') return c >= '0' && c <= '3';
  return pattern == absl::ascii_tolower(static_cast<unsigned char>(c));
}

// The length of the snapshot part that `name` ends in, or 0.
std::size_t LastPartLength(std::string_view name) {
  for (const std::string_view part : kSnapshotParts) {
    if (name.size() >= part.size() &&
        std::equal(part.begin(), part.end(), name.end() - static_cast<int>(part.size()), Fits)) {
      return part.size();
    }
  }
  return 0;
}

std::string_view StripSnapshot(std::string_view name) {
  for (std::size_t length = LastPartLength(name); length > 0; length = LastPartLength(name)) {
    name.remove_suffix(length);
  }
  return name;
}

// A name taken apart: the bare name and its tail with the sign, in lower case.
struct NameParts {
  std::string stem;
  std::string tail;
};

NameParts Split(const std::string& model) {
  std::string name = absl::AsciiStrToLower(model.substr(model.rfind('/') + 1));
  const std::size_t tail = std::min(name.find_first_of(":@"), name.size());
  return {name.substr(0, tail), name.substr(tail)};
}

// Names no particular variant.
bool IsDefault(std::string_view tail) {
  return tail.empty() || tail == "@default" || tail == "@latest" || tail == ":latest";
}

// "@20250929" or "@001", which others write with '-'.
bool IsPinned(std::string_view tail) {
  return tail.size() > 1 && tail[0] == '@' &&
         tail.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// What stands between the '-' of a name, but for empty words.
std::vector<std::string_view> Words(std::string_view name) {
  std::vector<std::string_view> words;
  while (!name.empty()) {
    const std::size_t length = std::min(name.find('-'), name.size());
    if (length > 0) words.push_back(name.substr(0, length));
    name.remove_prefix(std::min(length + 1, name.size()));
  }
  return words;
}

// A version, a day or a stage, but no size or kind of model.
bool TellsOnlyWhich(std::string_view word) {
  const bool numbers =
      word.find_first_not_of("0123456789.", word[0] == 'v' ? 1 : 0) == std::string_view::npos;
  return numbers || word == "preview" || word == "exp" || word == "latest";
}

// All the words of `wanted`, and besides them nothing that makes another model.
bool IsKindOf(std::string_view name, std::string_view wanted) {
  std::vector<std::string_view> all = Words(wanted);
  if (all.empty()) return false;
  std::sort(all.begin(), all.end());
  std::vector<std::string_view> words = Words(name);
  std::sort(words.begin(), words.end());
  std::vector<std::string_view> more;
  std::set_difference(words.begin(), words.end(), all.begin(), all.end(), std::back_inserter(more));
  return std::includes(words.begin(), words.end(), all.begin(), all.end()) &&
         std::all_of(more.begin(), more.end(), &TellsOnlyWhich);
}

}  // namespace

std::string BareModelName(const std::string& model) { return Split(model).stem; }

std::string WithoutSnapshot(const std::string& model) {
  const std::string_view name = std::string_view(model).substr(0, model.find('@'));
  const std::string_view stem = StripSnapshot(name);
  return stem.empty() ? model : std::string(stem);
}

bool IsSameModel(const std::string& asked, const std::string& served) {
  if (served.empty()) return true;
  const NameParts a = Split(asked);
  const NameParts s = Split(served);
  if (!IsDefault(a.tail) && !IsDefault(s.tail) && a.tail != s.tail) return false;
  if (s.stem.starts_with(a.stem)) {
    const std::string_view rest = std::string_view(s.stem).substr(a.stem.size());
    if (rest.empty()) return true;
    if (IsPinned(a.tail)) return rest[0] == '-' && rest.substr(1) == a.tail.substr(1);
    if (StripSnapshot(rest).empty()) return true;
  }
  constexpr std::string_view kLatest = "-latest";
  return a.stem.ends_with(kLatest) &&
         IsKindOf(s.stem, std::string_view(a.stem).substr(0, a.stem.size() - kLatest.size()));
}

}  // namespace heyhi
