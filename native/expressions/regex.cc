// A compiled Java regular expression, matched by PCRE2 with its JIT.
#include "expressions/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "expressions/java_pattern.h"
#include "expressions/unicode.h"

namespace sabot {
namespace {

constexpr uint32_t kMatchLimit = 50'000'000;
constexpr size_t kJitStackBytesMax = size_t{4} << 20;

struct Free {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_jit_stack* p) const { pcre2_jit_stack_free(p); }
  void operator()(pcre2_compile_context* p) const { pcre2_compile_context_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// Errors of pcre2_compile for what Java accepts.
bool IsOursAlone(int error) {
  return error == PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH ||
         error == PCRE2_ERROR_LOOKBEHIND_TOO_COMPLICATED ||
         error == PCRE2_ERROR_LOOKBEHIND_TOO_LONG ||
         error == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY || error == PCRE2_ERROR_PATTERN_TOO_LARGE;
}
std::string ErrorText(int error) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Regex::Code {
  Owned<pcre2_code> pattern;
  Owned<pcre2_match_data> match;
  Owned<pcre2_match_context> context;
  Owned<pcre2_jit_stack> stack;
};

Regex::~Regex() = default;

arrow::Result<std::unique_ptr<Regex>> Regex::Compile(std::string_view pattern) {
  ARROW_ASSIGN_OR_RAISE(const auto translated, TranslateJavaPattern(pattern));
  if (!translated.has_value()) return nullptr;
  int error = 0;
  PCRE2_SIZE at = 0;
  const Owned<pcre2_compile_context> options(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(options.get(), PCRE2_NEWLINE_LF);
  pcre2_set_bsr(options.get(), PCRE2_BSR_UNICODE);
  std::unique_ptr<Regex> regex(new Regex());
  regex->code_ = std::make_unique<Code>();
  Code& code = *regex->code_;
  code.pattern.reset(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(translated->data()), translated->size(),
      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &at, options.get()));
  if (code.pattern == nullptr) {
    if (!IsOursAlone(error)) return nullptr;
    return arrow::Status::NotImplemented("The regular expression '", pattern,
                                         "' is not supported: ", ErrorText(error));
  }
  code.match.reset(pcre2_match_data_create_from_pattern(code.pattern.get(), nullptr));
  code.context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(code.context.get(), kMatchLimit);
  // Without a JIT for this processor or pattern, the interpreter answers.
  if (pcre2_jit_compile(code.pattern.get(), PCRE2_JIT_COMPLETE) == 0) {
    code.stack.reset(pcre2_jit_stack_create(32 << 10, kJitStackBytesMax, nullptr));
    pcre2_jit_stack_assign(code.context.get(), nullptr, code.stack.get());
  }
  uint32_t groups = 0;
  pcre2_pattern_info(code.pattern.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  regex->num_groups_ = static_cast<int>(groups);
  regex->offsets_ = pcre2_get_ovector_pointer(code.match.get());
  ARROW_ASSIGN_OR_RAISE(const bool found, regex->Find("", 0));
  regex->matches_empty_ = found;
  return regex;
}

arrow::Result<bool> Regex::Find(std::string_view subject, size_t from) {
  subject_ = subject.data() == nullptr ? std::string_view("") : subject;
  const int count = pcre2_match(code_->pattern.get(), reinterpret_cast<PCRE2_SPTR>(subject_.data()),
                                subject_.size(), from, 0, code_->match.get(), code_->context.get());
  if (count >= 0) return true;
  if (count == PCRE2_ERROR_NOMATCH) return false;
  return arrow::Status::Invalid("A regular expression gave up on a text of ", subject.size(),
                                " bytes: ", ErrorText(count));
}

arrow::Result<bool> Regex::Matches(std::string_view subject) {
  subject_ = subject.data() == nullptr ? std::string_view("") : subject;
  const int count = pcre2_match(code_->pattern.get(), reinterpret_cast<PCRE2_SPTR>(subject_.data()),
                                subject_.size(), 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                                code_->match.get(), code_->context.get());
  if (count >= 0) return true;
  if (count == PCRE2_ERROR_NOMATCH) return false;
  return arrow::Status::Invalid("A regular expression gave up on a text of ", subject.size(),
                                " bytes: ", ErrorText(count));
}

std::optional<std::string_view> Regex::group(int index) const {
  const size_t start = offsets_[2 * index];
  if (start == PCRE2_UNSET) return std::nullopt;
  return subject_.substr(start, offsets_[2 * index + 1] - start);
}

arrow::Status Regex::ForEach(std::string_view subject, const std::function<bool()>& f,
                             const std::function<bool(size_t)>& on_half) {
  for (size_t from = 0; from <= subject.size();) {
    ARROW_ASSIGN_OR_RAISE(const bool found, Find(subject, from));
    if (!found) break;
    const size_t match_end = end();
    const bool empty = start() == match_end;
    if (!f()) break;
    from = match_end;
    if (!empty) continue;
    if (from >= subject.size()) break;
    const size_t size = CodePointBytes(subject[from]);
    // Java searches on from the second unit of a surrogate pair, where an empty match is found
    // again.
    if (size == 4 && matches_empty_ && !on_half(from)) break;
    from += size;
  }
  return arrow::Status::OK();
}

arrow::Result<Regex*> RegexCache::Get(std::string_view pattern) {
  if (any_ && pattern == last_pattern_) return last_;
  auto found = patterns_.find(std::string(pattern));
  if (found == patterns_.end()) {
    ARROW_ASSIGN_OR_RAISE(auto regex, Regex::Compile(pattern));
    if (patterns_.size() >= kPatternsMax) patterns_.clear();
    found = patterns_.emplace(pattern, std::move(regex)).first;
  }
  any_ = true;
  last_pattern_ = pattern;
  last_ = found->second.get();
  return last_;
}

}  // namespace sabot
