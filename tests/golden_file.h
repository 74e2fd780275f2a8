#ifndef HEYHI_TESTS_GOLDEN_FILE_H_
#define HEYHI_TESTS_GOLDEN_FILE_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace heyhi {

// The content of a file of this project; "" where there is none.
inline std::string ReadGoldenFile(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// Expects that the file holds `text`. With HEYHI_UPDATE_GOLDEN in the environment it is
// written first.
inline void ExpectGoldenFile(const std::string& path, const std::string& text) {
  if (std::getenv("HEYHI_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  EXPECT_EQ(text, ReadGoldenFile(path))
      << path << ": if the change is wanted, run this test with HEYHI_UPDATE_GOLDEN=1";
}

}  // namespace heyhi

#endif  // HEYHI_TESTS_GOLDEN_FILE_H_
