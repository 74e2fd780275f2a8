// One dialect's reading of answers and streams: never crashes, and never depends on
// how a stream was cut.
#include <string>

#include "probes/verdict.h"
#include "tests/fuzz/fuzz_input.h"

namespace heyhi {
namespace {

void ExpectSame(const Verdict& a, const Verdict& b) {
  Promise(a.reason == b.reason, "the cut decides nothing: reason");
  Promise(a.error_type == b.error_type, "the cut decides nothing: error_type");
  Promise(a.served_model == b.served_model, "the cut decides nothing: model");
  Promise(a.usage.has_value() == b.usage.has_value(), "the cut decides nothing: usage");
  Promise(!a.usage.has_value() ||
              (a.usage->input == b.usage->input && a.usage->output == b.usage->output),
          "the cut decides nothing: counts");
}

void Check(const Verdict& verdict) {
  Promise(verdict.reason.has_value() != verdict.rule.empty(), "a failure has a rule");
  if (verdict.usage.has_value()) {
    Promise(verdict.usage->input >= 0 && verdict.usage->output >= 0, "counts are no debts");
  }
}

void Run(std::size_t piece_size, const std::string& body) {
  AskedCall asked;
  asked.dialect = HEYHI_FUZZ_DIALECT;
  asked.model = "some-model";
  HttpExchange exchange;
  exchange.status = 200;
  exchange.body = body;
  exchange.headers = {{"content-type", "application/json"}};
  CutBody(&exchange, body.size() + 1);
  Check(JudgeAnswer(asked, exchange));

  asked.stream = true;
  exchange.headers = {{"content-type", "text/event-stream"}};
  const Verdict whole = JudgeAnswer(asked, exchange);
  Check(whole);
  CutBody(&exchange, piece_size);
  ExpectSame(whole, JudgeAnswer(asked, exchange));
  if (const auto open = JudgeStream(asked, exchange, /*timed_out=*/true)) Check(*open);
}

}  // namespace
}  // namespace heyhi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heyhi::FuzzInput input(data, size);
  const std::size_t piece_size = input.TakeByte() + 1;
  heyhi::Run(piece_size, input.TakeRest());
  return 0;
}
