// FROM: tables, views, common tables, subqueries, UNNEST, window functions and joins -> nodes and a scope.
//
//   FROM orders AS o LEFT JOIN customers AS c ON o.cid = c.id
//     ->  join left ( scan orders, scan customers ), scope o: 0..4, c: 5..8 (nullable)

import { castTo } from '../../expressions/cast.js';
import { call, column, type Expression, isCall, isLiteral, someExpression } from '../../expressions/expression.js';
import type { JoinNode, LogicalNode } from '../../plan/nodes.js';
import { NO_PLACES, scanSchema, type TableDefinition, type TablePlaces, tableSchema } from '../../plan/table.js';
import { leastRestrictive } from '../../schema/result-types.js';
import { type Field, materialized, nullable, type Schema, timeAttribute } from '../../schema/types.js';
import type * as ast from '../ast.js';
import { checkConnector } from './connectors.js';
import { optionsOf, placesOf } from './create-table.js';
import type { QueryEnvironment } from './environment.js';
import { invalid, suggestion, unsupported } from './errors.js';
import { analyseCondition, analyseExpression } from './expressions.js';
import { functionName } from './function-calls.js';
import { matchRecognize } from './match-recognize.js';
import { comparison, logical } from './operators.js';
import { analyseQuery, expressionContext } from './query.js';
import { type MergedColumn, type Relation, Scope } from './scope.js';
import { isStateTable, stateTable } from './state-tables.js';
import { joinUnnest, unnest } from './unnest.js';
import { isWindowFunction, windowTable } from './window-tables.js';

export interface From {
  readonly node: LogicalNode;
  readonly scope: Scope;
}

export function analyseFrom(reference: ast.TableReference, environment: QueryEnvironment): From {
  return table(reference, environment, undefined);
}

/** Analyses a table reference; `left` is what LATERAL and UNNEST may refer to. */
function table(reference: ast.TableReference, environment: QueryEnvironment, left: From | undefined): From {
  if (reference.kind === 'join') return join(reference, environment);
  if (reference.sample !== null) throw unsupported('TABLESAMPLE is not supported', reference.sample.span);
  switch (reference.kind) {
    case 'namedTable': {
      if (reference.systemTime !== null) {
        throw unsupported(
          'FOR SYSTEM_TIME AS OF is only supported on the right side of a join',
          reference.systemTime.span,
        );
      }
      return namedTable(reference, environment);
    }
    case 'derivedTable': {
      const node = analyseQuery(
        reference.query,
        reference.lateral && left ? { ...environment, outer: left.scope } : environment,
      );
      return relation(node, [], reference.alias, environment);
    }
    case 'tableFunction':
      return tableFunction(reference, environment);
    case 'unnest':
      return unnest(reference, environment, undefined, false);
    case 'matchRecognize': {
      const input = table(reference.input, environment, left);
      return relation(matchRecognize(reference, input, environment), [], reference.alias, environment);
    }
    case 'pivot':
    case 'unpivot':
      throw unsupported(`${reference.kind.toUpperCase()} is not supported`, reference.span);
  }
}

/** A single relation with its alias applied. */
function relation(
  node: LogicalNode,
  path: readonly string[],
  alias: ast.TableAlias | null,
  environment: QueryEnvironment,
): From {
  const named = alias === null ? node : withColumnNames(node, alias);
  const relations: Relation[] = [{ path: alias === null ? path : [alias.name.name], offset: 0, schema: named.schema }];
  return { node: named, scope: new Scope(relations, environment.outer) };
}

function withColumnNames(node: LogicalNode, alias: ast.TableAlias): LogicalNode {
  if (alias.columns.length === 0) return node;
  const { schema } = node;
  if (alias.columns.length !== schema.length) {
    const names = schema.map((field) => `'${field.name}'`).join(', ');
    const message = `List of column aliases must have same degree as table; table has ${schema.length} columns (${names}), whereas alias list has ${alias.columns.length} columns`;
    throw invalid('wrong-alias-count', alias.name.name, message, alias.span);
  }
  return { ...node, schema: schema.map(({ type }, i) => ({ name: alias.columns[i]!.name, type })) };
}

// ---------------------------------------------------------------------------------------------------------- named tables

