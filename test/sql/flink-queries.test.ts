// Row types of queries against Flink 2.3's validator: names, nullability, time attributes, and what is refused.

import { describe, expect, it } from 'vitest';
import { golden, rowTypeOf } from '../expressions/flink.js';

/** Where we answer otherwise, and why. */
const DIFFERENT: readonly [pattern: RegExp, ours: RegExp][] = [
  // A computed time is no time attribute: Flink's planner finds that out after validation.
  [
    /^SELECT ts \+ INTERVAL '1' SECOND AS a/,
    /`a` TIMESTAMP\(3\),.*`c` TIMESTAMP\(3\) \*ROWTIME\*, `d` TIMESTAMP\(3\),/,
  ],
  [/^SELECT ts FROM w UNION ALL SELECT CAST/, /^ROW<`ts` TIMESTAMP\(3\)>$/],
  [/^SELECT MAX\(ts\), MIN\(pt\)/, /^ROW<`EXPR\$0` TIMESTAMP\(3\), `EXPR\$1` TIMESTAMP_LTZ\(3\)>$/],
  // Refused later by Flink's planner.
  [/^SELECT i FROM w OFFSET 5$/, /^ERR$/],
  [/INTERVAL '1' MONTH\)\)$/, /^ERR$/],
  [/INTERVAL '2' MINUTE, INTERVAL '3' MINUTE/, /^ERR$/],
  // The left side of an inner join speaks for both.
  [/NATURAL JOIN/, /^ROW<`i` INT, `ts` TIMESTAMP\(3\) \*ROWTIME\*,/],
  // FIRST and LAST are NULL for a variable without rows, whatever Flink's type says.
  [
    /MATCH_RECOGNIZE/,
    /`bi` INT, `fi` INT, `s` INT, `n` BIGINT NOT NULL, `ci` INT NOT NULL, `rt` TIMESTAMP\(3\) NOT NULL \*ROWTIME\*/,
  ],
];

describe('queries', () => {
  it.each(golden('flink-queries.tsv', new URL('./', import.meta.url)))('%s', (sql, type) => {
    const ours = rowTypeOf(sql!);
    const different = DIFFERENT.find(([pattern]) => pattern.test(sql!));
    if (different === undefined) expect(ours).toBe(type);
    else expect(ours).toMatch(different[1]);
  });
});
