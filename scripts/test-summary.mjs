// test-summary: adds up test results and prints one line per suite and the total; exits 1 if a test failed or none ran.
//
//   build/test-results/native.json   GoogleTest's JSON  --+
//   build/test-results/vitest.json   vitest's JSON      --+-->  native: 120 passed, 0 failed
//                                                               vitest: 900 passed, 0 failed, 3 skipped
//                                                               1020 passed, 0 failed, 3 skipped
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

function fromGoogleTest(report) {
  const cases = report.testsuites.flatMap((suite) => suite.testsuite);
  const skipped = cases.filter((test) => test.result === 'SKIPPED' || test.status === 'NOTRUN').length;
  return { passed: report.tests - report.failures - skipped, failed: report.failures, skipped };
}

function fromVitest(report) {
  // A file that cannot be loaded fails without having a test of its own.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const path of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const counts = 'testsuites' in report ? fromGoogleTest(report) : fromVitest(report);
  console.log(`${basename(path, '.json')}: ${line(counts)}`);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
console.log(line(total));
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
