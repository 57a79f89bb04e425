// sql-rows: rows of a stream as the SQL script writes them, so that both can be compared.
//
//   { tailnum: 'N1', windowStart: 1357…, legs: 7n }   ->   { tailnum: 'N1', window_start: '2013-01-…', legs: 7 }

type Row = Readonly<Record<string, unknown>>;

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The row under SQL's names, times as text; only the columns that the script selects. */
export function asSqlRow(row: Row, columns: readonly string[]): Row {
  const renamed = new Map(Object.entries(row).map(([name, value]) => [snakeCase(name), value]));
  const text = (name: string) => {
    const value = renamed.get(name);
    if (name.startsWith('window_')) return new Date(value as number).toISOString().replace('T', ' ').slice(0, -1);
    return typeof value === 'bigint' ? Number(value) : value;
  };
  return Object.fromEntries(columns.map((name) => [name, text(name)]));
}

/** Rows in an order that does not depend on when they came. */
export const sorted = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
