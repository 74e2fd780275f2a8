// The error table: every answer without success gets exactly one reason, and every
// reason a pair of error_type and fault that exists.
#include <iterator>
#include <string>

#include "probes/verdict.h"
#include "tests/fuzz/fuzz_input.h"

namespace heyhi {
namespace {

constexpr ErrorRules kRules[] = {ErrorRules::kOpenAi, ErrorRules::kXai,     ErrorRules::kMistral,
                                 ErrorRules::kAzure,  ErrorRules::kBedrock, ErrorRules::kAnthropic,
                                 ErrorRules::kGemini, ErrorRules::kCohere};
constexpr const char* kTypes[] = {"application/json", "text/html", "text/plain", ""};

void Run(FuzzInput input) {
  AskedCall asked;
  asked.rules = kRules[input.TakeByte() % std::size(kRules)];
  const unsigned choices = input.TakeByte();
  asked.key_sent = (choices & 1) != 0;
  asked.model = (choices & 2) != 0 ? "gpt-4" : "";
  asked.at = absl::FromUnixSeconds(1795305600);
  HttpExchange exchange;
  exchange.headers = {{"content-type", kTypes[(choices >> 2) % std::size(kTypes)]}};
  const unsigned high = input.TakeByte();
  const unsigned low = input.TakeByte();
  exchange.status = 300 + static_cast<int>(high << 8 | low) % 300;
  if ((choices & 16) != 0) exchange.headers.emplace_back("x-amzn-errortype", "ThrottlingException");
  if ((choices & 32) != 0) asked.dialect = kGeminiGenerate.name;
  exchange.body = input.TakeRest();

  const Verdict verdict = JudgeAnswer(asked, exchange);
  Promise(verdict.reason.has_value(), "no error answer counts as ok");
  Promise(!verdict.rule.empty(), "a failure has a rule");
  const Fault fault = FaultOf(*verdict.reason, verdict.error_type, /*network_down=*/false);
  Promise(IsValidPair(verdict.error_type, fault), "the pair exists");
  if (verdict.named_token_cap.has_value()) {
    Promise(*verdict.named_token_cap >= 1 && *verdict.named_token_cap <= 1024,
            "learned caps stay small");
  }
}

}  // namespace
}  // namespace heyhi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heyhi::Run(heyhi::FuzzInput(data, size));
  return 0;
}
