// Where state lies, in a plan's options.

import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { planOptions } from '../../lib/planner/options.js';

const options = (settings: Record<string, string>) => planOptions(settings, 1, 0);

describe('state.backend.type', () => {
  it('is memory without a limit by default', () => {
    for (const settings of [{}, { 'state.backend.type': 'hashmap' }])
      expect(options(settings)).not.toHaveProperty('memory-limit-bytes');
    expect(options({ 'memory.limit': '1 mb' })).toMatchObject({ 'memory-limit-bytes': 1_048_576 });
  });

  it('rocksdb has a limit and a folder', () => {
    expect(options({ 'state.backend.type': 'RocksDB' })).toMatchObject({
      'state-backend': 'rocksdb',
      'state-folder': tmpdir(),
      'memory-limit-bytes': expect.any(Number),
    });
    expect(
      options({ 'state.backend.type': 'rocksdb', 'memory.limit': '64 mb', 'state.backend.rocksdb.localdir': '/data' }),
    ).toMatchObject({ 'memory-limit-bytes': 67_108_864, 'state-folder': '/data' });
  });

  it("has Flink's older name, too: the newer one beats it", () => {
    expect(options({ 'state.backend': 'rocksdb' })).toMatchObject({ 'state-backend': 'rocksdb' });
    expect(options({ 'state.backend': 'rocksdb', 'state.backend.type': 'hashmap' })).not.toHaveProperty(
      'state-backend',
    );
    expect(options({ 'state.backend': 'hashmap', 'state.backend.type': 'rocksdb' })).toMatchObject({
      'state-backend': 'rocksdb',
    });
  });

  it('must be known', () => {
    expect(() => options({ 'state.backend.type': 'heap' })).toThrow("'rocksdb'");
    expect(() => options({ 'memory.limit': 'much' })).toThrow("'256 mb'");
    expect(() => options({ 'memory.limit': '0 mb' })).toThrow("'256 mb'");
  });
});