function namedTable(reference: ast.NamedTable, environment: QueryEnvironment): From {
  const { node, path } = tableNode(reference.name, reference.hints, environment);
  return relation(node, path, reference.alias, environment);
}

/** The rows of a common table, view or table, by name. */
export function tableNode(
  name: ast.QualifiedName,
  hints: readonly ast.Hint[],
  environment: QueryEnvironment,
): { readonly node: LogicalNode; readonly path: readonly string[] } {
  const path = name.parts.map((part) => part.name);
  const common = path.length === 1 ? environment.commonTables.get(path[0]!) : undefined;
  if (common !== undefined) return { node: common, path };
  const found = environment.catalog.find(path);
  if (found === undefined) throw unknownTable(name, environment);
  if (found.kind === 'view') return { node: found.view.plan, path: found.view.identifier };
  return { node: scanTable(found.table, hints, name.span, environment), path: found.table.identifier };
}

export function unknownTable(name: ast.QualifiedName, environment: QueryEnvironment) {
  const path = name.parts.map((part) => part.name);
  const missing = environment.catalog.missingPart(path);
  const candidates =
    missing === path.at(-1) ? [...environment.commonTables.keys(), ...environment.catalog.objectNames()] : [];
  const message = `Object '${missing}' not found${suggestion(missing, candidates)}`;
  const part = name.parts.find(({ name: written }) => written === missing) ?? name;
  return invalid('unknown-table', missing, message, part.span);
}

/** Scan, then computed columns, then the watermark. */
function scanTable(
  definition: TableDefinition,
  hints: readonly ast.Hint[],
  span: ast.SourceSpan,
  environment: QueryEnvironment,
): LogicalNode {
  const { options, places } = hintedOptions(definition, hints);
  checkConnector(definition, options, places, span, environment.connectorNames);
  const plain = ({ name, type }: Field): Field => ({
    name,
    type: timeAttribute(type) === 'rowtime' ? materialized(type) : type,
  });
  const physical = scanSchema(definition).map(plain);
  const scan: LogicalNode = { op: 'scan', table: definition, options, places, schema: physical, span };
  const columns = tableSchema(definition).map(plain);
  const inOrder = definition.columns.every((c, i) => c.kind !== 'computed' && physical[i]?.name === c.name);
  const expressions = definition.columns.map((c) =>
    c.kind === 'computed'
      ? c.expression
      : column(
          physical.findIndex((field) => field.name === c.name),
          physical.find((field) => field.name === c.name)!.type,
        ),
  );
  const complete: LogicalNode = inOrder ? scan : { op: 'project', input: scan, expressions, schema: columns, span };
  const { watermark } = definition;
  if (watermark === undefined) return complete;
  if (someExpression(watermark.expression, (e) => isCall(e, 'source_watermark'))) {
    const message = `SOURCE_WATERMARK() needs a connector with watermarks of its own, which '${options.connector}' has not; write WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`;
    throw invalid('unsupported-function', 'SOURCE_WATERMARK', message, places.watermark ?? span);
  }
  return {
    op: 'watermark',
    input: complete,
    time: watermark.column,
    watermark: watermark.expression,
    schema: tableSchema(definition),
    span,
  };
}

/** The table's options with those of OPTIONS hints on top. */
export function hintedOptions(
  { options, places = NO_PLACES }: TableDefinition,
  hints: readonly ast.Hint[],
): { readonly options: Readonly<Record<string, string>>; readonly places: TablePlaces } {
  const hinted = hints.filter((hint) => hint.name.name.toUpperCase() === 'OPTIONS').flatMap((hint) => hint.options);
  return {
    options: { ...options, ...optionsOf(hinted) },
    places: { ...places, options: { ...places.options, ...placesOf(hinted) } },
  };
}

function tableFunction(reference: ast.TableFunctionTable, environment: QueryEnvironment): From {
  const { call: node } = reference;
  if (isWindowFunction(node)) return relation(windowTable(node, environment), [], reference.alias, environment);
  const name = functionName(node);
  if (isStateTable(name)) {
    return relation(stateTable(node, environment.states), ['state'], reference.alias, environment);
  }
  const known = ['TUMBLE', 'HOP', 'CUMULATE', 'SESSION'];
  const message = `No match found for function signature ${name}${suggestion(name.toUpperCase(), known)}`;
  throw invalid('unknown-function', name, message, node.span);
}

