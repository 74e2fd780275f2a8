// heyhi.schema.json, by which editors check a configuration, is written from the table of
// options. tests/e2e/config_schema_test.py holds it against configurations.
#include <gmock/gmock.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "exporter/latency_buckets.h"
#include "exporter/settings.h"
#include "probes/dialect.h"
#include "tests/golden_file.h"

namespace heyhi {
namespace {

// %OPTIONS% stands for the options of any level.
constexpr char kSchema[] = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Configuration of heyhi-exporter",
  "$comment": "written by config_schema_test",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "region": {"description": "where this exporter runs: the label region", "$ref": "#/definitions/name"},
    "profile": {
      "description": "how often to probe: thrifty (every 5m), balanced (2m) or fast (1m)",
      "enum": ["thrifty", "balanced", "fast"]
    },
    "defaults": {
      "description": "options for all targets",
      "type": "object",
      "additionalProperties": false,
      "properties": {%OPTIONS%
      }
    },
    "network": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "canaries": {
          "description": "3 to 9 endpoints that tell failures of the own network, as HOST:PORT; [] does without",
          "type": "array",
          "items": {"type": "string", "pattern": "^[^ /?#@]+:[0-9]+$"},
          "uniqueItems": true,
          "anyOf": [{"maxItems": 0}, {"minItems": 3, "maxItems": 9}]
        },
        "ca_file": {"description": "verifies the canaries", "type": "string"},
        "proxy": {"description": "the HTTP proxy that canaries are asked through; where unset: the one of defaults", "type": "string", "pattern": "^(none|[Hh][Tt][Tt][Pp]://[^/?#@\\s]+/?)$", "maxLength": 4096}
      }
    },
    "max_in_flight": {
      "description": "probes at once; others wait for their turn",
      "type": "integer", "minimum": 1, "maximum": 10000
    },
    "max_handshakes": {
      "description": "of the probes at once, those that are connecting",
      "type": "integer", "minimum": 1, "maximum": 256
    },
    "maintenance": {
      "description": "windows in which nothing is probed",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["from", "to"],
        "properties": {
          "from": {"$ref": "#/definitions/time"},
          "to": {"$ref": "#/definitions/time"},
          "zone": {"description": "an IANA zone such as Asia/Seoul", "type": "string"},
          "days": {
            "type": "array", "minItems": 1, "uniqueItems": true,
            "items": {"type": "string", "pattern": "^([Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt]|[Ss][Uu][Nn])$"}
          },
          "targets": {
            "description": "provider, provider/model or provider/model/check; all where left out",
            "type": "array", "minItems": 1, "items": {"type": "string"}
          }
        }
      }
    },
    "budget": {
      "description": "what all probes of a calendar month may cost",
      "type": "object",
      "additionalProperties": false,
      "required": ["monthly_usd"],
      "properties": {"monthly_usd": {"type": "number", "minimum": 0.01, "maximum": 1000000}}
    },
    "prices": {
      "description": "what calls cost, in USD per million tokens",
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["provider", "model", "input", "output"],
        "properties": {
          "provider": {"type": "string"},
          "model": {"type": "string"},
          "input": {"type": "number", "minimum": 0, "maximum": 10000},
          "output": {"type": "number", "minimum": 0, "maximum": 10000}
        }
      }
    },
    "providers": {
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {"$ref": "#/definitions/name"},
          "models": {
            "type": "array",
            "minItems": 1,
            "items": {
              "anyOf": [
                {"$ref": "#/definitions/model"},
                {
                  "type": "object",
                  "additionalProperties": false,
                  "required": ["name"],
                  "properties": {
                    "name": {"$ref": "#/definitions/model"},%OPTIONS%
                  }
                }
              ]
            }
          },%OPTIONS%
        }
      }
    }
  },
  "definitions": {
    "name": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "model": {"type": "string", "pattern": "^[A-Za-z0-9._/:@+-]{1,200}$"},
    "time": {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}[T ])?[0-9]{2}:[0-9]{2}$"}%DEFINITIONS%
  }
}
)json";

std::string References() {
  std::string text;
  for (const SettingInfo& setting : AllSettings()) {
    absl::StrAppend(&text, text.empty() ? "" : ",", "\n        \"", std::string(setting.key),
                    "\": {\"$ref\": \"#/definitions/option_", std::string(setting.key), "\"}");
  }
  return text;
}

// The schema of the value, after its description.
std::string Definitions() {
  std::string text;
  for (const SettingInfo& setting : AllSettings()) {
    absl::StrAppend(&text, ",\n    \"option_", std::string(setting.key), "\": {\"description\": \"",
                    std::string(setting.meaning), "; where unset: ", std::string(setting.unset),
                    "\", ", std::string(setting.schema.substr(1)));
  }
  return text;
}

TEST(ConfigSchemaTest, TheFileIsWrittenFromTheTableOfOptions) {
  const std::string path = absl::StrCat(HEYHI_SOURCE_DIR, "/heyhi.schema.json");
  const std::string wanted =
      absl::StrReplaceAll(kSchema, {{"%OPTIONS%", References()}, {"%DEFINITIONS%", Definitions()}});
  ExpectGoldenFile(path, wanted);
}

// The other way round, whether the exporter knows each word, config_schema_test.py asks it.
TEST(ConfigSchemaTest, HasEveryWordThatTheExporterKnows) {
  std::map<std::string, std::string> schemas;
  for (const SettingInfo& setting : AllSettings()) {
    schemas[std::string(setting.key)] = std::string(setting.schema);
  }
  const auto expect_word = [&schemas](const std::string& option, const std::string& word) {
    EXPECT_THAT(schemas[option], ::testing::HasSubstr(absl::StrCat("\"", word, "\"")));
  };
  for (const Dialect* dialect : Dialects()) expect_word("dialect", std::string(dialect->name));
  for (const auto& check : kChecks) expect_word("checks", std::string(check));
  for (const double edge : kDurationBuckets) {
    expect_word("latency_objective", absl::FormatDuration(absl::Seconds(edge)));
  }
}

}  // namespace
}  // namespace heyhi
