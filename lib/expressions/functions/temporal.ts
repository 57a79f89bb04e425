// Functions of dates, times and timestamps. EXTRACT, FLOOR ... TO, TIMESTAMPADD and TIMESTAMPDIFF have a unit, which is
// not a value: the analyser types them itself (lib/sql/analyser/temporal.ts).

import { types } from '../../schema/types.js';
import { type FunctionDefinition, maybe, modern, never, type Result, scalar, strict } from './definition.js';

const STRING = types.string();

/** YEAR(d) is EXTRACT(YEAR FROM d). */
const PARTS: Readonly<Record<string, string>> = {
  YEAR: 'YEAR',
  QUARTER: 'QUARTER',
  MONTH: 'MONTH',
  WEEK: 'WEEK',
  DAYOFYEAR: 'DOY',
  DAYOFMONTH: 'DAY',
  DAYOFWEEK: 'DOW',
  HOUR: 'HOUR',
  MINUTE: 'MINUTE',
  SECOND: 'SECOND',
};

/** TO_TIMESTAMP_LTZ(n, precision): the precision is 3 unless a literal asks for more. */
const epochTimestamp: Result = ([value, second]) => {
  const precision = value!.type.kind !== 'VARCHAR' && value!.type.kind !== 'CHAR' ? Number(second?.literal ?? 3) : 3;
  return types.timestampLtz(Number.isInteger(precision) && precision > 3 && precision <= 9 ? precision : 3);
};

const watermarkOf: Result = ([time]) =>
  time!.type.kind === 'TIMESTAMP_LTZ' ? types.timestampLtz(3) : types.timestamp(3);

export const TEMPORAL_FUNCTIONS: readonly FunctionDefinition[] = [
  ...Object.entries(PARTS).map(([name, unit]) =>
    scalar(name, 'datetime', strict(types.bigint()), { call: 'extract', options: { unit } }),
  ),
  scalar('CURRENT_TIMESTAMP', '', never(types.timestampLtz(3)), { deterministic: false }),
  scalar('NOW', '', never(types.timestampLtz(3)), { call: 'current_timestamp', deterministic: false }),
  scalar('CURRENT_ROW_TIMESTAMP', '', never(types.timestampLtz(3)), { deterministic: false }),
  scalar('LOCALTIMESTAMP', '', never(types.timestamp(3)), { deterministic: false }),
  scalar('CURRENT_DATE', '', never(types.date()), { deterministic: false }),
  scalar('CURRENT_TIME', '', never(types.time(0)), { deterministic: false }),
  scalar('LOCALTIME', '', never(types.time(0)), { call: 'current_time', deterministic: false }),
  scalar('DATE_FORMAT', ['timestamp, character', 'character, character'], maybe(STRING)),
  scalar('TO_DATE', 'character, character?', maybe(types.date())),
  scalar('TO_TIMESTAMP', 'character, character?', maybe(types.timestamp(3))),
  modern('TO_TIMESTAMP_LTZ', ['character, character?, character?', 'numeric, integer?'], epochTimestamp),
  scalar('FROM_UNIXTIME', 'long, character?', maybe(STRING)),
  scalar('UNIX_TIMESTAMP', ['', 'character, character?'], strict(types.bigint())),
  scalar('CONVERT_TZ', 'character, character, character', maybe(STRING)),
  modern('CURRENT_WATERMARK', 'rowtime', watermarkOf, { deterministic: false }),
  modern('SOURCE_WATERMARK', '', maybe(types.timestampLtz(3)), { deterministic: false }),
];
