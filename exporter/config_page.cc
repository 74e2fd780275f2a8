#include "exporter/config_page.h"

#include "exporter/config_text.h"

namespace heyhi {

ServerResponse ConfigPage::Answer() {
  ServerResponse response;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  const std::shared_ptr<const Config> config = in_force_();
  const MutexLock lock(&mutex_);
  if (config != shown_) {
    shown_ = config;
    text_ = std::make_shared<const std::string>(ConfigText(*config));
  }
  response.shared_body = text_;
  return response;
}

}  // namespace heyhi
