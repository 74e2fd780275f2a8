#include "probes/call_form.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "probes/url.h"

namespace heyhi {
namespace {

constexpr char kChat[] = "openai_chat";
constexpr char kMessages[] = "anthropic_messages";

// What else Azure hosts is called as it is elsewhere.
bool IsAzureOpenAi(const Provider& provider, const CallChoice& choice) {
  return provider.has_deployment_route && choice.dialect.starts_with("openai_");
}

// Azure's two routes: /openai/v1 is OpenAI's own form; below /openai alone an API
// version stands in the query, the key in a header of Azure's, and for chat the
// deployment in the path.
bool IsDeploymentRoute(const Provider& provider, const CallChoice& choice) {
  const std::string_view base = choice.base_url;
  return IsAzureOpenAi(provider, choice) && !base.ends_with("/v1") && !base.ends_with("/v1/");
}

void FormDeploymentRoute(const CallChoice& choice, const std::string& version, CallForm* form) {
  form->key_header = KeyHeader::kApiKey;
  form->query = absl::StrCat("api-version=", EncodePathSegment(version));
  if (choice.dialect == kChat && !absl::StrContains(choice.base_url, "/deployments/")) {
    form->path_prefix = absl::StrCat("/deployments/", EncodePathSegment(choice.model));
  }
}

// Under its first version the API knew the key by another header.
void FormMessages(const std::string& version, CallForm* form) {
  constexpr char kFirstVersion[] = "2023-06-01";
  form->headers.emplace_back("anthropic-version", version);
  if (version == kFirstVersion) form->key_header = KeyHeader::kXApiKey;
}

}  // namespace

bool NamesApiVersion(const Provider& provider, const CallChoice& choice) {
  return choice.dialect == kMessages || IsDeploymentRoute(provider, choice);
}

CallForm FormCall(const Provider& provider, const CallChoice& choice) {
  // A known provider spoken to in another dialect is called as that dialect's
  // compatible servers are; its name stays, and so do its error rules.
  const Provider& row = provider.dialect == choice.dialect || IsAzureOpenAi(provider, choice)
                            ? provider
                            : CompatibleProvider(choice.dialect);
  const MinimalCall& call = MinimalCallFor(provider, choice.dialect, choice.model);
  CallForm form;
  form.key_header = row.key_header;
  form.cap_field = std::string(call.cap_field);
  form.token_cap = call.token_cap;
  form.extra_body = std::string(call.extra_body);
  form.always_says_stream = row.always_says_stream;
  form.request_id_header = std::string(provider.request_id_header);
  form.names_served_model = provider.names_served_model;
  form.models_need_key = provider.models_need_key && IsOwnAddress(provider, choice.base_url);
  const std::string version =
      choice.api_version.empty() ? std::string(row.api_version) : choice.api_version;
  if (IsDeploymentRoute(provider, choice)) FormDeploymentRoute(choice, version, &form);
  if (choice.dialect == kMessages) FormMessages(version, &form);
  return form;
}

}  // namespace heyhi
