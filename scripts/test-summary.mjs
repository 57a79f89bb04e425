// test-summary: adds up test results, names every failed test, and prints one line per suite and the total; exits 1 if a test
// failed or none ran.
//
//   build/test-results/native-0.json   GoogleTest's JSON  --+
//   build/test-results/vitest.json     vitest's JSON      --+-->  failed: native-0: Csv.ReadsEveryType
//                                                                   csv_test.cc:101
//                                                                   Expected equality of these values: …
//                                                                 native-0: 120 passed, 1 failed
//                                                                 vitest: 900 passed, 0 failed, 3 skipped
//                                                                 1020 passed, 1 failed, 3 skipped
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

const MESSAGE_LENGTH_MAX = 3_000;

function fromGoogleTest(report) {
  const cases = report.testsuites.flatMap((suite) => suite.testsuite);
  const skipped = cases.filter((test) => test.result === 'SKIPPED' || test.status === 'NOTRUN').length;
  const failures = cases
    .filter((test) => test.failures?.length > 0)
    .map((test) => ({ name: `${test.classname}.${test.name}`, message: test.failures[0].failure }));
  return { passed: report.tests - report.failures - skipped, failed: report.failures, skipped, failures };
}

function fromVitest(report) {
  const files = report.testResults.map((file) => ({ ...file, name: relative('', file.name) }));
  // A file that cannot be loaded fails without having a test of its own.
  const brokenFiles = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failures = files.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ name: `${file.name}: ${test.fullName.trim()}`, message: test.failureMessages[0] ?? '' })),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    failures: [...failures, ...brokenFiles.map(({ name, message }) => ({ name, message: message ?? '' }))],
  };
}

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** All of it, bounded, under the test's name: who reads a log of CI has nothing else. */
function indented(message) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
  const plain = message.replaceAll(/\u001b\[\d*(;\d+)*m/g, '').trim();
  const text = plain.length > MESSAGE_LENGTH_MAX ? `${plain.slice(0, MESSAGE_LENGTH_MAX)}…` : plain;
  return text.replaceAll(/^/gm, '  ');
}

const suites = process.argv.slice(2).map((path) => {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  return { name: basename(path, '.json'), ...('testsuites' in report ? fromGoogleTest(report) : fromVitest(report)) };
});
for (const { name: suite, failures } of suites)
  for (const { name, message } of failures) console.log(`failed: ${suite}: ${name}\n${indented(message)}`);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const suite of suites) {
  console.log(`${suite.name}: ${line(suite)}`);
  for (const key of Object.keys(total)) total[key] += suite[key];
}
console.log(line(total));
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
