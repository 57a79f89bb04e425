// compare: lines of JSON results in a form in which equal results are equal text.
//
//   {"x":1.50,"t":"2024-01-01 00:00:00.100"} with x DOUBLE, t TIMESTAMP(3)   ->   {"x":1.5,"t":"2024-01-01 00:00:00.1"}
//
// DOUBLE and FLOAT by value, timestamps without trailing zeros of the fraction, members of MAP and MULTISET sorted; everything else
// is compared as written, digit by digit.

import type { Field, LogicalType, Schema } from '../../lib/schema/types.js';

/** A JSON value whose numbers are still text. */
type Raw =
  | { readonly scalar: string }
  | { readonly items: readonly Raw[] }
  | { readonly members: readonly (readonly [string, Raw])[] };

/** One line in canonical form; `op` may come before the schema's columns. */
export function canonicalLine(line: string, schema: Schema): string {
  const row = parseRaw(line);
  if (!('members' in row)) throw new Error(`not a JSON object: ${line}`);
  const op = row.members[0]?.[0] === 'op' ? [`"op":${print(row.members[0][1])}`] : [];
  const columns = row.members.slice(op.length);
  const names = columns.map(([name]) => name);
  if (JSON.stringify(names) !== JSON.stringify(schema.map((f) => f.name))) {
    throw new Error(`columns ${names.join(', ')}, not ${schema.map((f) => f.name).join(', ')}`);
  }
  return `{${[...op, ...columns.map(([name, value], i) => `${JSON.stringify(name)}:${canonical(value, schema[i]!.type)}`)].join(',')}}`;
}

function canonical(value: Raw, type: LogicalType): string {
  if ('scalar' in value && value.scalar === 'null') return 'null';
  switch (type.kind) {
    case 'DOUBLE':
    case 'FLOAT': {
      const text = print(value);
      if (text.startsWith('"')) return text;
      return String(type.kind === 'FLOAT' ? Math.fround(Number(text)) : Number(text));
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'TIME':
      return print(value).replace(
        /\.(\d*?)0+(Z?)"$/,
        (_, digits: string, zone: string) => `${digits === '' ? '' : `.${digits}`}${zone}"`,
      );
    case 'ARRAY':
      return 'items' in value
        ? `[${value.items.map((item) => canonical(item, type.element)).join(',')}]`
        : print(value);
    case 'MAP':
      return sortedMembers(value, type.value);
    case 'MULTISET':
      return sortedMembers(value, { kind: 'INTEGER', nullable: false });
    case 'ROW':
      return 'members' in value
        ? `{${value.members.map((member, i) => field(member, type.fields[i])).join(',')}}`
        : print(value);
    default:
      return print(value);
  }
}

function field([name, value]: readonly [string, Raw], declared: Field | undefined): string {
  return `${JSON.stringify(name)}:${declared === undefined ? print(value) : canonical(value, declared.type)}`;
}

function sortedMembers(value: Raw, type: LogicalType): string {
  if (!('members' in value)) return print(value);
  return `{${value.members
    .map(([name, v]) => `${JSON.stringify(name)}:${canonical(v, type)}`)
    .sort()
    .join(',')}}`;
}

function print(value: Raw): string {
  if ('scalar' in value) return value.scalar;
  if ('items' in value) return `[${value.items.map(print).join(',')}]`;
  return `{${value.members.map(([name, v]) => `${JSON.stringify(name)}:${print(v)}`).join(',')}}`;
}

function parseRaw(text: string): Raw {
  let at = 0;
  const space = () => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const expect = (c: string) => {
    space();
    if (text[at] !== c) throw new Error(`expected '${c}' at ${at} in ${text}`);
    at++;
  };
  const list = <T>(close: string, item: () => T): T[] => {
    const items: T[] = [];
    for (space(); text[at] !== close; space()) {
      if (items.length > 0) expect(',');
      items.push(item());
    }
    at++;
    return items;
  };
  const scalar = (): string => {
    const token = /"(?:[^"\\]|\\.)*"|[-+0-9.eE]+|true|false|null/y;
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) throw new Error(`no JSON value at ${at} in ${text}`);
    at += found.length;
    // One spelling for every string, whatever was escaped.
    return found.startsWith('"') ? JSON.stringify(JSON.parse(found)) : found;
  };
  const value = (): Raw => {
    space();
    if (text[at] === '[') {
      at++;
      return { items: list(']', value) };
    }
    if (text[at] !== '{') return { scalar: scalar() };
    at++;
    return {
      members: list('}', () => {
        space();
        const name = JSON.parse(scalar()) as string;
        expect(':');
        return [name, value()] as const;
      }),
    };
  };
  const parsed = value();
  space();
  if (at !== text.length) throw new Error(`more than one value in ${text}`);
  return parsed;
}
