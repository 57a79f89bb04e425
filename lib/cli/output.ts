// output: results on standard output, as JSON lines, CSV or a table.
//
//   {"id":1,"name":"a"}   ->   json: as it is;   csv: 1,a;   table:  | 1 | a |
//
// JSON lines pass through as bytes, unless they must be sorted; a table keeps its rows until it knows how wide they are (at most
// TABLE_ROWS_MAX, then it prints what it has and starts anew).

import { plainText, splitJsonLine } from '../job/json-line.js';

export type OutputFormat = 'table' | 'json' | 'csv';

/** Rows of a table whose widths are found together. */
const TABLE_ROWS_MAX = 1000;
const CELL_WIDTH_MAX = 60;

export interface ResultWriter {
  /** Takes whole lines of JSON. */
  write(lines: Buffer): Promise<void>;
  end(): Promise<void>;
}

type Stream = NodeJS.WritableStream;

/** A writer for results with these columns; `sorted` orders the lines bytewise before the first is written. */
export function resultWriter(
  format: OutputFormat,
  columns: readonly string[],
  sorted: boolean,
  to: Stream,
): ResultWriter {
  const writer =
    format === 'json' ? jsonWriter(to) : format === 'csv' ? csvWriter(columns, to) : tableWriter(columns, to);
  return sorted ? sortingWriter(writer) : writer;
}

async function send(to: Stream, bytes: Uint8Array | string): Promise<void> {
  if (bytes.length > 0 && !to.write(bytes)) await new Promise<void>((resolve) => to.once('drain', () => resolve()));
}

function jsonWriter(to: Stream): ResultWriter {
  return { write: (lines) => send(to, lines), end: async () => {} };
}

function sortingWriter(inner: ResultWriter): ResultWriter {
  const pieces: Buffer[] = [];
  return {
    write: async (lines) => {
      pieces.push(lines);
    },
    end: async () => {
      const all = splitLines(Buffer.concat(pieces)).sort(Buffer.compare);
      if (all.length > 0) await inner.write(Buffer.concat(all));
      await inner.end();
    },
  };
}

/** Every line with its newline. */
function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

function rowsOf(lines: Buffer): string[][] {
  const text = lines.toString('utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => splitJsonLine(line).map(([, raw]) => raw));
}

/** A line of CSV, as RFC 4180 has it. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\n`;
}

function csvWriter(columns: readonly string[], to: Stream): ResultWriter {
  let header = csvLine(columns);
  const flushHeader = async () => {
    await send(to, header);
    header = '';
  };
  return {
    write: async (lines) => {
      await flushHeader();
      await send(
        to,
        rowsOf(lines)
          .map((row) => csvLine(row.map((raw) => plainText(raw, ''))))
          .join(''),
      );
    },
    end: flushHeader,
  };
}

function tableWriter(columns: readonly string[], to: Stream): ResultWriter {
  let rows: string[][] = [];
  let printed = false;
  const flush = async () => {
    await send(to, renderTable(columns, rows));
    rows = [];
    printed = true;
  };
  return {
    write: async (lines) => {
      for (const row of rowsOf(lines)) {
        rows.push(row.map((raw) => plainText(raw, 'NULL')));
        if (rows.length >= TABLE_ROWS_MAX) await flush();
      }
    },
    end: async () => {
      if (rows.length > 0 || !printed) await flush();
    },
  };
}

/** What a statement answers; a text alone, as of SHOW CREATE TABLE, stands without a frame. */
export function renderAnswer(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const text = rows.length === 1 && columns.length === 1 ? rows[0]![0]! : '';
  return text.includes('\n') ? `${text}\n` : renderTable(columns, rows, Number.POSITIVE_INFINITY);
}

/** Rows in a frame; wide cells are cut with an ellipsis. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  cellWidthMax = CELL_WIDTH_MAX,
): string {
  const shown = [columns, ...rows].map((row) => row.map((text) => cut(text, cellWidthMax)));
  const widths = columns.map((_, i) => Math.max(...shown.map((row) => displayWidth(row[i] ?? ''))));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const line = (row: readonly string[]) =>
    `|${row.map((text, i) => ` ${text}${' '.repeat(widths[i]! - displayWidth(text))} `).join('|')}|\n`;
  const count = rows.length === 1 ? '1 row' : `${rows.length} rows`;
  return `${rule}${line(shown[0]!)}${rule}${shown.slice(1).map(line).join('')}${rows.length === 0 ? '' : rule}${count}\n`;
}

function cut(text: string, widthMax: number): string {
  const flat = text.replace(/[\r\n\t]/g, ' ');
  const points = [...flat];
  return points.length <= widthMax ? flat : `${points.slice(0, widthMax - 1).join('')}…`;
}

/** Columns on a terminal: wide characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const c of text) {
    const code = c.codePointAt(0)!;
    width +=
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      code >= 0x1f300
        ? 2
        : 1;
  }
  return width;
}
