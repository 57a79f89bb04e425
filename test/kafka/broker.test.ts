// The broker of the tests itself: what is written is what is read.

import { expect, it } from 'vitest';
import { describeKafka, useBroker } from './broker.js';

describeKafka('the broker', () => {
  const broker = useBroker();

  it('keeps keys, values, headers, timestamps and the order within a partition', async () => {
    const topic = await broker().topic({ partitions: 2 });
    expect(await broker().read(topic)).toEqual([]);
    await broker().produce(topic, [{ key: 'k', value: 'a', headers: { h: 'x' }, timestamp: '1000' }], 1);
    await broker().produce(topic, ['b', { value: null }], 0);
    const written = await broker().read(topic);
    expect(
      written.map(({ partition, offset, key, value, headers }) => [partition, offset, key, value, headers]),
    ).toEqual([
      [0, 0, null, 'b', {}],
      [0, 1, null, null, {}],
      [1, 0, 'k', 'a', { h: 'x' }],
    ]);
    expect(written[2]?.timestamp).toBe(1000);
  });
});
