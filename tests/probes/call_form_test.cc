#include "probes/call_form.h"

#include <gmock/gmock.h>

#include <string>

namespace heyhi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

CallForm Form(const std::string& provider, const CallChoice& choice) {
  return FormCall(*FindProvider(provider), choice);
}

CallForm CompatibleForm(const std::string& dialect) {
  return FormCall(CompatibleProvider(dialect), {dialect, "https://llm.example/v1", "m", ""});
}

TEST(CallFormTest, AKnownProviderIsCalledAsItsRowSays) {
  const CallForm form =
      Form("openai", {"openai_chat", "https://api.openai.com/v1", "gpt-6-luna", ""});
  EXPECT_EQ(form.path_prefix, "");
  EXPECT_EQ(form.query, "");
  EXPECT_EQ(form.key_header, KeyHeader::kBearer);
  EXPECT_THAT(form.headers, IsEmpty());
  EXPECT_EQ(form.cap_field, "max_completion_tokens");
  EXPECT_EQ(form.token_cap, 16);
  EXPECT_EQ(form.extra_body, R"({"reasoning_effort":"none"})");
  EXPECT_FALSE(form.always_says_stream);
  EXPECT_EQ(form.request_id_header, "x-request-id");
  EXPECT_TRUE(form.names_served_model);
}

TEST(CallFormTest, OnlyMistralAlwaysSaysStream) {
  EXPECT_TRUE(Form("mistral", {"openai_chat", "https://m.example", "m", ""}).always_says_stream);
  EXPECT_FALSE(Form("groq", {"openai_chat", "https://g.example", "m", ""}).always_says_stream);
}

TEST(CallFormTest, OnlyThePlacesThatAreKnownAskForAKeyForTheirModels) {
  const auto need_key = [](const std::string& provider, const std::string& base_url) {
    const Provider& row = *FindProvider(provider);
    return FormCall(row, {std::string(row.dialect), base_url, "m", ""}).models_need_key;
  };
  EXPECT_TRUE(need_key("openai", "https://api.openai.com/v1"));
  EXPECT_TRUE(need_key("azure_openai", "https://acme.openai.azure.com/openai"));
  EXPECT_FALSE(need_key("openai", "https://gateway.example/v1"));
  EXPECT_FALSE(need_key("openrouter", "https://openrouter.ai/api/v1"));
  EXPECT_FALSE(CompatibleForm("openai_chat").models_need_key);
}

struct AzureCase {
  const char* base_url;
  const char* path_prefix;
  const char* query;
  KeyHeader key_header;

  friend void PrintTo(const AzureCase& c, std::ostream* out) { *out << c.base_url; }
};

class AzureRouteTest : public testing::TestWithParam<AzureCase> {};

TEST_P(AzureRouteTest, FollowsTheBaseUrl) {
  const AzureCase& c = GetParam();
  const CallChoice choice = {"openai_chat", c.base_url, "my/model", ""};
  const CallForm form = Form("azure_openai", choice);
  EXPECT_EQ(form.path_prefix, c.path_prefix);
  EXPECT_EQ(form.query, c.query);
  EXPECT_EQ(form.key_header, c.key_header);
  EXPECT_EQ(form.request_id_header, "apim-request-id");
  EXPECT_FALSE(form.names_served_model);
  EXPECT_EQ(NamesApiVersion(*FindProvider("azure_openai"), choice), *c.query != '\0');
}

INSTANTIATE_TEST_SUITE_P(
    Table, AzureRouteTest,
    testing::Values(AzureCase{"https://r.example/openai", "/deployments/my%2Fmodel",
                              "api-version=2024-10-21", KeyHeader::kApiKey},
                    AzureCase{"https://r.example/openai/", "/deployments/my%2Fmodel",
                              "api-version=2024-10-21", KeyHeader::kApiKey},
                    AzureCase{"https://r.example/openai/deployments/d", "",
                              "api-version=2024-10-21", KeyHeader::kApiKey},
                    AzureCase{"https://r.example/openai/v1", "", "", KeyHeader::kBearer},
                    AzureCase{"https://r.example/openai/v1/", "", "", KeyHeader::kBearer}));

TEST(CallFormTest, AzureTakesAnotherApiVersion) {
  const CallForm form =
      Form("azure_openai", {"openai_chat", "https://r.example/openai", "d", "2026-01-01&x=1"});
  EXPECT_EQ(form.query, "api-version=2026-01-01%26x%3D1");
}

TEST(CallFormTest, AzureNamesADeploymentInThePathForChatOnly) {
  const CallForm form =
      Form("azure_openai", {"openai_responses", "https://r.example/openai", "d", ""});
  EXPECT_EQ(form.path_prefix, "");
  EXPECT_EQ(form.query, "api-version=2024-10-21");
  EXPECT_EQ(form.key_header, KeyHeader::kApiKey);
}

