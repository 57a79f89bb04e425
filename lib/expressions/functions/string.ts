// Functions of text and bytes.

import { leastRestrictive } from '../../schema/result-types.js';
import { isCharacter, LENGTH_MAX, type LogicalType, type StringType, types, withNullable } from '../../schema/types.js';
import {
  type Argument,
  type FunctionDefinition,
  maybe,
  maybeVarying,
  modern,
  never,
  type Result,
  sameAs,
  scalar,
  strict,
  varying,
} from './definition.js';

const STRING = types.string();

const lengthOf = (type: LogicalType) => (isCharacter(type) ? (type as StringType).length : LENGTH_MAX);
const anyNullable = (args: readonly Argument[]) => args.some(({ type }) => type.nullable);

/** OVERLAY may grow by the length of what is placed. */
const overlaid: Result = (args) =>
  withNullable(
    types.varchar(Math.min(LENGTH_MAX, lengthOf(args[0]!.type) + lengthOf(args[1]!.type))),
    anyNullable(args),
  );

/** ELT: the strings' common type, NULL if the index is out of range. */
const picked: Result = (args) => {
  const type = leastRestrictive(args.slice(1).map((a) => a.type));
  return type && withNullable(type, true);
};

export const STRING_FUNCTIONS: readonly FunctionDefinition[] = [
  scalar('CHAR_LENGTH', 'character', strict(types.integer())),
  scalar('CHARACTER_LENGTH', 'character', strict(types.integer()), { call: 'char_length' }),
  scalar('UPPER', 'character', sameAs(0)),
  scalar('LOWER', 'character', sameAs(0)),
  scalar('INITCAP', 'character', sameAs(0)),
  scalar('REVERSE', 'character', maybe(STRING)),
  scalar('ASCII', 'character', strict(types.integer())),
  scalar('CHR', 'long', maybe(STRING)),
  scalar('CONCAT', 'character...', strict(STRING)),
  scalar('CONCAT_WS', 'character, character...', strict(STRING)),
  scalar('LTRIM', 'character, character?', varying(0)),
  scalar('RTRIM', 'character, character?', varying(0)),
  modern('BTRIM', 'character, character?', strict(STRING)),
  scalar('LPAD', 'character, integer, character', strict(STRING)),
  scalar('RPAD', 'character, integer, character', strict(STRING)),
  scalar('LEFT', 'character, integer', maybeVarying(0)),
  scalar('RIGHT', 'character, integer', maybeVarying(0)),
  scalar('REPEAT', 'character, integer', strict(STRING)),
  scalar('REPLACE', 'character, character, character', strict(STRING)),
  modern('TRANSLATE', 'character, character, character', strict(STRING)),
  modern('TRANSLATE3', 'character, character, character', strict(STRING), { call: 'translate' }),
  scalar('OVERLAY', 'character, character, integer, integer?', overlaid),
  scalar('SUBSTRING', 'character, integer, integer?', maybeVarying(0)),
  scalar('SUBSTR', 'character, integer, integer?', maybeVarying(0), { call: 'substring' }),
  scalar('POSITION', 'character, character, integer?', strict(types.integer())),
  scalar('LOCATE', 'character, character, integer?', strict(types.integer())),
  scalar('INSTR', 'character, character, integer?, integer?', strict(types.integer())),
  scalar('SPLIT_INDEX', ['character, character, integer', 'character, integer, integer'], maybe(STRING)),
  modern('SPLIT', 'character, character', strict(types.array(STRING))),
  modern('STARTSWITH', ['character, character', 'binary, binary'], strict(types.boolean())),
  modern('ENDSWITH', ['character, character', 'binary, binary'], strict(types.boolean())),
  modern('ELT', ['long, character...', 'long, binary...'], picked),
  modern('PRINTF', ['character', 'character, any...'], maybe(STRING)),
  scalar('STR_TO_MAP', ['character', 'character, character, character'], maybe(types.map(STRING, STRING))),
  scalar('PARSE_URL', 'character, character, character?', maybe(STRING)),
  modern('URL_ENCODE', 'character', maybe(STRING)),
  modern('URL_DECODE', 'character', maybe(STRING)),
  modern('INET_ATON', 'character', maybe(types.bigint())),
  modern('INET_NTOA', 'long', maybe(STRING)),
  scalar('ENCODE', 'character, character', strict(types.bytes())),
  scalar('DECODE', 'binary, character', strict(STRING)),
  modern('UNHEX', 'character', maybe(types.bytes())),
  scalar('TO_BASE64', 'string', strict(STRING)),
  scalar('FROM_BASE64', 'string', strict(STRING)),
  scalar('IS_ALPHA', 'text', never(types.boolean())),
  scalar('IS_DIGIT', 'text', never(types.boolean())),
  scalar('IS_DECIMAL', 'text', never(types.boolean())),
  scalar('REGEXP', 'character, character', strict(types.boolean())),
  scalar('REGEXP_EXTRACT', 'character, character, integer?', maybe(STRING)),
  scalar('REGEXP_REPLACE', 'character, character, character', strict(STRING)),
  modern('REGEXP_COUNT', 'character, character', maybe(types.integer())),
  modern('REGEXP_INSTR', 'character, character', maybe(types.integer())),
  modern('REGEXP_SUBSTR', 'character, character', maybe(STRING)),
  modern('REGEXP_EXTRACT_ALL', 'character, character, integer?', maybe(types.array(STRING))),
];
