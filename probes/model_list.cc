#include "probes/model_list.h"

#include <cstddef>

#include "probes/dialect.h"
#include "probes/json.h"

namespace heyhi {
namespace {

bool ListsModels(JsonView list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!HasText(list.At(i)["id"]) && !HasText(list.At(i)["name"])) return false;
  }
  return list.IsArray() && list.size() > 0;
}

}  // namespace

bool IsModelList(const HttpExchange& exchange) {
  if (exchange.failure.has_value() || exchange.status != 200) return false;
  const auto document = JsonDocument::Parse(exchange.body);
  if (!document.has_value() || HasError(document->root())) return false;
  return ListsModels(document->root()["data"]) || ListsModels(document->root()["models"]);
}

}  // namespace heyhi
