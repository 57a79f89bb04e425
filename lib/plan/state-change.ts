// state-change: what becomes of an operator's state when its fields change.
//
//   was [k STRING] [SUM(price) INT of INT]   is [k STRING] [SUM(price) BIGINT of BIGINT]   ->   migrated
//   was [id INT] [note STRING]               is [id INT]                                   ->   changed: 'note' (STRING) is gone
//
// A restore decides likewise (native/checkpoint/state_fields.cc); both are tested with test/state-changes.jsonl. Keys, windows and
// aggregates belong together by their order, columns of rows by name, or by their order where names do not tell, states of functions by name.

import type { StateField, StatePart } from './state.js';

export type FieldsFate = 'kept' | 'renamed' | 'migrated' | 'changed';

export interface FieldsChange {
  readonly fate: FieldsFate;
  /** Which fields, and how. */
  readonly detail: string;
}

export function compareFields(was: readonly StateField[], is: readonly StateField[]): FieldsChange {
  const told = [...was, ...is].every(([, , part]) => part !== undefined);
  if (!told || was.length === 0 || is.length === 0) return compareOrder(was, is);
  const changes = new Changes();
  for (const part of PARTS) comparePart(ofPart(was, part), ofPart(is, part), changes);
  compareStates(ofPart(was, { of: 'state' }), ofPart(is, { of: 'state' }), changes);
  return changes.sum();
}

/** What was recorded without parts is kept, or not. */
function compareOrder(was: readonly StateField[], is: readonly StateField[]): FieldsChange {
  const changes = new Changes();
  const typesAgree = was.length === is.length && was.every(([, type], i) => type === is[i]![1]);
  if (typesAgree) {
    for (const [i, field] of was.entries()) changes.renamed(field, is[i]!);
    return changes.sum();
  }
  const [before, now] = [new Map(was.map(nameFirst)), new Map(is.map(nameFirst))];
  for (const field of was) {
    const next = now.get(field[0]);
    if (next === undefined) changes.gone(field);
    else if (next[1] !== field[1]) changes.retyped(field, next, '');
  }
  for (const field of is) if (!before.has(field[0])) changes.added(field, '');
  return changes.sum('its fields are in another order');
}

const nameFirst = (field: StateField) => [field[0], field] as const;

class Changes {
  private readonly texts = { renamed: [] as string[], migrated: [] as string[], changed: [] as string[] };

  renamed(was: StateField, is: StateField): void {
    const [[name], [now]] = [was, is];
    if (name !== now && !(isMadeUp(was) && isMadeUp(is))) this.texts.renamed.push(`'${name}' is '${now}' now`);
  }
  widened([name, type]: StateField, [, now]: StateField): void {
    this.texts.migrated.push(`'${name}' was ${type} and is ${now}`);
  }
  appended([name, type]: StateField): void {
    this.texts.migrated.push(`'${name}' (${type}) is new and NULL in rows from before`);
  }
  begun([name, type]: StateField): void {
    this.texts.migrated.push(`'${name}' (${type}) is new and empty at first`);
  }
  gone([name, type]: StateField): void {
    this.texts.changed.push(`'${name}' (${type}) is gone`);
  }
  retyped([name, type]: StateField, [, now]: StateField, why: string): void {
    this.texts.changed.push(because(`'${name}' was ${type} and is ${now}`, why));
  }
  added([name, type]: StateField, why: string): void {
    this.texts.changed.push(because(`'${name}' (${type}) is new`, why));
  }

  sum(otherwise = ''): FieldsChange {
    const { renamed, migrated, changed } = this.texts;
    if (changed.length > 0 || otherwise !== '') return { fate: 'changed', detail: changed.join('; ') || otherwise };
    const detail = [...migrated, ...renamed].join('; ');
    return { fate: migrated.length > 0 ? 'migrated' : renamed.length > 0 ? 'renamed' : 'kept', detail };
  }
}

const because = (text: string, why: string): string => (why === '' ? text : `${text} (${why})`);

type Part = Pick<StatePart, 'of' | 'input'>;
const PARTS: readonly Part[] = [
  { of: 'key' },
  { of: 'key', input: 1 },
  { of: 'window' },
  { of: 'aggregate' },
  { of: 'row' },
  { of: 'row', input: 1 },
];

const ofPart = (fields: readonly StateField[], { of, input }: Part): StateField[] =>
  fields.filter(([, , part]) => part!.of === of && part!.input === input);

function comparePart(was: readonly StateField[], is: readonly StateField[], changes: Changes): void {
  const partners = [...was, ...is].some(([, , part]) => part!.of === 'row') ? pairByName(was, is) : undefined;
  const byName = partners !== undefined;
  const pairs = was.map((field, i) => [field, byName ? partners[i] : is[i]] as const);
  for (const [field, now] of pairs) {
    if (now === undefined) changes.gone(field);
    else compareField(field, now, changes);
  }
  const found = new Set(pairs.map(([, now]) => now));
  for (const field of is) if (!found.has(field)) compareNew(field, byName, changes);
}

