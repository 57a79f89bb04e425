// Which files a path stands for.
#include "connectors/file/file_listing.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <filesystem>
#include <memory>

#include "base/error.h"

namespace sabot {
namespace {

bool IsHidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

arrow::Status AddBelow(FileSystem& files, const FileInfo& info, std::vector<FileInfo>* found) {
  if (!info.is_folder) {
    found->push_back(info);
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto children, files.List(info.path));
  for (const FileInfo& child : children) {
    if (!IsHidden(child.name())) ARROW_RETURN_NOT_OK(AddBelow(files, child, found));
  }
  return arrow::Status::OK();
}

bool HasGlob(std::string_view text) { return text.find_first_of("*?[{") != std::string_view::npos; }

// Walks the pattern's names from `folder` on.
arrow::Status AddMatches(FileSystem& files, const std::string& folder, std::string_view rest,
                         std::vector<FileInfo>* found) {
  const size_t slash = rest.find('/');
  const std::string_view name = rest.substr(0, slash);
  const bool last = slash == std::string_view::npos;
  std::vector<FileInfo> matches;
  if (HasGlob(name)) {
    ARROW_ASSIGN_OR_RAISE(auto children, files.List(folder.empty() ? "/" : folder));
    for (FileInfo& child : children) {
      const bool wanted_hidden = IsHidden(name);
      if (IsHidden(child.name()) && !wanted_hidden) continue;
      if (MatchesGlob(name, child.name())) matches.push_back(std::move(child));
    }
  } else {
    const std::string path = folder + "/" + std::string(name);
    if (!files.Exists(path)) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto info, files.Stat(path));
    matches.push_back(std::move(info));
  }
  for (const FileInfo& match : matches) {
    if (last) {
      ARROW_RETURN_NOT_OK(AddBelow(files, match, found));
    } else if (match.is_folder) {
      ARROW_RETURN_NOT_OK(AddMatches(files, match.path, rest.substr(slash + 1), found));
    }
  }
  return arrow::Status::OK();
}

// Keeps the paths that the expression matches from first to last character.
arrow::Status KeepMatching(const std::string& pattern, std::vector<FileInfo>* found) {
  int error = 0;
  PCRE2_SIZE error_at = 0;
  const std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &error_at, nullptr),
      &pcre2_code_free);
  if (code == nullptr) {
    return UserError("invalid-option", "source.path.regex-pattern",
                     "option 'source.path.regex-pattern' is not a regular expression: '" + pattern +
                         "', at character " + std::to_string(error_at + 1));
  }
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create_from_pattern(code.get(), nullptr), &pcre2_match_data_free);
  std::erase_if(*found, [&](const FileInfo& info) {
    return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(info.path.data()), info.path.size(),
                       0, 0, match.get(), nullptr) < 0;
  });
  return arrow::Status::OK();
}

}  // namespace

std::string LocalPath(std::string path) {
  if (path.starts_with("file://")) {
    path.erase(0, 7);
  } else if (path.starts_with("file:")) {
    path.erase(0, 5);
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  std::string text = error ? path : absolute.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  switch (pattern[0]) {
    case '*':
      for (size_t i = 0; i <= text.size(); ++i) {
        if (MatchesGlob(pattern.substr(1), text.substr(i))) return true;
      }
      return false;
    case '?':
      return !text.empty() && MatchesGlob(pattern.substr(1), text.substr(1));
    case '[': {
      const size_t close = pattern.find(']', 2);
      if (close == std::string_view::npos) break;
      if (text.empty()) return false;
      std::string_view set = pattern.substr(1, close - 1);
      const bool negated = set[0] == '!' || set[0] == '^';
      if (negated) set.remove_prefix(1);
      bool in = false;
      for (size_t i = 0; i < set.size(); ++i) {
        if (i + 2 < set.size() && set[i + 1] == '-') {
          in = in || (text[0] >= set[i] && text[0] <= set[i + 2]);
          i += 2;
        } else {
          in = in || text[0] == set[i];
        }
      }
      return in != negated && MatchesGlob(pattern.substr(close + 1), text.substr(1));
    }
    case '{': {
      const size_t close = pattern.find('}');
      if (close == std::string_view::npos) break;
      std::string_view choices = pattern.substr(1, close - 1);
      for (;;) {
        const size_t comma = choices.find(',');
        const std::string choice =
            std::string(choices.substr(0, comma)) + std::string(pattern.substr(close + 1));
        if (MatchesGlob(choice, text)) return true;
        if (comma == std::string_view::npos) return false;
        choices.remove_prefix(comma + 1);
      }
    }
    default:
      break;
  }
  return !text.empty() && text[0] == pattern[0] && MatchesGlob(pattern.substr(1), text.substr(1));
}

arrow::Result<std::vector<FileInfo>> ListInputFiles(FileSystem& files, const std::string& path,
                                                    const std::string& pattern) {
  std::vector<FileInfo> found;
  if (files.Exists(path) || !HasGlob(path)) {
    ARROW_ASSIGN_OR_RAISE(const FileInfo info, files.Stat(path));
    ARROW_RETURN_NOT_OK(AddBelow(files, info, &found));
  } else {
    ARROW_RETURN_NOT_OK(AddMatches(files, "", std::string_view(path).substr(1), &found));
    if (found.empty()) return UserError("io", path, "no file matches '" + path + "'");
  }
  if (!pattern.empty()) ARROW_RETURN_NOT_OK(KeepMatching(pattern, &found));
  return found;
}

}  // namespace sabot
