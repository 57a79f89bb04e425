// job-tables: the tables and views of a job: what its SQL defines, and the streams that it was given.
//
//   execute('CREATE VIEW v AS …; INSERT INTO t SELECT …')  ->  the sink for t;   rows('v', { id })  ->  a node;   addView('s', node)
//
// State: the session, and which text every place of an error lies in.

import { isSabotError, SabotError, type SourceSpan } from '../errors.js';
import type { LogicalNode, SinkNode } from '../plan/nodes.js';
import type { Fields } from '../schema/t.js';
import type { QualifiedName, ScriptStatement } from '../sql/ast.js';
import { parseQualifiedName, parseScript, statementIndexAt } from '../sql/parser.js';
import { placedMessage } from '../sql/render-error.js';
import { SqlSession } from '../sql/session.js';
import { tableRows, viewRows } from '../sql/stream-tables.js';

export class JobTables {
  private readonly session = new SqlSession();
  private readonly texts = new WeakMap<SourceSpan, string>();

  /** What SET has said. */
  get settings(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.session.settings);
  }

  /** Runs definitions and settings; returns what INSERTs write. */
  execute(text: string): SinkNode[] {
    const sinks: SinkNode[] = [];
    for (const statement of this.parse(text)) {
      try {
        sinks.push(...this.sinksOf(statement, text));
      } catch (error) {
        throw located(error, text, statement);
      }
    }
    try {
      this.session.finish();
    } catch (error) {
      throw located(error, text);
    }
    return sinks;
  }

  /** Columns of a table or view; `time`: the column that is their event time. */
  rows(name: string, fields: Fields, time: string | undefined): LogicalNode {
    const node = this.explaining(() => this.session.rows(nameOf(name)));
    return tableRows(node, name, fields, time);
  }

  addView(name: string, node: LogicalNode, time: string | undefined): void {
    const path = nameOf(name);
    this.explaining(() => this.session.addView(path, viewRows(node, name, time)));
  }

  /** Errors of planning show the place in the text that they come from. */
  explaining<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!isSabotError(error) || error.span === undefined) throw error;
      const text = this.texts.get(error.span);
      throw text === undefined ? error : located(error, text);
    }
  }

  private parse(text: string): ScriptStatement[] {
    try {
      const statements = parseScript(text);
      for (const statement of statements) this.remember(statement, text);
      return statements;
    } catch (error) {
      throw located(error, text);
    }
  }

  private remember(node: object, text: string): void {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value !== 'object' || value === null) continue;
      if (key === 'span') this.texts.set(value as SourceSpan, text);
      else this.remember(value, text);
    }
  }

  private sinksOf(statement: ScriptStatement, text: string): readonly SinkNode[] {
    const step = this.session.execute(statement, text);
    switch (step.kind) {
      case 'done':
        return [];
      case 'insert':
        return step.sinks;
      case 'query':
        throw refused(
          'SELECT',
          "SELECT gives its rows to nobody here: CREATE VIEW name AS SELECT …, then job.table('name', t.row({ … })).",
        );
      case 'table':
        throw refused(
          'SHOW',
          'SHOW, DESCRIBE and SET without a value have nobody to answer here: they are for `sabot sql`.',
        );
      case 'explain':
        throw refused('EXPLAIN', 'EXPLAIN has nobody to answer here: job.explain() has the plan of the whole job.');
    }
  }
}

/** `v`, `db.v`; the name of something, not of a place in a text. */
function nameOf(name: string): QualifiedName {
  try {
    return parseQualifiedName(/^\w+$/.test(name) ? `\`${name}\`` : name);
  } catch (cause) {
    if (!isSabotError(cause)) throw cause;
    const message = `'${name}' is no name of a table or view: ${cause.message} Names with other characters are written in backquotes.`;
    throw new SabotError('SABOT_E_VALIDATION', message, { kind: 'unknown-table', identifier: name, cause });
  }
}

function refused(identifier: string, message: string): SabotError {
  return new SabotError('SABOT_E_UNSUPPORTED', message, { kind: 'unsupported', identifier });
}

/** The error with its statement, and its place in the text for people to read. */
function located(error: unknown, text: string, statement?: ScriptStatement): unknown {
  if (!isSabotError(error)) return error;
  const span = error.span ?? statement?.span;
  if (span === undefined) return error;
  const placed = error.at({ span });
  return placed.at({ statement: statement?.index ?? statementIndexAt(text, span.start) }, placedMessage(text, placed));
}
