// A session: runs the statements of a script in order and says what each one asks for.
//
//   CREATE TABLE ...; SET ...; INSERT ...; SELECT ...
//     ->  { done }, { done }, { insert, sinks: [sink] }, { query, plan }
//
// Definitions and settings take effect here; queries and inserts are handed back as logical plans for the caller to run.
// State: catalog, settings, and the statement set that is open between BEGIN STATEMENT SET and END.

import { placed } from '../errors.js';
import type { LogicalNode, SinkNode } from '../plan/nodes.js';
import type { ObjectIdentifier } from '../plan/table.js';
import { checkSetting, settingWarning } from '../planner/known-settings.js';
import type { Schema } from '../schema/types.js';
import { alterTable } from './alter-table.js';
import { CONNECTOR_NAMES } from './analyser/connectors.js';
import { analyseTable, mergeLike, sourceOf, type TableSource } from './analyser/create-table.js';
import type { ConnectorNames, QueryEnvironment } from './analyser/environment.js';
import { invalid, spanOver, suggestion, unsupported } from './analyser/errors.js';
import { analyseInsert } from './analyser/insert.js';
import { analyseQuery } from './analyser/query.js';
import { uniqueNames } from './analyser/scope.js';
import type { StateTables } from './analyser/state-tables.js';
import { tableNode } from './analyser/tables.js';
import type * as ast from './ast.js';
import { Catalog } from './catalog.js';
import { describeTable, show, type TextTable, textTable } from './show.js';
import { unsupportedStatement } from './unsupported-statement.js';

/** What a statement asks for. */
export type SessionStep =
  /** Definitions and settings: nothing is left to do, save to show the warning. */
  | { readonly kind: 'done'; readonly warning?: string }
  /** SHOW, DESCRIBE: rows to print. */
  | { readonly kind: 'table'; readonly table: TextTable }
  /** A query whose rows go to the caller. */
  | { readonly kind: 'query'; readonly plan: LogicalNode }
  /** INSERT or STATEMENT SET: one job with one or more sinks. */
  | { readonly kind: 'insert'; readonly sinks: readonly SinkNode[] }
  | {
      readonly kind: 'explain';
      readonly plans: readonly LogicalNode[];
      readonly details: readonly ast.ExplainDetail[];
    };

const DONE: SessionStep = { kind: 'done' };
/** The query of a view that has none. */
const STREAM_VIEW = '(the rows of a stream)';

export interface SessionOptions {
  /** Settings to begin with; SET in the script beats them. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly connectorNames?: ConnectorNames;
  /** What state('uid') reads; absent: there is no state to read. */
  readonly states?: StateTables;
}

/**
 * Executes statements one after another.
 *
 * @example
 * const session = new SqlSession();
 * for (const statement of parseScript(text)) run(session.execute(statement, text));
 */
export class SqlSession {
  readonly catalog = new Catalog();
  readonly settings: Map<string, string>;
  private readonly connectorNames: ConnectorNames;
  private readonly states: StateTables | undefined;
  private openSet: { readonly sinks: SinkNode[]; readonly span: ast.SourceSpan } | undefined;

  constructor({ settings = {}, connectorNames = CONNECTOR_NAMES, states }: SessionOptions = {}) {
    this.settings = new Map(Object.entries(settings));
    this.connectorNames = connectorNames;
    this.states = states;
  }

  /** Executes one statement; `script` is the text that its spans point into. */
  execute({ statement }: ast.ScriptStatement, script: string): SessionStep {
    return this.step(statement, script);
  }

  /** The rows of a table or view. */
  rows(name: ast.QualifiedName): LogicalNode {
    return tableNode(name, [], this.environment).node;
  }

  /** Makes rows of a stream a view. */
  addView(name: ast.QualifiedName, plan: LogicalNode): void {
    const identifier = this.catalog.identify(name.parts.map((part) => part.name));
    this.requireDatabase(identifier, name.span);
    const view = { identifier, plan, text: STREAM_VIEW, temporary: true };
    const made = this.catalog.create(identifier, { kind: 'view', view }, true);
    this.created(made, false, 'View', identifier[2], name.span);
  }

