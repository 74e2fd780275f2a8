#include "serving/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace heyhi {
namespace {

// What zlib itself reads from a gzip text; nothing where that is damaged.
std::string Gunzip(const std::string& compressed, std::size_t size) {
  constexpr int kGzipOnly = 15 + 16;
  z_stream stream = {};
  EXPECT_EQ(inflateInit2(&stream, kGzipOnly), Z_OK);
  std::string in = compressed;
  std::string out(size + 1, '\0');  // one more shows a text that is too long
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string RandomBytes(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(GzipTest, ReadsBackWithZlib) {
  const std::string texts[] = {"",
                               "x",
                               "heyhi_up 1\n",
                               std::string("a\0b", 3),
                               std::string(1 << 20, 'x'),
                               RandomBytes(200000)};
  for (const std::string& text : texts) {
    EXPECT_EQ(Gunzip(Gzip(text), text.size()), text) << text.size() << " bytes";
  }
}

TEST(GzipTest, MakesRepetitiveTextSmall) {
  EXPECT_LT(Gzip(std::string(100000, 'x')).size(), 2000U);
}

struct AcceptCase {
  std::string header;
  bool accepts;
};

TEST(GzipTest, IsAcceptedWhereTheHeaderAdmitsIt) {
  const AcceptCase cases[] = {
      {"", false},
      {"gzip", true},
      {"GZIP", true},
      {"deflate, gzip", true},
      {"deflate,gzip;q=1.0,br", true},
      {"gzip;q=0.5", true},
      {" gzip ; q=0.5 ", true},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"gzip; q=0", false},
      {"gzip;Q=0", false},
      {"gzip;q=0, br", false},
      {"identity", false},
      {"br", false},
      {"gzipped", false},
      {"not-gzip", false},
      {"*", true},
      {"*;q=0", false},
      {"br, *;q=0.1", true},
      // What is said of gzip by name counts for more than the star.
      {"*;q=0, gzip", true},
      {"*, gzip;q=0", false},
      {"gzip;q=0, *", false},
      {",,gzip,", true},
      {";q=0", false},
  };
  for (const AcceptCase& c : cases) {
    EXPECT_EQ(AcceptsGzip(c.header), c.accepts) << '"' << c.header << '"';
  }
}

}  // namespace
}  // namespace heyhi
