#include "probes/dialect.h"

namespace heyhi {

const std::vector<Dialect>& Dialects() {
  static const auto& dialects = *new std::vector<Dialect>{
      {"openai_chat", &BuildOpenAiChatRequest, &ReadOpenAiChatAnswer},
  };
  return dialects;
}

const Dialect* FindDialect(const std::string& name) {
  for (const Dialect& dialect : Dialects()) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

}  // namespace heyhi
