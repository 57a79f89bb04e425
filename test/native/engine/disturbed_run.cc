// Every choice is the seed's.
#include "engine/disturbed_run.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "engine/leftovers.h"
#include "engine/recovery_plan.h"
#include "engine/simulated_disk.h"
#include "engine/simulated_job.h"
#include "engine/simulation.h"

namespace sabot::test {
namespace {

constexpr int kNumRows = 300;
constexpr int kAttemptsMax = 60;
constexpr uint64_t kOperationsOfARun = 700;  // About: on its disk.

const std::vector<RecoveryQuery>& Queries() {
  static const std::vector<RecoveryQuery> queries = [] {
    std::vector<RecoveryQuery> all = RecoveryQueries();
    all.insert(all.end(), UpdatingQueries().begin(), UpdatingQueries().end());
    return all;
  }();
  return queries;
}

struct Undisturbed {
  std::vector<std::string> rows;
  uint64_t num_steps = 0;
};

const Undisturbed& UndisturbedRun(size_t query) {
  static std::map<size_t, Undisturbed> runs;
  const auto found = runs.find(query);
  if (found != runs.end()) return found->second;
  MemoryFileSystem files;
  WriteRecoveryInput(files, kNumRows);
  const Attempt run =
      RunAttempt(RecoveryPlan{.query = Queries()[query].query}.text(), files, {.seed = 1});
  SABOT_CHECK(run.end == Attempt::End::kFinished);
  return runs[query] = {VisibleRows(files), run.num_steps};
}

struct Disturbance {
  const char* name;
  DiskFaults faults;
  bool short_timeout = false;
};

const Disturbance& DisturbanceOf(uint64_t seed) {
  static const std::vector<Disturbance> kinds = {
      {.name = "kills", .faults = {}},
      {.name = "torn writes", .faults = {.torn = true}},
      {.name = "a disk that is full or fails", .faults = {.failures = 6}},
      {.name = "a full disk and torn writes", .faults = {.failures = 2, .torn = true}},
      {.name = "lost syncs", .faults = {.lost_syncs = 20, .torn = true}},
      {.name = "a slow disk", .faults = {.torn = true, .latency_ms_max = 80}},
      {.name = "checkpoints that time out",
       .faults = {.latency_ms_max = 20},
       .short_timeout = true}};
  return kinds[seed % kinds.size()];
}

// The job says what is wrong with its disk.
bool IsExplained(const arrow::Status& status, const SimulatedDisk& disk, bool has_lost_syncs,
                 bool short_timeout) {
  const ErrorDetail* const detail = DetailOf(status);
  if (detail == nullptr) return false;
  const std::string& kind = detail->kind();
  if (disk.num_failures() > 0 && (kind == "io" || kind == "commit-unknown")) return true;
  // The last checkpoint must succeed.
  if (short_timeout && kind == "checkpoint-timeout") return true;
  return has_lost_syncs && kind == "checkpoint";
}

bool HasHiddenParts(const MemoryFileSystem& files) {
  const std::vector<std::string> paths = files.Paths();
  return std::any_of(paths.begin(), paths.end(),
                     [](const std::string& path) { return path.starts_with("/out/."); });
}

// What is left of dead attempts when another one has come by, and nothing disturbed that.
std::string LeftBehind(const std::string& plan, MemoryFileSystem& files, uint64_t seed) {
  const std::vector<std::string> visible = VisibleRows(files);
  const Attempt last = RunAttempt(plan, files, {.seed = seed});
  if (last.end != Attempt::End::kFinished) return "a clean start: " + last.status.ToString();
  if (VisibleRows(files) != visible) return "a clean start has changed the output";
  if (HasHiddenParts(files)) return "parts of dead attempts are left";
  return Leftovers(files, "/chk");
}

}  // namespace

DisturbedRun Disturb(uint64_t seed) {
  std::mt19937_64 random(seed);
  const size_t query = random() % Queries().size();
  const Undisturbed& undisturbed = UndisturbedRun(query);
  const Disturbance& disturbance = DisturbanceOf(seed);
  DisturbedRun run;
  run.kind = disturbance.name;
  MemoryFileSystem files;
  WriteRecoveryInput(files, kNumRows);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const std::string place =
        " (" + std::string(Queries()[query].name) + ", attempt " + std::to_string(attempt);
    RecoveryPlan plan{.query = Queries()[query].query,
                      .parallelism = 1 + static_cast<int>(random() % 4),
                      .batch_rows = 1 + static_cast<int64_t>(random() % 40),
                      .restore = {{"from", "latest"}}};
    // Where nothing keeps a checkpoint from being taken, none may fail.
    if (disturbance.faults.failures == 0 && !disturbance.short_timeout) plan.tolerable_failures = 0;
    if (disturbance.short_timeout) plan.timeout_ms = 1 + static_cast<int64_t>(random() % 30);
    // Some attempts have memory for few keys; whatever the backend, the next one goes on from it.
    if (random() % 2 == 0) plan.memory_limit_bytes = 3'000;
    // Later attempts are left alone more and more, so that it ends.
    const bool is_disturbed = random() % 8 >= static_cast<uint64_t>(attempt) / 3;
    DiskFaults faults = is_disturbed ? disturbance.faults : DiskFaults{};
    AttemptOptions options{.seed = random()};
    if (is_disturbed && random() % 3 == 0) {
      faults.crash_at = 1 + random() % kOperationsOfARun;
    } else if (is_disturbed) {
      options.crash_step = 1 + random() % (undisturbed.num_steps / 2);
    }
    SimulatedDisk disk(files, random(), faults);
    options.disk = &disk;
    const Attempt result = RunAttempt(plan.text(), files, options);
    run.num_disk_failures += disk.num_failures();
    run.num_lost_syncs += disk.num_lost_syncs();
    run.num_restores_behind_first += result.restored_epoch > 1 ? 1 : 0;
    run.num_spilling_attempts += result.spilled_bytes > 0 ? 1 : 0;
    const std::vector<std::string> visible = VisibleRows(files);
    if (!std::includes(undisturbed.rows.begin(), undisturbed.rows.end(), visible.begin(),
                       visible.end())) {
      run.wrong = "too much is visible" + place + "):\n" + Difference(visible, undisturbed.rows);
      return run;
    }
    if (result.late_rows > 0) {
      run.wrong =
          "rows are late" + place + ", restored " + std::to_string(result.restored_epoch) + ")";
      return run;
    }
    switch (result.end) {
      case Attempt::End::kFinished:
        run.wrong = Difference(visible, undisturbed.rows);
        if (!run.wrong.empty()) run.wrong = "at the end" + place + "):\n" + run.wrong;
        // A disk that forgets may bring a removed file back.
        if (run.wrong.empty() && run.num_lost_syncs == 0) {
          plan.timeout_ms = RecoveryPlan().timeout_ms;
          run.wrong = LeftBehind(plan.text(), files, random());
          if (!run.wrong.empty()) run.wrong += place + ")";
        }
        return run;
      case Attempt::End::kCrashed:
        ++run.num_crashes;
        disk.Crash();
        break;
      default:
        if (!IsExplained(result.status, disk, run.num_lost_syncs > 0, disturbance.short_timeout)) {
          run.wrong = "it failed" + place + "): " + result.status.ToString();
          return run;
        }
        ++run.num_failed_attempts;
        run.gave_up = DetailOf(result.status)->kind() == "checkpoint";
        // Only a person can help; nothing wrong was shown.
        if (run.gave_up) return run;
    }
  }
  run.wrong = "it never ends";
  return run;
}

}  // namespace sabot::test