/** What a function keeps goes by its names, and each on its own. */
function compareStates(was: readonly StateField[], is: readonly StateField[], changes: Changes): void {
  const [before, now] = [new Map(was.map(nameFirst)), new Map(is.map(nameFirst))];
  for (const field of was) {
    const next = now.get(field[0]);
    if (next === undefined) changes.gone(field);
    else if (next[1] !== field[1]) changes.retyped(field, next, '');
  }
  for (const field of is) if (!before.has(field[0])) changes.begun(field);
}

/** A name that nobody has given. It may be another column's in the next plan. */
const isMadeUp = ([name]: StateField): boolean => /^(EXPR)?\$/.test(name);

/** What each field of before is now, if names tell: all are there again, once, and as many without a name, which go by their order. */
function pairByName(was: readonly StateField[], is: readonly StateField[]): StateField[] | undefined {
  const nameless = is.filter(isMadeUp);
  if (was.filter(isMadeUp).length !== nameless.length) return undefined;
  const of = (fields: readonly StateField[], [name]: StateField) => fields.filter(([other]) => other === name);
  const named = was.filter((field) => !isMadeUp(field));
  if (!named.every((field) => of(was, field).length === 1 && of(is, field).length === 1)) return undefined;
  let next = 0;
  return was.map((field) => (isMadeUp(field) ? nameless[next++]! : of(is, field)[0]!));
}

function compareField(was: StateField, is: StateField, changes: Changes): void {
  if (was[1] === is[1]) return changes.renamed(was, is);
  const why = notWidened(was, is);
  if (why !== undefined) return changes.retyped(was, is, why);
  changes.widened(was, is);
  changes.renamed(was, is);
}

function compareNew(field: StateField, named: boolean, changes: Changes): void {
  const { of, takenBack, required } = field[2]!;
  if (of === 'aggregate') return changes.added(field, 'it would lack the rows from before');
  if (of !== 'row' || !named) return changes.added(field, '');
  if (takenBack === true) return changes.added(field, 'rows that are taken back would not be found again');
  if (required === true) return changes.added(field, 'it is NOT NULL, and rows from before have no value');
  changes.appended(field);
}

/** Aggregates whose state may move to a wider type. */
const WIDENING = new Set([
  'COUNT',
  'SUM',
  'SUM0',
  '$SUM0',
  'AVG',
  'MIN',
  'MAX',
  'FIRST_VALUE',
  'LAST_VALUE',
  'LISTAGG',
]);
/** Of these only if no row is taken back: else they keep every value. */
const IN_ORDER = new Set(['FIRST_VALUE', 'LAST_VALUE', 'LISTAGG']);

/** Why the state cannot move to the new type: '' where there is no more to say. */
function notWidened(was: StateField, is: StateField): string | undefined {
  const [{ of }, takenBack] = [was[2]!, was[2]!.takenBack === true || is[2]!.takenBack === true];
  if (of === 'window') return '';
  if (of !== 'aggregate') return widens(was[1], is[1], of === 'key' || takenBack);
  const [name, distinct] = [functionOf(was), was[0].includes('(DISTINCT ')];
  if (name !== functionOf(is) || distinct !== is[0].includes('(DISTINCT ')) return '';
  if (!WIDENING.has(name) || (takenBack && IN_ORDER.has(name))) return `what ${name} keeps is not converted`;
  const [before, now] = [partsOf(was[1]), partsOf(is[1])];
  if (before.length !== now.length) return '';
  for (const [i, type] of before.entries()) {
    const why = type === now[i] ? undefined : widens(type, now[i]!, distinct || takenBack);
    if (why !== undefined) return why;
  }
  return undefined;
}

const functionOf = ([name]: StateField): string => name.slice(0, name.indexOf('('));

/** `BIGINT of DECIMAL(10, 2), STRING` -> its types. */
const partsOf = (type: string): string[] => type.split(/ of |, (?![^(<]*[)>])/);

const INTEGERS = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];

function widens(was: string, is: string, compared: boolean): string | undefined {
  const [from, to] = [INTEGERS.indexOf(was), INTEGERS.indexOf(is)];
  if (from >= 0 && from < to) return undefined;
  if (was === 'FLOAT' && is === 'DOUBLE') return compared ? 'the same number is another one as DOUBLE' : undefined;
  const [[before, ...sizes], [now, ...others]] = [sized(was), sized(is)];
  const [size, other] = [sizes[0]!, others[0]!];
  const decimals = before === 'DECIMAL' && now === 'DECIMAL' && sizes[1] === others[1];
  const texts = /^(VAR)?CHAR$/.test(before) && now === 'VARCHAR';
  const binaries = /^(VAR)?BINARY$/.test(before) && now === 'VARBINARY';
  return (decimals || texts || binaries) && size <= other ? undefined : '';
}

/** `DECIMAL(10, 2)` -> DECIMAL, 10, 2. */
function sized(type: string): [string, ...number[]] {
  if (type === 'STRING') return ['VARCHAR', Number.POSITIVE_INFINITY];
  if (type === 'BYTES') return ['VARBINARY', Number.POSITIVE_INFINITY];
  const [, name, sizes] = /^([A-Z]+)\(([0-9, ]+)\)$/.exec(type) ?? ['', type, ''];
  return [name!, ...sizes!.split(', ').map(Number)];
}