  private get environment(): QueryEnvironment {
    return {
      catalog: this.catalog,
      session: { currentDatabase: this.catalog.currentDatabase },
      connectorNames: this.connectorNames,
      commonTables: new Map(),
      states: this.states,
      outer: null,
    };
  }

  private step(node: ast.Statement, script: string): SessionStep {
    switch (node.kind) {
      case 'queryStatement':
        return { kind: 'query', plan: this.query(node.query) };
      case 'insert':
        return this.insert(node);
      case 'statementSet':
        return { kind: 'insert', sinks: node.inserts.map((insert) => analyseInsert(insert, this.environment)) };
      case 'beginStatementSet':
        if (this.openSet !== undefined) throw unsupported('A statement set is already open', node.span);
        this.openSet = { sinks: [], span: node.span };
        return DONE;
      case 'endStatementSet':
        return this.endSet(node.span);
      case 'execute':
        return this.step(node.statement, script);
      case 'explain':
        return { kind: 'explain', plans: this.explained(node.statement), details: node.details };
      case 'createTable':
        return this.createTable(node, script);
      case 'createView':
        return this.createView(node, script);
      case 'createCatalog':
        return this.created(
          this.catalog.createCatalog(node.name.name),
          node.ifNotExists,
          'Catalog',
          node.name.name,
          node.name.span,
        );
      case 'createDatabase': {
        const [catalog, database] = this.databasePath(node.name);
        this.requireCatalog(catalog, node.name.span);
        const made = this.catalog.createDatabase(catalog, database);
        return this.created(made, node.ifNotExists, 'Database', database, node.name.span);
      }
      case 'drop':
        return this.drop(node);
      case 'alter':
        return this.alter(node, script);
      case 'set':
        return this.set(node);
      case 'reset':
        if (node.key === null) this.settings.clear();
        else this.settings.delete(node.key.value);
        return DONE;
      case 'use':
        return this.use(node);
      case 'show':
        return { kind: 'table', table: show(node, this.catalog) };
      case 'describe':
        return this.describe(node);
      default:
        throw unsupportedStatement(node);
    }
  }

  /** After the last statement: what was begun must have been ended. */
  finish(): void {
    if (this.openSet === undefined) return;
    throw unsupported('BEGIN STATEMENT SET has no END; nothing of the set was run', this.openSet.span);
  }

  // ----------------------------------------------------------------------------------------------- queries and inserts

  private query(query: ast.Query): LogicalNode {
    const plan = analyseQuery(query, this.environment, true);
    return { ...plan, schema: uniqueNames(plan.schema) };
  }

  private insert(node: ast.Insert): SessionStep {
    const sink = analyseInsert(node, this.environment);
    if (this.openSet === undefined) return { kind: 'insert', sinks: [sink] };
    this.openSet.sinks.push(sink);
    return DONE;
  }

  private endSet(span: ast.SourceSpan): SessionStep {
    const set = this.openSet;
    if (set === undefined) throw unsupported('END without BEGIN STATEMENT SET', span);
    this.openSet = undefined;
    return { kind: 'insert', sinks: set.sinks };
  }

  private explained(node: ast.Statement): readonly LogicalNode[] {
    switch (node.kind) {
      case 'queryStatement':
        return [this.query(node.query)];
      case 'insert':
        return [analyseInsert(node, this.environment)];
      case 'statementSet':
        return node.inserts.map((insert) => analyseInsert(insert, this.environment));
      default:
        throw unsupported('EXPLAIN takes a query, an INSERT or a STATEMENT SET', node.span);
    }
  }

  // ---------------------------------------------------------------------------------------------------- CREATE and DROP

  private createTable(node: ast.CreateTable, script: string): SessionStep {
    const identifier = this.catalog.identify(node.name.parts.map((part) => part.name));
    const own = sourceOf(node, script);
    const merged = node.like === null ? own : mergeLike(this.sourceOfTable(node.like.table), own, node.like);
    const query = node.as === null ? undefined : this.query(node.as);
    const source = query === undefined ? merged : withQueryColumns(merged, query.schema);
    const table = analyseTable(identifier, source, node.temporary, this.environment);
    const stored = { kind: 'table', table, source } as const;
    this.requireDatabase(identifier, node.name.span);
    const made = this.catalog.create(identifier, stored, node.temporary, node.orReplace);
    const step = this.created(made, node.ifNotExists, 'Table', identifier[2], node.name.span);
    if (node.as === null || !made) return step;
    return this.insert({
      kind: 'insert',
      mode: 'INTO',
      table: node.name,
      hints: [],
      partition: [],
      columns: [],
      onConflict: null,
      query: node.as,
      span: node.span,
    });
  }

