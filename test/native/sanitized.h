// Tests that repeat themselves often do it less often where each time takes several times as long.
#pragma once

// There where the program is linked with a sanitizer, of which the tests' own objects know nothing.
extern "C" {
[[gnu::weak]] void __asan_init();
[[gnu::weak]] void __tsan_init();
}

namespace sabot::test {

inline bool IsSanitized() { return &__asan_init != nullptr || &__tsan_init != nullptr; }

}  // namespace sabot::test
