// json-line: takes one line of JSON results apart without changing a digit.
//
//   {"id":12345678901234567890,"name":"a"}   ->   [['id', '12345678901234567890'], ['name', '"a"']]
//
// JSON.parse would round BIGINT and DECIMAL; the raw text of every value is kept instead. No state.

/** Name and raw JSON text of every member of the object in `line`. */
export function splitJsonLine(line: string): [name: string, raw: string][] {
  const members: [string, string][] = [];
  let at = line.indexOf('{') + 1;
  while (at < line.length && line[at] !== '}') {
    if (line[at] === ',') at++;
    const nameEnd = endOfString(line, at);
    const name = JSON.parse(line.slice(at, nameEnd)) as string;
    const valueStart = nameEnd + 1;
    const valueEnd = endOfValue(line, valueStart);
    members.push([name, line.slice(valueStart, valueEnd)]);
    at = valueEnd;
  }
  return members;
}

/** What a person reads of a raw value: strings without quotes, NULL as `nullText`. */
export function plainText(raw: string, nullText: string): string {
  if (raw === 'null') return nullText;
  return raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const c = text[at];
    if (c === '"') at = endOfString(text, at);
    else if (depth === 0 && (c === ',' || c === '}' || c === ']')) return at;
    else {
      if (c === '{' || c === '[') depth++;
      else if (c === '}' || c === ']') depth--;
      at++;
    }
  }
  return text.length;
}