// --------------------------------------------------------------------------------------------------------------- joins

export const JOIN_TYPES: Readonly<Record<ast.JoinType, JoinNode['joinType']>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  CROSS: 'inner',
  COMMA: 'inner',
};

function join(node: ast.Join, environment: QueryEnvironment): From {
  const joinType = JOIN_TYPES[node.type];
  const left = table(node.left, environment, undefined);
  if (node.right.kind === 'unnest') return joinUnnest(node, node.right, left, joinType, environment);
  const versioned = node.right.kind === 'namedTable' && node.right.systemTime !== null ? node.right : undefined;
  const right = versioned === undefined ? table(node.right, environment, left) : namedTable(versioned, environment);
  // Times of versions are no event time of the rows that have found them.
  const seen = versioned === undefined ? right : withoutTimeAttributes(right);
  const joined = joinedScope(left, seen, joinType, environment, nameSpan(node.right));
  const { condition, scope } = joinCondition(node, joined, left, right, joinType, environment);
  const schema = scope.schema;
  if (versioned !== undefined) {
    return { node: temporalJoin(node, versioned, left, right, condition, schema, environment), scope };
  }
  const span = node.operatorSpan;
  const sides = { left: left.node, right: right.node, ...(condition === undefined ? {} : { condition }), schema, span };
  if (node.right.kind === 'derivedTable' && node.right.lateral) {
    return { node: correlate(node, sides, joinType), scope };
  }
  const ttls = [left, right].map((side) => environment.stateTtls?.of(side.scope));
  const ttl = ttls.some((each) => each !== undefined) ? { leftTtl: ttls[0], rightTtl: ttls[1] } : {};
  return { node: { op: 'join', joinType, ...sides, ...ttl }, scope };
}

function withoutTimeAttributes({ node, scope }: From): From {
  const plain = (schema: Schema): Schema => schema.map(({ name, type }) => ({ name, type: materialized(type) }));
  const relations = scope.relations.map((relation) => ({ ...relation, schema: plain(relation.schema) }));
  return { node, scope: new Scope(relations, scope.parent, scope.merged) };
}

/** Where a table gets its name. */
const nameSpan = (reference: ast.TableReference): ast.SourceSpan =>
  ('alias' in reference ? reference.alias?.name.span : undefined) ?? reference.span;

/** Both sides' relations in one row; the side that may be missing is nullable. */
function joinedScope(
  left: From,
  right: From,
  joinType: JoinNode['joinType'],
  environment: QueryEnvironment,
  span: ast.SourceSpan,
): Scope {
  const optional = (relation: Relation, isOptional: boolean): Relation =>
    isOptional
      ? { ...relation, schema: relation.schema.map(({ name, type }) => ({ name, type: nullable(type) })) }
      : relation;
  const width = left.node.schema.length;
  checkNames(left, right, span);
  return new Scope(
    [
      ...left.scope.relations.map((r) => optional(r, joinType === 'right' || joinType === 'full')),
      ...right.scope.relations.map((r) =>
        optional({ ...r, offset: r.offset + width }, joinType === 'left' || joinType === 'full'),
      ),
    ],
    environment.outer,
    left.scope.merged,
  );
}

/** Two tables of one FROM may not have one name. */
function checkNames(left: From, right: From, span: ast.SourceSpan): void {
  const taken = new Set(left.scope.relations.map((relation) => relation.path.at(-1)));
  for (const { path } of right.scope.relations) {
    const name = path.at(-1);
    if (name === undefined || !taken.has(name)) continue;
    throw invalid('duplicate-alias', name, `Duplicate relation name '${name}' in FROM clause`, span);
  }
}

function joinCondition(
  node: ast.Join,
  joined: Scope,
  left: From,
  right: From,
  joinType: JoinNode['joinType'],
  environment: QueryEnvironment,
): { readonly condition: Expression | undefined; readonly scope: Scope } {
  const names = node.natural ? commonNames(left, right, node) : node.using;
  if (names !== null && names !== undefined)
    return mergedCondition(names, joined, left, right, joinType, node.operatorSpan);
  if (node.condition === null) return { condition: undefined, scope: joined };
  const condition = analyseCondition(node.condition, expressionContext(joined, 'ON', environment));
  return { condition, scope: joined };
}

