// The protobuf format's options: what .proto files and descriptor sets say, and how columns must fit them.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { afterAll, describe, expect, it } from 'vitest';
import { protobufSchema } from '../../lib/connectors/protobuf-schema.js';
import { errorOf } from '../parity/run-case.js';

const MATERIAL = fileURLToPath(new URL('../native/formats/material/protobuf/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sabot-protobuf-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schemaOf = (file: string, message: string, more: Record<string, string> = {}) =>
  protobufSchema(
    new Map(Object.entries({ 'protobuf.schema-file': file, 'protobuf.message-class-name': message, ...more })),
  );

describe('a message of a .proto file', () => {
  it.each([
    ['kinds', 'sabot.test.Kinds'],
    ['legacy', 'sabot.test.Legacy'],
  ])('%s.proto is what the native tests are told', (file, message) => {
    const told = JSON.parse(readFileSync(join(MATERIAL, `${file}.json`), 'utf8')) as unknown;
    expect(schemaOf(join(MATERIAL, `${file}.proto`), message)).toEqual(told);
  });

  it('is named as in the file, or as its Java class', () => {
    const file = join(folder, 'foo_bar.proto');
    writeFileSync(file, 'syntax = "proto3"; package a.b; message M { message N { int32 x = 1; } } message FooBar {}');
    for (const name of ['a.b.M.N', 'a.b.M$N', 'a.b.FooBarOuterClass$M$N']) {
      expect(schemaOf(file, name).messages[0]?.name).toBe('a.b.M.N');
    }
    const java = join(folder, 'java.proto');
    writeFileSync(
      java,
      'syntax = "proto3"; package a; option java_package = "com.x"; option java_outer_classname = "Out"; message M {}',
    );
    expect(schemaOf(java, 'com.x.Out$M').messages[0]?.name).toBe('a.M');
    const several = join(folder, 'several.proto');
    writeFileSync(
      several,
      'syntax = "proto3"; package b; option java_multiple_files = true; message M { message N {} }',
    );
    expect(schemaOf(several, 'b.M$N').messages[0]?.name).toBe('b.M.N');
    expect(() => schemaOf(file, 'a.b.FooBra')).toThrow("has no message 'a.b.FooBra'. Did you mean 'a.b.FooBar'?");
  });

  it('may use others, of other files', () => {
    mkdirSync(join(folder, 'shared'));
    writeFileSync(join(folder, 'shared', 'money.proto'), 'syntax = "proto3"; message Money { int64 cents = 1; }');
    const file = join(folder, 'bill.proto');
    writeFileSync(
      file,
      'syntax = "proto3"; import "money.proto"; import "google/protobuf/timestamp.proto"; message Bill { Money sum = 1; google.protobuf.Timestamp at = 2; }',
    );
    const { messages } = schemaOf(file, 'Bill', { 'protobuf.import-paths': join(folder, 'shared') });
    expect(messages.map(({ name }) => name)).toEqual(['Bill', 'Money', 'google.protobuf.Timestamp']);
    expect(() => schemaOf(file, 'Bill')).toThrow(/bill\.proto cannot be read: .*money\.proto/);
  });

  it('may lie in a descriptor set', () => {
    const file = join(folder, 'kinds.bin');
    const { FileDescriptorSet } = createRequire(import.meta.url)('protobufjs/ext/descriptor') as {
      FileDescriptorSet: protobuf.Type;
    };
    const root = new protobuf.Root().loadSync(join(MATERIAL, 'kinds.proto'), { keepCase: true }).resolveAll();
    const set = (root as unknown as { toDescriptor(edition: string): protobuf.Message }).toDescriptor('proto3');
    writeFileSync(file, FileDescriptorSet.encode(set).finish());
    expect(schemaOf(file, 'sabot.test.Kinds')).toEqual(schemaOf(join(MATERIAL, 'kinds.proto'), 'sabot.test.Kinds'));
  });

  it('is looked for where the option says', () => {
    expect(() => schemaOf(join(folder, 'none.proto'), 'M')).toThrow(
      "'protobuf.schema-file' names a file that there is not",
    );
    const broken = join(folder, 'broken.proto');
    writeFileSync(broken, 'syntax = "proto3"; message M { int32 x; }');
    expect(() => schemaOf(broken, 'M')).toThrow(/broken\.proto cannot be read: illegal token/);
  });
});

describe('columns of protobuf', () => {
  const failure = (columns: string, more = '') =>
    errorOf(
      `CREATE TABLE t (${columns}) WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'localhost:1', 'scan.startup.mode' = 'earliest-offset',
        'format' = 'protobuf', 'protobuf.schema-file' = '${join(MATERIAL, 'legacy.proto')}', 'protobuf.message-class-name' = 'sabot.test.Legacy'${more}); SELECT * FROM t;`,
      { parallelism: 1, settings: {}, results: 'final' },
    );

  it.each([
    ['nothing INT', 'Column nothing does not exist in the protobuf message sabot.test.Legacy.'],
    ['id INT', 'column id is INT, and the field, a int64, needs BIGINT.'],
    ['part STRING', 'column part is STRING, and the field needs ROW.'],
    ['part ROW<n INT, x INT>', 'Column part.x does not exist in the protobuf message sabot.test.Part.'],
    ['ints INT', 'column ints is INT, and the field needs ARRAY.'],
    ['texts ARRAY<INT>', 'column texts is INT, and the field, a string, needs CHAR or STRING.'],
    ['by_id MAP<STRING, ROW<n INT>>', 'column by_id.key is STRING, and the field, a int32, needs INTEGER.'],
    ['f_enum DOUBLE', 'needs CHAR or STRING or TINYINT or SMALLINT or INTEGER or BIGINT.'],
    ['`old` ROW<z INT>', 'Column old is a group of protobuf, which is not supported: use a message.'],
  ])('%s does not fit', async (columns, message) => {
    expect(await failure(columns)).toMatchObject({ kind: 'format-columns', message: expect.stringContaining(message) });
  });

  it('cannot be those of a file', async () => {
    const error = await errorOf(
      `CREATE TABLE t (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '${folder}', 'format' = 'protobuf', 'protobuf.schema-file' = '${join(MATERIAL, 'legacy.proto')}', 'protobuf.message-class-name' = 'sabot.test.Legacy'); SELECT * FROM t;`,
      { parallelism: 1, settings: {}, results: 'final' },
    );
    expect(error?.message).toBe("Format 'protobuf' is one of messages: files cannot hold it.");
  });
});
