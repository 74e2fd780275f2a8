#ifndef HEYHI_PROBES_RETIRED_MODELS_H_
#define HEYHI_PROBES_RETIRED_MODELS_H_

#include <string>

namespace heyhi {

// True for models that their provider has switched off (state of 2026-11-22).
// Where an error says only "not found", this tells a retired model from a
// misspelt one.
bool IsRetiredModel(const std::string& model);

}  // namespace heyhi

#endif  // HEYHI_PROBES_RETIRED_MODELS_H_
