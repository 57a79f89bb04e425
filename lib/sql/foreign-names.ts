// Names that other databases have, and what Flink SQL writes instead: for messages about names that are not known.
//
//   LEN(s)  ->  CHAR_LENGTH          a TEXT  ->  STRING

const FUNCTIONS: Readonly<Record<string, string>> = {
  ANY_VALUE: 'FIRST_VALUE',
  CONVERT: 'CAST(value AS type)',
  CURDATE: 'CURRENT_DATE',
  DATEADD: 'TIMESTAMPADD(unit, count, time)',
  DATEDIFF: 'TIMESTAMPDIFF(unit, from, to)',
  DATE_ADD: "time + INTERVAL '1' DAY",
  DATE_BIN: 'a TUMBLE window',
  DATE_PART: 'EXTRACT(unit FROM time)',
  DATE_SUB: "time - INTERVAL '1' DAY",
  DATE_TRUNC: 'FLOOR(time TO unit)',
  FORMAT_DATE: 'DATE_FORMAT',
  GETDATE: 'CURRENT_TIMESTAMP',
  GROUP_CONCAT: 'LISTAGG',
  IIF: 'IF',
  ISNULL: 'COALESCE(value, other), or value IS NULL',
  JSON_EXTRACT: 'JSON_VALUE or JSON_QUERY',
  LEN: 'CHAR_LENGTH',
  LENGTH: 'CHAR_LENGTH',
  MEDIAN: 'PERCENTILE(value, 0.5)',
  NVL: 'COALESCE',
  NVL2: 'IF(value IS NULL, other, value)',
  QUANTILE: 'PERCENTILE',
  STRING_AGG: 'LISTAGG',
  STRPOS: 'LOCATE(part, text)',
  SYSDATE: 'CURRENT_TIMESTAMP',
  TIME_BUCKET: 'a TUMBLE window',
  TO_CHAR: 'DATE_FORMAT, or CAST(value AS STRING)',
  TO_NUMBER: 'CAST(text AS DECIMAL(p, s))',
  TRY_CONVERT: 'TRY_CAST(value AS type)',
};

const TYPES: Readonly<Record<string, string>> = {
  BLOB: 'BYTES',
  BOOL: 'BOOLEAN',
  BYTE: 'TINYINT',
  BYTEA: 'BYTES',
  CLOB: 'STRING',
  DATETIME: 'TIMESTAMP(3)',
  FLOAT32: 'FLOAT',
  FLOAT4: 'FLOAT',
  FLOAT64: 'DOUBLE',
  FLOAT8: 'DOUBLE',
  INT16: 'SMALLINT',
  INT32: 'INT',
  INT64: 'BIGINT',
  INT8: 'TINYINT',
  JSON: 'STRING, or ROW<name TYPE, ...>',
  JSONB: 'STRING, or ROW<name TYPE, ...>',
  LIST: 'ARRAY<TYPE>',
  LONG: 'BIGINT',
  LONGTEXT: 'STRING',
  MONEY: 'DECIMAL(p, 2)',
  NUMBER: 'DECIMAL(p, s), BIGINT or DOUBLE',
  NVARCHAR: 'STRING',
  OBJECT: 'ROW<name TYPE, ...>',
  SHORT: 'SMALLINT',
  STRUCT: 'ROW<name TYPE, ...>',
  TEXT: 'STRING',
  TIMESTAMPTZ: 'TIMESTAMP_LTZ(3)',
  UUID: 'STRING',
  VARCHAR2: 'STRING',
};

/** What Flink writes for another database's function; undefined if it is none's. */
export function foreignFunction(name: string): string | undefined {
  return own(FUNCTIONS, name);
}

/** What Flink writes for another database's type; undefined if it is none's. */
export function foreignType(name: string): string | undefined {
  return own(TYPES, name);
}

function own(names: Readonly<Record<string, string>>, name: string): string | undefined {
  const key = name.toUpperCase();
  return Object.hasOwn(names, key) ? names[key] : undefined;
}
