// `sabot dlq` where there is nothing to ask. With letters: test/kafka/dead-letters.test.ts.

import { afterEach, expect, it, vi } from 'vitest';
import { dlqListCommand, dlqRedriveCommand } from '../../lib/cli/dlq.js';

// Nobody listens at port 1.
const TOPIC = { dir: '.', topic: 'letters', brokers: '127.0.0.1:1', output: 'json' } as const;

afterEach(() => vi.restoreAllMocks());

it.each([
  ['list', dlqListCommand],
  ['redrive', dlqRedriveCommand],
])('%s says which brokers do not answer, without a stack', async (_, command) => {
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  expect(await command(undefined, TOPIC)).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(
      /^error: Topic 'letters' at 127\.0\.0\.1:1 cannot be asked for letters: .*ECONNREFUSED[^\n]*\n$/,
    ),
  ]);
});
