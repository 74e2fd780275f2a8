#ifndef HEYHI_PROBES_CALL_FORM_H_
#define HEYHI_PROBES_CALL_FORM_H_

#include <string>
#include <utility>
#include <vector>

#include "probes/providers.h"

namespace heyhi {

// How one target is called, as far as that differs within a dialect.
struct CallForm {
  std::string path_prefix;  // between base_url and the dialect's own path
  std::string query;        // of every URL, without "?"; "" for none
  KeyHeader key_header = KeyHeader::kBearer;
  std::vector<std::pair<std::string, std::string>> headers;  // besides key and content type
  std::string cap_field = "max_tokens";
  int token_cap = 16;
  std::string extra_body = "{}";  // JSON object merged into the body, level by level
  bool always_says_stream = false;

  std::string request_id_header;  // of answers; "" where none is known
  bool names_served_model = true;
  // The model list of this base_url answers to valid keys only; known of the
  // providers of the table at their own addresses.
  bool models_need_key = false;

  friend bool operator==(const CallForm&, const CallForm&) = default;
};

// What decides the form besides the provider's row.
struct CallChoice {
  std::string dialect;
  std::string base_url;
  std::string model;
  std::string api_version;  // "" for the row's own
};

// True where a call of this choice names an API version at all.
bool NamesApiVersion(const Provider& provider, const CallChoice& choice);

CallForm FormCall(const Provider& provider, const CallChoice& choice);

}  // namespace heyhi

#endif  // HEYHI_PROBES_CALL_FORM_H_
