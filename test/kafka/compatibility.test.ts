// What sabot writes, read by Java's console consumer and by kcat, byte for byte; and what the console producer writes, read by sabot.

import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { describeKafka, useBroker } from './broker.js';
import { rowsOf, topicTable } from './scripts.js';

const run = promisify(execFile);
const INSTALL = fileURLToPath(new URL('../../scripts/kafka', import.meta.url));

describeKafka('other clients', () => {
  const broker = useBroker();
  let java: readonly string[];
  beforeAll(async () => {
    const { stdout } = await run(INSTALL, ['install']);
    java = ['-cp', join(stdout.trim(), 'libs', '*'), '-Xmx128m', '-XX:TieredStopAtLevel=1'];
  }, 120_000);

  it('read what was written, however it was compressed', async () => {
    const topic = await broker().topic();
    const columns =
      "id INT, v STRING, written TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', headers MAP<STRING, BYTES> METADATA";
    const types = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    for (const [i, type] of types.entries()) {
      const options = { topic, 'key.format': 'json', 'key.fields': 'id', 'properties.compression.type': type };
      const values = `(${i}, 'ä€😀 ${type}', TO_TIMESTAMP_LTZ(${1000 + i}, 3), MAP['h', X'6869'])`;
      await rowsOf(`${topicTable(broker(), columns, options, 'sink')}INSERT INTO sink VALUES ${values};`);
    }
    const printed = ['timestamp', 'partition', 'offset', 'headers', 'key'];
    const { stdout } = await run('java', [
      ...java,
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...['--bootstrap-server', broker().bootstrapServers, '--topic', topic, '--from-beginning'],
      ...['--max-messages', String(types.length)],
      ...printed.flatMap((what) => ['--formatter-property', `print.${what}=true`]),
    ]);
    expect(stdout.trimEnd().split('\n')).toEqual(
      types.map(
        (type, i) =>
          `CreateTime:${1000 + i}\tPartition:0\tOffset:${i}\th:hi\t{"id":${i}}\t{"id":${i},"v":"ä€😀 ${type}"}`,
      ),
    );
    const told = ['-f', '%T %p %o %h %K %k %S %s\n'];
    const kcat = await run('kcat', ['-C', '-e', '-q', '-b', broker().bootstrapServers, '-t', topic, ...told]);
    expect(kcat.stdout.trimEnd().split('\n')).toEqual(
      types.map((type, i) => {
        const [key, value] = [`{"id":${i}}`, `{"id":${i},"v":"ä€😀 ${type}"}`];
        return `${1000 + i} 0 ${i} h=hi ${key.length} ${key} ${Buffer.byteLength(value)} ${value}`;
      }),
    );
  });

  it('write what is read', async () => {
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    const write = async (codec: string) => {
      const topic = await broker().topic();
      const producer = spawn('java', [
        ...java,
        'org.apache.kafka.tools.ConsoleProducer',
        ...['--bootstrap-server', broker().bootstrapServers, '--topic', topic, '--compression-codec', codec],
        ...['--reader-property', 'parse.key=true'],
      ]);
      producer.stdin.end('{"k":1}\t{"v":"ä€😀"}\n{"k":2}\t{"v":null}\n');
      expect(await new Promise((resolve) => producer.once('close', resolve))).toBe(0);
      return topic;
    };
    for (const topic of await Promise.all(codecs.map(write))) {
      const options = { topic, 'key.format': 'json', 'key.fields': 'k', 'value.fields-include': 'EXCEPT_KEY' };
      expect(await rowsOf(`${topicTable(broker(), 'k INT, v STRING', options)}SELECT * FROM t;`)).toEqual([
        '{"k":1,"v":"ä€😀"}',
        '{"k":2,"v":null}',
      ]);
    }
  });
});
