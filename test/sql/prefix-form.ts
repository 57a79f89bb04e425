// Writes an expression the way the judge writes Flink's tree, so that both can be compared.
//
//   a + b IN (1, 2) -> (IN (+ a b) [1 2])

import type {
  DataType,
  Expression,
  FunctionCall,
  IntervalQualifier,
  JsonBehavior,
  OrderItem,
  Query,
  QueryBody,
  RowTypeField,
  WindowBound,
  WindowSpecification,
} from '../../lib/sql/ast.js';

export function prefixForm(e: Expression): string {
  switch (e.kind) {
    case 'number':
      return numberForm(e.text, e.form === 'approximate');
    case 'string':
      return `${e.charset === null ? '' : `_${e.charset}`}'${e.value.replaceAll("'", "''")}'`;
    case 'binaryLiteral':
      return `X'${e.hex}'`;
    case 'boolean':
      return e.value === null ? 'UNKNOWN' : e.value ? 'TRUE' : 'FALSE';
    case 'null':
      return 'NULL';
    case 'dateTime':
      return `${e.type === 'TIMESTAMP_LTZ' ? 'TIMESTAMP WITH LOCAL TIME ZONE' : e.type} '${e.text}'`;
    case 'interval':
      return '<iv>';
    case 'symbol':
      return e.symbol;
    case 'column':
      return e.parts.map((part) => part.name.replaceAll('`', '')).join('.');
    case 'star':
      return [...e.qualifier.map((part) => part.name), '*'].join('.');
    case 'unary':
      return list(e.operator, e.operand);
    case 'binary':
      return list(e.operator, e.left, e.right);
    case 'is':
      return list(`IS ${e.negated ? 'NOT ' : ''}${e.test}`, e.operand);
    case 'between':
      return list(`${e.negated ? 'NOT ' : ''}BETWEEN`, e.operand, e.low, e.high);
    case 'in':
      return `(${e.negated ? 'NOT ' : ''}IN ${prefixForm(e.operand)} ${membersForm(e)})`;
    case 'like':
      return list(
        `${e.negated ? 'NOT ' : ''}${e.operator}`,
        e.operand,
        e.pattern,
        ...(e.escape === null ? [] : [e.escape]),
      );
    case 'quantified':
      return `(${e.operator} ${e.quantifier === 'ALL' ? 'ALL' : 'SOME'} ${prefixForm(e.operand)} ${membersForm(e)})`;
    case 'case':
      return caseForm(e);
    case 'cast':
      return `(${e.operator} ${prefixForm(e.operand)} ${typeForm(e.type)})`;
    case 'call':
      return callForm(e);
    case 'namedArgument':
      return `(=> ${prefixForm(e.value)} ${e.name.name})`;
    case 'default':
      return '(DEFAULT)';
    case 'descriptor':
      return `(${['DESCRIPTOR', ...e.columns.map((column) => column.name)].join(' ')})`;
    case 'tableArgument':
      return tableForm(e);
    case 'modelArgument':
      return `(MODEL ${e.name.parts.map((part) => part.name).join('.')})`;
    case 'row':
      return list('ROW', ...e.items);
    case 'collection':
      return list(e.type, ...e.items);
    case 'collectionQuery':
      return `(${e.type} ${queryForm(e.query)})`;
    case 'map':
      return list('MAP', ...e.entries.flatMap(({ key, value }) => [key, value]));
    case 'item':
      return list('ITEM', e.operand, e.index);
    case 'field':
      return `(DOT ${prefixForm(e.operand)} ${e.field?.name ?? '*'})`;
    case 'subquery':
      return queryForm(e.query);
    case 'intervalExpression':
      return `(INTERVAL ${prefixForm(e.operand)} ${qualifierForm(e.qualifier)})`;
    case 'timeDifference':
      return `(- ${prefixForm(e.left)} ${prefixForm(e.right)} ${qualifierForm(e.qualifier)})`;
    case 'sequenceValue':
      return `(${e.operator.replace(' ', '_')} ${e.sequence.parts.map((part) => part.name).join('.')})`;
    case 'parameter':
      return '?';
    case 'formatJson':
      return list('FORMAT JSON', e.operand);
    case 'jsonValue':
      return `(${[
        'JSON_VALUE',
        prefixForm(e.input),
        prefixForm(e.path),
        ...(e.returning === null ? [] : ['RETURNING', typeForm(e.returning)]),
        ...behaviorForm(e.onEmpty, 'EMPTY'),
        ...behaviorForm(e.onError, 'ERROR'),
      ].join(' ')})`;
    case 'jsonQuery': {
      const action = (behavior: JsonBehavior | null): string =>
        `SQLJSONQUERYEMPTYORERRORBEHAVIOR[${behavior?.action.replace(' ', '_') ?? 'NULL'}]`;
      const wrapper = `${(e.wrapper ?? 'WITHOUT').replace(' ', '_')}_ARRAY`;
      const returning = e.returning === null ? '' : ` ${typeForm(e.returning)}`;
      return `(JSON_QUERY ${prefixForm(e.input)} ${prefixForm(e.path)} ${wrapper} ${action(e.onEmpty)} ${action(e.onError)}${returning})`;
    }
    case 'jsonExists':
      return `(JSON_EXISTS ${prefixForm(e.input)} ${prefixForm(e.path)}${e.onError === null ? '' : ` ${e.onError.action}`})`;
    case 'jsonObject':
      return list(
        `JSON_OBJECT ${nullForm(e.onNull ?? 'NULL ON NULL')}`,
        ...e.members.flatMap(({ key, value }) => [key, value]),
      );
    case 'jsonArray':
      return list(`JSON_ARRAY ${nullForm(e.onNull ?? 'ABSENT ON NULL')}`, ...e.items);
    case 'jsonObjectAggregate':
      return list(`JSON_OBJECTAGG_${nullForm(e.onNull ?? 'NULL ON NULL')}`, e.member.key, e.member.value);
    case 'jsonArrayAggregate': {
      const call = list(`JSON_ARRAYAGG_${nullForm(e.onNull ?? 'ABSENT ON NULL')}`, e.item);
      return e.orderBy.length === 0 ? call : `(WITHIN GROUP ${call} ${orderForm(e.orderBy)})`;
    }
  }
}

