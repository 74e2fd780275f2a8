#include "exporter/confirmation.h"

namespace heyhi {
namespace {

constexpr int kOkInARow = 10;

}  // namespace

bool Confirmation::Take(const Finding& finding) {
  const bool ours = finding.outcome == Outcome::kFailed &&
                    (finding.fault == Fault::kAccount || finding.fault == Fault::kConfig);
  if (ours) {
    if (!confirming_) held_ = true;
    return false;
  }
  held_ = false;
  if (finding.outcome == Outcome::kOk) {
    if (confirming_ && ++ok_in_a_row_ >= kOkInARow) confirming_ = false;
    return false;
  }
  ok_in_a_row_ = 0;
  const bool begins = !confirming_;
  confirming_ = true;
  return begins;
}

}  // namespace heyhi
