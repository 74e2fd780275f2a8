#include "probes/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heyhi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct UrlCase {
  const char* text;
  const char* host;
  int port;
  bool https = true;
  bool address = false;
  bool loopback = false;
  bool credentials = false;
  bool query_or_fragment = false;
};

TEST(UrlTest, HasItsParts) {
  const UrlCase cases[] = {
      {.text = "https://api.openai.com/v1", .host = "api.openai.com", .port = 443},
      {.text = "https://api.openai.com", .host = "api.openai.com", .port = 443},
      {.text = "http://api.test/", .host = "api.test", .port = 80, .https = false},
      {.text = "HTTPS://api.test/", .host = "api.test", .port = 443},
      {.text = "https://api.test:8443/v1", .host = "api.test", .port = 8443},
      {.text = "https://api.test:/v1", .host = "api.test", .port = 443},
      {.text = "http://10.0.0.1:1/",
       .host = "10.0.0.1",
       .port = 1,
       .https = false,
       .address = true},
      {.text = "https://[2001:db8::1]:8443/", .host = "2001:db8::1", .port = 8443, .address = true},
      {.text = "http://localhost:8080/",
       .host = "localhost",
       .port = 8080,
       .https = false,
       .loopback = true},
      {.text = "http://127.0.0.1/",
       .host = "127.0.0.1",
       .port = 80,
       .https = false,
       .address = true,
       .loopback = true},
      {.text = "http://127.9.9.9/",
       .host = "127.9.9.9",
       .port = 80,
       .https = false,
       .address = true,
       .loopback = true},
      {.text = "http://[::1]:80/",
       .host = "::1",
       .port = 80,
       .https = false,
       .address = true,
       .loopback = true},
      {.text = "http://localhost.evil.test/",
       .host = "localhost.evil.test",
       .port = 80,
       .https = false},
      {.text = "http://127.0.0.1.evil.test/",
       .host = "127.0.0.1.evil.test",
       .port = 80,
       .https = false},
      {.text = "http://128.0.0.1/",
       .host = "128.0.0.1",
       .port = 80,
       .https = false,
       .address = true},
      {.text = "https://user@api.test/", .host = "api.test", .port = 443, .credentials = true},
      {.text = "https://user:key@api.test/", .host = "api.test", .port = 443, .credentials = true},
      {.text = "https://:key@api.test/", .host = "api.test", .port = 443, .credentials = true},
      {.text = "https://localhost@evil.test/",
       .host = "evil.test",
       .port = 443,
       .credentials = true},
      {.text = "https://api.test/?key=x",
       .host = "api.test",
       .port = 443,
       .query_or_fragment = true},
      {.text = "https://api.test/#top", .host = "api.test", .port = 443, .query_or_fragment = true},
      {.text = "https://api.test/a@b:c", .host = "api.test", .port = 443},
  };
  for (const UrlCase& c : cases) {
    const auto url = ParseUrl(c.text);
    ASSERT_TRUE(url.ok()) << c.text << ": " << url.status();
    EXPECT_EQ(url->https, c.https) << c.text;
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->host_is_address, c.address) << c.text;
    EXPECT_EQ(url->host_is_loopback, c.loopback) << c.text;
    EXPECT_EQ(url->has_credentials, c.credentials) << c.text;
    EXPECT_EQ(url->has_query_or_fragment, c.query_or_fragment) << c.text;
  }
}

// Other spellings of 127.0.0.1 are the same address to a resolver.
TEST(UrlTest, KnowsOtherSpellingsOfAnAddress) {
  for (const char* text : {"http://127.1/", "http://2130706433/", "http://0x7f000001/"}) {
    const auto url = ParseUrl(text);
    ASSERT_TRUE(url.ok()) << text;
    EXPECT_EQ(url->host, "127.0.0.1") << text;
    EXPECT_TRUE(url->host_is_loopback) << text;
  }
}

TEST(UrlTest, RefusesOtherTexts) {
  const char* const texts[] = {"",
                               "api.openai.com",
                               "/v1/chat",
                               "https://",
                               "https://api.test:99999/",
                               "https://api.test:port/",
                               "https://api test/",
                               "https://[::1/",
                               "https://[nonsense]/",
                               "https://api.test\r\nX-Evil: 1/",
                               "https://api.test/\n"};
  for (const char* text : texts) {
    EXPECT_EQ(ParseUrl(text).status(),
              absl::InvalidArgumentError("not a URL: expected https://host or https://host/path"))
        << text;
  }
}

TEST(UrlTest, RefusesOtherSchemes) {
  for (const char* text :
       {"ftp://api.test/", "file:///etc/passwd", "ws://api.test/", "javascript://api.test/"}) {
    EXPECT_EQ(ParseUrl(text).status(), absl::InvalidArgumentError("not an http or https URL"))
        << text;
  }
}

TEST(UrlTest, DoesNotRepeatTheTextInItsErrors) {
  for (const char* text : {"sk-secret", "https://api.test:sk-secret/", "ftp://sk-secret@x/"}) {
    EXPECT_THAT(std::string(ParseUrl(text).status().message()), Not(HasSubstr("sk-secret")));
  }
}

}  // namespace
}  // namespace heyhi