function list(head: string, ...items: readonly Expression[]): string {
  return `(${[head, ...items.map(prefixForm)].join(' ')})`;
}

function brackets(items: readonly string[]): string {
  return `[${items.join(' ')}]`;
}

function membersForm({ list: items, query }: { list: readonly Expression[] | null; query: Query | null }): string {
  return query === null ? brackets(items!.map(prefixForm)) : queryForm(query);
}

/** As Java's BigDecimal writes it. */
function numberForm(text: string, approximate: boolean): string {
  const [, sign, integer, fraction = '', exponent = '0'] = /^(-?)(\d*)\.?(\d*)?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  if (!approximate) return `${sign}${integer!.replace(/^0+(?=\d)/, '') || '0'}${fraction === '' ? '' : `.${fraction}`}`;
  const digits = `${integer}${fraction}`.replace(/^0+(?=\d)/, '');
  const scale = Number(exponent) - fraction.length + digits.length - 1;
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}E${scale}`;
}

function caseForm({ operand, branches, otherwise }: Extract<Expression, { kind: 'case' }>): string {
  const conditions = branches.map(({ conditions: [first, ...more] }) => {
    const forms = [first!, ...more].map(prefixForm);
    if (operand === null) return more.length === 0 ? forms[0]! : brackets(forms);
    return more.length === 0
      ? `(= ${prefixForm(operand)} ${forms[0]})`
      : `(IN ${prefixForm(operand)} ${brackets(forms)})`;
  });
  const results = branches.map(({ result }) => prefixForm(result));
  return `(CASE ${brackets(conditions)} ${brackets(results)} ${otherwise === null ? 'NULL' : prefixForm(otherwise)})`;
}

const RENAMED: Readonly<Record<string, string>> = {
  TUMBLE: '$TUMBLE',
  HOP: '$HOP',
  SESSION: '$SESSION',
  CEILING: 'CEIL',
};
const DEFAULT_OFFSETS: Readonly<Record<string, string>> = { FIRST: ' 0', LAST: ' 0', PREV: ' 1', NEXT: ' 1' };

function callForm(call: FunctionCall): string {
  const written = call.name.parts.at(-1)!.name.toUpperCase();
  if (!call.parentheses) return written;
  let name = RENAMED[written] ?? written;
  if (written === 'CONVERT' && call.args[1]?.kind === 'symbol')
    return `(TRANSLATE ${prefixForm(call.args[0]!)} ${call.args[1].symbol.toLowerCase()})`;
  if (written === 'TRANSLATE') {
    if (call.args[1]?.kind === 'symbol')
      return `(TRANSLATE ${prefixForm(call.args[0]!)} ${call.args[1].symbol.toLowerCase()})`;
    name = 'TRANSLATE3';
  }
  const offset = call.args.length === 1 ? (DEFAULT_OFFSETS[written] ?? '') : '';
  const order = call.argumentOrderBy.length === 0 ? '' : ` ${orderForm(call.argumentOrderBy)}`;
  let form = `${list(name, ...call.args).slice(0, -1)}${offset}${order})`;
  if (call.nullTreatment !== null) form = `(${call.nullTreatment} ${form})`;
  if (call.withinDistinct.length > 0)
    form = `(WITHIN DISTINCT ${form} ${brackets(call.withinDistinct.map(prefixForm))})`;
  if (call.withinGroup.length > 0) form = `(WITHIN GROUP ${form} ${orderForm(call.withinGroup)})`;
  if (call.filter !== null) form = `(FILTER ${form} ${prefixForm(call.filter)})`;
  if (call.over !== null)
    form = `(OVER ${form} ${call.over.kind === 'identifier' ? call.over.name : windowForm(call.over)})`;
  return form;
}

function windowForm({ base, partitionBy, orderBy, frame, allowPartial }: WindowSpecification): string {
  const parts = [
    'WINDOW',
    ...(base === null ? [] : [base.name]),
    brackets(partitionBy.map(prefixForm)),
    orderForm(orderBy),
  ];
  parts.push(frame?.unit === 'ROWS' ? 'TRUE' : 'FALSE');
  if (frame !== null) parts.push(boundForm(frame.lower), ...(frame.upper === null ? [] : [boundForm(frame.upper)]));
  if (allowPartial !== null) parts.push(allowPartial ? 'TRUE' : 'FALSE');
  return `(${parts.join(' ')})`;
}

function boundForm({ bound, offset }: WindowBound): string {
  return offset === null ? bound : `(${bound} ${prefixForm(offset)})`;
}

function orderForm(items: readonly OrderItem[]): string {
  return brackets(
    items.map(({ expression, descending }) => (descending ? list('DESC', expression) : prefixForm(expression))),
  );
}

function tableForm({ table, query, partitionBy, orderBy }: Extract<Expression, { kind: 'tableArgument' }>): string {
  const form = table === null ? queryForm(query!) : `(TABLE ${table.parts.map((part) => part.name).join('.')})`;
  if (partitionBy.length === 0 && orderBy.length === 0) return form;
  if (table === null && partitionBy.length === 0) return `(ORDER BY ${form} ${orderForm(orderBy)})`;
  return `(SET_SEMANTICS_TABLE ${form} ${brackets(partitionBy.map(prefixForm))} ${orderForm(orderBy)})`;
}

function queryForm({ body, orderBy }: Query): string {
  return orderBy.length === 0 ? bodyForm(body) : `(ORDER BY ${bodyForm(body)} ${orderForm(orderBy)})`;
}

function bodyForm(body: QueryBody): string {
  switch (body.kind) {
    case 'select':
      return '<q>';
    case 'setOperation':
      return `(${body.operator}${body.all ? ' ALL' : ''} ${bodyForm(body.left)} ${bodyForm(body.right)})`;
    case 'values':
      return list('VALUES', ...body.rows);
    case 'explicitTable':
      return `(TABLE ${body.name.parts.map((part) => part.name).join('.')})`;
    case 'query':
      return queryForm(body);
  }
}

function behaviorForm(behavior: JsonBehavior | null, event: string): string[] {
  return behavior === null
    ? []
    : [behavior.action, ...(behavior.value === null ? [] : [prefixForm(behavior.value)]), 'ON', event];
}

function nullForm(clause: string): string {
  return clause.replaceAll(' ', '_');
}

function qualifierForm({ from, to, precision, fractionalPrecision }: IntervalQualifier): string {
  const digits = (count: number | null): string => (count === null ? '' : `(${count})`);
  return `${from}${digits(precision)}${to === null ? '' : ` TO ${to}${digits(fractionalPrecision)}`}`;
}

/** As Calcite writes types: ROW in angle brackets. */
export function typeForm(type: DataType): string {
  const suffix = type.nullable ? '' : ' NOT NULL';
  switch (type.kind) {
    case 'scalarType': {
      const digits = [type.precision, type.scale].filter((count) => count !== null);
      return `${type.name}${digits.length === 0 ? '' : `(${digits.join(', ')})`}${suffix}`;
    }
    case 'intervalType':
      return qualifierForm(type.qualifier);
    case 'arrayType':
      return `ARRAY< ${typeForm(type.element)} >${suffix}`;
    case 'multisetType':
      return `MULTISET< ${typeForm(type.element)} >${suffix}`;
    case 'mapType':
      return `MAP< ${typeForm(type.key)}, ${typeForm(type.value)} >${suffix}`;
    case 'rowType':
      return type.fields.length === 0 ? 'ROW<>' : `ROW< ${type.fields.map(fieldForm).join(', ')} >${suffix}`;
    case 'rawType':
      return `RAW('${type.className.value}', '${type.serializer.value}')${suffix}`;
    case 'structuredType':
      return `STRUCTURED< ${[`'${type.className.value}'`, ...type.fields.map(fieldForm)].join(', ')} >${suffix}`;
    case 'namedType':
      return `${type.name.parts.map((part) => part.name).join('.')}${suffix}`;
  }
}

function fieldForm({ name, type, comment }: RowTypeField): string {
  return `${name.name} ${typeForm(type)}${comment === null ? '' : ` '${comment.value}'`}`;
}
