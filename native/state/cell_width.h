// How many bytes a cell takes.
#pragma once

#include "base/check.h"
#include "state/cell_columns.h"

namespace sabot {

inline size_t WidthOf(CellSpec::Kind kind) {
  switch (kind) {
    case CellSpec::Kind::kFixed1:
      return 1;
    case CellSpec::Kind::kFixed4:
      return 4;
    case CellSpec::Kind::kFixed8:
      return 8;
    case CellSpec::Kind::kFixed16:
    case CellSpec::Kind::kBytes:
      return 16;
  }
  SABOT_CHECK(false);
}

}  // namespace sabot