  private sourceOfTable(name: ast.QualifiedName): TableSource {
    const path = name.parts.map((part) => part.name);
    const found = this.catalog.find(path);
    if (found?.source !== undefined) return found.source;
    const last = path.at(-1)!;
    const message = `Source table '${last}' of the LIKE clause not found${suggestion(last, this.catalog.objectNames())}`;
    throw invalid('unknown-table', last, message, name.span);
  }

  private createView(node: ast.CreateView, script: string): SessionStep {
    const identifier = this.catalog.identify(node.name.parts.map((part) => part.name));
    const query = analyseQuery(node.query, this.environment);
    const schema = this.viewSchema(query.schema, node);
    const view = {
      identifier,
      plan: { ...query, schema },
      text: script.slice(node.query.span.start, node.query.span.end),
      temporary: node.temporary,
      ...(node.comment === null ? {} : { comment: node.comment.value }),
    };
    this.requireDatabase(identifier, node.name.span);
    const made = this.catalog.create(identifier, { kind: 'view', view }, node.temporary, node.orReplace);
    return this.created(made, node.ifNotExists, 'View', identifier[2], node.name.span);
  }

  private viewSchema(schema: Schema, { columns }: ast.CreateView): Schema {
    if (columns.length === 0) return uniqueNames(schema);
    if (columns.length === schema.length) return schema.map(({ type }, i) => ({ name: columns[i]!.name, type }));
    const message = `VIEW definition and input fields not match: ${columns.length} names, ${schema.length} columns`;
    throw invalid('wrong-alias-count', String(columns.length), message, spanOver(columns));
  }

  private created(made: boolean, lenient: boolean, what: string, name: string, span: ast.SourceSpan): SessionStep {
    if (made || lenient) return DONE;
    const hint =
      what === 'Table' || what === 'View' ? `; DROP it first, or write CREATE ${what.toUpperCase()} IF NOT EXISTS` : '';
    throw invalid('duplicate-object', name, `${what} '${name}' already exists${hint}`, span);
  }

  private requireCatalog(catalog: string, span: ast.SourceSpan): void {
    const known = this.catalog.catalogNames();
    if (!known.includes(catalog)) throw this.unknown('catalog', catalog, span, known);
  }

  private requireDatabase([catalog, database]: ObjectIdentifier, span: ast.SourceSpan): void {
    this.requireCatalog(catalog, span);
    if (this.catalog.hasDatabase(catalog, database)) return;
    throw this.unknown('database', database, span, this.catalog.databaseNames(catalog));
  }

  private drop(node: ast.Drop): SessionStep {
    const path = node.name.parts.map((part) => part.name);
    const name = path.at(-1)!;
    const dropped = this.dropped(node, path);
    if (dropped || node.ifExists) return DONE;
    const message = `${node.object[0]}${node.object.slice(1).toLowerCase()} '${name}' does not exist${suggestion(name, this.catalog.objectNames())}`;
    throw invalid('unknown-table', name, message, node.name.span);
  }

  private dropped(node: ast.Drop, path: readonly string[]): boolean {
    switch (node.object) {
      case 'TABLE':
      case 'VIEW':
        return this.catalog.drop(path, node.object === 'TABLE' ? 'table' : 'view', node.temporary);
      case 'CATALOG':
        return this.catalog.dropCatalog(path[0]!);
      case 'DATABASE': {
        const [catalog, database] = this.databasePath(node.name);
        if (!node.cascade && !this.catalog.isEmpty(catalog, database)) {
          throw unsupported(`Database '${database}' is not empty; add CASCADE`, node.name.span);
        }
        return this.catalog.dropDatabase(catalog, database);
      }
      default:
        throw unsupported(`DROP ${node.object} is not supported`, node.span);
    }
  }