TEST(CallFormTest, WhatElseAzureHostsIsCalledAsElsewhere) {
  const CallChoice choice = {"anthropic_messages", "https://r.example/anthropic", "claude", ""};
  const CallForm form = Form("azure_openai", choice);
  EXPECT_EQ(form.path_prefix, "");
  EXPECT_EQ(form.query, "");
  EXPECT_EQ(form.key_header, KeyHeader::kXApiKey);
  EXPECT_THAT(form.headers, ElementsAre(Pair("anthropic-version", "2023-06-01")));
}

TEST(CallFormTest, AnthropicsVersionDecidesTheKeyHeader) {
  const auto form = [](const char* version) {
    return Form("anthropic", {"anthropic_messages", "https://a.example/v1", "claude", version});
  };
  EXPECT_EQ(form("").key_header, KeyHeader::kBearer);
  EXPECT_THAT(form("").headers, ElementsAre(Pair("anthropic-version", "2026-10-21")));
  EXPECT_EQ(form("2023-06-01").key_header, KeyHeader::kXApiKey);
  EXPECT_THAT(form("2023-06-01").headers, ElementsAre(Pair("anthropic-version", "2023-06-01")));
  EXPECT_EQ(form("2027-01-01").key_header, KeyHeader::kBearer);
}

TEST(CallFormTest, OnlyTwoKindsOfCallsNameAnApiVersion) {
  const auto names = [](const char* provider, const char* dialect) {
    return NamesApiVersion(*FindProvider(provider), {dialect, "https://x.example/openai", "m", ""});
  };
  EXPECT_TRUE(names("anthropic", "anthropic_messages"));
  EXPECT_TRUE(names("deepseek", "anthropic_messages"));
  EXPECT_TRUE(names("azure_openai", "openai_chat"));
  EXPECT_FALSE(names("azure_openai", "gemini_generate"));
  EXPECT_FALSE(names("openai", "openai_chat"));
  EXPECT_FALSE(names("anthropic", "openai_chat"));
}

TEST(CallFormTest, CompatibleEndpointsGetWhatTheirDialectAgreesOn) {
  EXPECT_EQ(CompatibleForm("openai_chat").cap_field, "max_tokens");
  EXPECT_EQ(CompatibleForm("openai_chat").token_cap, 1);
  EXPECT_EQ(CompatibleForm("openai_chat").extra_body, "{}");
  EXPECT_EQ(CompatibleForm("openai_responses").cap_field, "max_output_tokens");
  EXPECT_EQ(CompatibleForm("openai_responses").token_cap, 16);
  EXPECT_EQ(CompatibleForm("openai_responses").extra_body, R"({"store":false})");
  EXPECT_EQ(CompatibleForm("anthropic_messages").key_header, KeyHeader::kXApiKey);
  EXPECT_THAT(CompatibleForm("anthropic_messages").headers,
              ElementsAre(Pair("anthropic-version", "2023-06-01")));
  EXPECT_EQ(CompatibleForm("gemini_generate").key_header, KeyHeader::kXGoogApiKey);
  EXPECT_EQ(CompatibleForm("cohere_chat").key_header, KeyHeader::kBearer);
}

// Google's route for OpenAI's clients wants the key as they send it.
TEST(CallFormTest, AKnownProviderInAnotherDialectIsCalledAsThatDialectIs) {
  const CallForm gemini =
      Form("gemini", {"openai_chat", "https://g.example/v1beta/openai", "gemini-2.5-flash", ""});
  EXPECT_EQ(gemini.key_header, KeyHeader::kBearer);
  EXPECT_EQ(gemini.cap_field, "max_tokens");
  EXPECT_EQ(gemini.extra_body, "{}");
  const CallForm mistral = Form("mistral", {"openai_responses", "https://m.example/v1", "m", ""});
  EXPECT_FALSE(mistral.always_says_stream);
  EXPECT_EQ(mistral.request_id_header, "mistral-correlation-id");
}

TEST(CallFormTest, TheProvidersOwnMinimalCallHoldsInEachOfItsDialects) {
  const auto extra = [](const char* dialect, const char* model) {
    return Form("openai", {dialect, "https://api.openai.com/v1", model, ""}).extra_body;
  };
  EXPECT_EQ(extra("openai_responses", "gpt-5"),
            R"({"reasoning":{"effort":"minimal"},"store":false})");
  EXPECT_EQ(extra("openai_responses", "gpt-4o"), R"({"store":false})");
  EXPECT_EQ(extra("anthropic_messages", "gpt-5"), "{}");
}

TEST(CallFormTest, ModelsOfOpenAiThatCannotThinkGetNoSwitch) {
  for (const char* model : {"ft:gpt-4o-mini:acme::x", "chatgpt-4o-latest", "gpt-5-chat-latest"}) {
    EXPECT_EQ(MinimalCallFor(*FindProvider("openai"), "openai_chat", model).extra_body, "{}")
        << model;
  }
}

}  // namespace
}  // namespace heyhi
