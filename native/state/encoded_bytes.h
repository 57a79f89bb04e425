// Where encoded values end (batch/key_encoding.h).
#pragma once

#include <string_view>

#include "state/widening.h"

namespace sabot {

// How many bytes values of these types take that stand at the beginning of `encoded`.
size_t EncodedBytes(std::string_view encoded, const KeyTypes& types);

}  // namespace sabot
