#ifndef HEYHI_PROBES_DIALECT_H_
#define HEYHI_PROBES_DIALECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/http_transport.h"
#include "probes/json.h"
#include "probes/target.h"

namespace heyhi {

struct TokenUsage {
  std::int64_t input = 0;
  std::int64_t output = 0;
};

// What a whole answer with a success status says, once it has parsed as JSON.
struct Answer {
  // It has the shape that the dialect promises, and says why it ended.
  bool well_formed = false;
  // It carries an error in spite of its status: the error object.
  JsonView error;
  std::string served_model;
  std::optional<TokenUsage> usage;
};

// A wire protocol: turns a target into a request and an answer into meaning.
// Pure: no I/O, no clock, no globals.
struct Dialect {
  std::string_view name;
  HttpRequest (*build_request)(const Target& target);
  // The view must outlive the answer's `error`.
  Answer (*read_answer)(JsonView body);
};

// All dialects, one line each in dialect.cc.
const std::vector<Dialect>& Dialects();
// The dialect of that name, or null.
const Dialect* FindDialect(const std::string& name);

// The wire protocol of OpenAI's /chat/completions and all who copy it.
HttpRequest BuildOpenAiChatRequest(const Target& target);
Answer ReadOpenAiChatAnswer(JsonView body);

}  // namespace heyhi

#endif  // HEYHI_PROBES_DIALECT_H_