function commonNames(left: From, right: From, node: ast.Join): readonly ast.Identifier[] {
  const others = new Set(right.scope.schema.map((field) => field.name));
  const names = left.scope.schema.map((field) => field.name).filter((name) => others.has(name));
  return names.map((name) => ({ kind: 'identifier', name, quoted: false, span: node.operatorSpan }));
}

/** USING (a, b): equality of both sides' columns, seen as one column. */
function mergedCondition(
  names: readonly ast.Identifier[],
  joined: Scope,
  left: From,
  right: From,
  joinType: JoinNode['joinType'],
  span: ast.SourceSpan,
) {
  const width = left.node.schema.length;
  const merged: MergedColumn[] = [];
  const equal: Expression[] = [];
  for (const name of names) {
    const [l, r] = [left, right].map((side) => side.scope.find([name], 0)) as [Expression?, Expression?];
    if (l === undefined || r === undefined || !('column' in l) || !('column' in r)) {
      const message = `Column '${name.name}' not found in any table`;
      throw invalid('unknown-column', name.name, message, name.span);
    }
    const schema = joined.schema;
    const leftColumn = column(l.column, schema[l.column]!.type);
    const rightColumn = column(r.column + width, schema[r.column + width]!.type);
    equal.push(comparison('=', leftColumn, rightColumn, name.span));
    const expression = mergedExpression(leftColumn, rightColumn, joinType);
    merged.push({ name: name.name, expression, covers: [l.column, r.column + width] });
  }
  const condition = equal.length === 0 ? undefined : equal.length === 1 ? equal[0]! : logical('and', equal, span);
  const scope = new Scope(joined.relations, joined.parent, [...merged, ...joined.merged]);
  return { condition, scope };
}

/** The side that is always there speaks for both; in a FULL join the first that is there. */
function mergedExpression(left: Expression, right: Expression, joinType: JoinNode['joinType']): Expression {
  if (joinType === 'right') return right;
  if (joinType !== 'full') return left;
  const type = leastRestrictive([left.type, right.type])!;
  return call('coalesce', [castTo(left, type), castTo(right, type)], nullable(materialized(type)));
}

function correlate(
  node: ast.Join,
  sides: {
    readonly left: LogicalNode;
    readonly right: LogicalNode;
    readonly condition?: Expression;
    readonly schema: Schema;
  },
  joinType: JoinNode['joinType'],
): LogicalNode {
  if (joinType !== 'inner' && joinType !== 'left')
    throw unsupported(`${node.type} JOIN LATERAL is not supported`, node.operatorSpan);
  const { condition, ...rest } = sides;
  const correlated: LogicalNode = { op: 'correlate', joinType, ...rest, span: node.right.span };
  if (condition === undefined || isTrue(condition)) return correlated;
  if (joinType === 'left') throw unsupported('LEFT JOIN LATERAL takes ON TRUE', node.condition!.span);
  return { op: 'filter', input: correlated, condition, schema: rest.schema };
}

export const isTrue = (e: Expression) => isLiteral(e) && e.literal === true;

function temporalJoin(
  node: ast.Join,
  versioned: ast.NamedTable,
  left: From,
  right: From,
  condition: Expression | undefined,
  schema: Schema,
  environment: QueryEnvironment,
): LogicalNode {
  const joinType = JOIN_TYPES[node.type];
  if (joinType !== 'inner' && joinType !== 'left') {
    throw unsupported(
      `Temporal table join currently only supports INNER JOIN and LEFT JOIN, but was ${node.type}`,
      node.operatorSpan,
    );
  }
  const period = versioned.systemTime!;
  const time = analyseExpression(period, expressionContext(left.scope, 'FOR SYSTEM_TIME AS OF', environment));
  if (timeAttribute(time.type) === undefined) {
    const message =
      "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute field";
    throw invalid('no-time-attribute', 'time attribute', message, period.span);
  }
  const sides = { left: left.node, right: right.node, time, schema, span: versioned.span };
  return { op: 'temporal_join', joinType, ...sides, ...(condition === undefined ? {} : { condition }) };
}