  private alter(node: ast.Alter, script: string): SessionStep {
    const path = node.name.parts.map((part) => part.name);
    const found = this.catalog.find(path);
    if (found === undefined && node.ifExists) return DONE;
    if (node.object !== 'TABLE' || found?.kind !== 'table' || found.source === undefined) {
      const name = path.at(-1)!;
      if (node.object !== 'TABLE') throw unsupported(`ALTER ${node.object} is not supported`, node.span);
      const message = `Table '${name}' does not exist${suggestion(name, this.catalog.objectNames())}`;
      throw invalid('unknown-table', name, message, node.name.span);
    }
    const { identifier, temporary } = found.table;
    if (node.action.kind === 'rename') {
      const to = this.catalog.identify(node.action.to.parts.map((part) => part.name));
      const renamed = { ...found, table: { ...found.table, identifier: to } };
      const made = this.catalog.create(to, renamed, temporary);
      if (!made) throw invalid('duplicate-object', to[2], `Table '${to[2]}' already exists`, node.action.to.span);
      this.catalog.drop(identifier, 'table', temporary);
      return DONE;
    }
    const source = alterTable(found.source, node.action, script);
    const table = analyseTable(identifier, source, temporary, this.environment);
    this.catalog.replace(identifier, { kind: 'table', table, source });
    return DONE;
  }

  // --------------------------------------------------------------------------------------------------- settings and names

  private set({ key, value }: ast.SetOption): SessionStep {
    if (key === null) {
      const rows = [...this.settings].sort().map(([name, text]) => [name, text]);
      return { kind: 'table', table: textTable(['key', 'value'], rows) };
    }
    const text = value?.value ?? '';
    placed(value?.span ?? key.span, () => checkSetting(key.value, text));
    this.settings.set(key.value, text);
    const warning = settingWarning(key.value, text);
    return warning === undefined ? DONE : { kind: 'done', warning };
  }

  private use(node: ast.Use): SessionStep {
    const parts = node.name.parts.map((part) => part.name);
    if (node.object === 'CATALOG') {
      const [catalog] = parts as [string];
      const [first] = this.catalog.databaseNames(catalog);
      if (first === undefined) throw this.unknown('catalog', catalog, node.name.span, this.catalog.catalogNames());
      this.catalog.currentCatalog = catalog;
      this.catalog.currentDatabase = first;
      return DONE;
    }
    const [catalog, database] = this.databasePath(node.name);
    this.requireDatabase([catalog, database, ''], node.name.span);
    this.catalog.currentCatalog = catalog;
    this.catalog.currentDatabase = database;
    return DONE;
  }

  private databasePath(name: ast.QualifiedName): readonly [string, string] {
    const parts = name.parts.map((part) => part.name);
    return parts.length > 1 ? [parts[0]!, parts[1]!] : [this.catalog.currentCatalog, parts[0]!];
  }

  private unknown(what: string, name: string, span: ast.SourceSpan, candidates: readonly string[]) {
    return invalid(
      'unknown-table',
      name,
      `A ${what} with name '${name}' does not exist${suggestion(name, candidates)}`,
      span,
    );
  }

  private describe(node: ast.Describe): SessionStep {
    if (node.object !== 'TABLE' || node.name === null) {
      throw unsupported(`DESCRIBE ${node.object} is not supported`, node.span);
    }
    const path = node.name.parts.map((part) => part.name);
    const found = this.catalog.find(path);
    if (found === undefined) throw this.unknown('table', path.at(-1)!, node.name.span, this.catalog.objectNames());
    return { kind: 'table', table: describeTable(found) };
  }
}

/** The columns of CREATE TABLE AS: those of the query, then the declared ones. */
function withQueryColumns(source: TableSource, schema: Schema): TableSource {
  const named = source.columns.filter((c) => c.kind !== 'namedColumn');
  const columns = schema.map(({ name, type }) => ({ kind: 'resolved', name, type }) as const);
  return { ...source, columns: [...columns, ...named] };
}

/** `createModel` as `CREATE MODEL`. */
