/** Stable codes of every error that sabot raises on purpose. */
export type SabotErrorCode =
  | 'SABOT_E_SYNTAX'
  | 'SABOT_E_VALIDATION'
  | 'SABOT_E_UNSUPPORTED'
  | 'SABOT_E_OPTION'
  | 'SABOT_E_PLAN'
  | 'SABOT_E_RUNTIME'
  | 'SABOT_E_FUNCTION'
  | 'SABOT_E_INPUT'
  | 'SABOT_E_IO'
  | 'SABOT_E_CANCELLED'
  | 'SABOT_E_RESTORE'
  | 'SABOT_E_FENCED'
  | 'SABOT_E_SAVEPOINT'
  | 'SABOT_E_CONTROL'
  | 'SABOT_E_STATE'
  | 'SABOT_E_NATIVE';

/** Where in a script an error lies; lines and columns count from 1, offsets from 0 (UTF-16 units). */
export interface SourceSpan {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export interface SabotErrorOptions {
  /** What kind of mistake, in the words of the parity cases: 'syntax', 'unknown-column', 'type-mismatch', … */
  readonly kind?: string;
  /** The name, keyword or option that the message is about. */
  readonly identifier?: string;
  readonly span?: SourceSpan;
  /** The statement of the script, from 1. */
  readonly statement?: number;
  readonly operator?: string;
  readonly job?: string;
  readonly cause?: unknown;
}

/** The one error class of sabot: a stable `code`, and where it happened as far as that is known. */
export class SabotError extends Error {
  readonly code: SabotErrorCode;
  readonly kind: string | undefined;
  readonly identifier: string | undefined;
  readonly span: SourceSpan | undefined;
  readonly statement: number | undefined;
  readonly operator: string | undefined;
  readonly job: string | undefined;

  constructor(code: SabotErrorCode, message: string, options: SabotErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SabotError';
    this.code = code;
    this.kind = options.kind;
    this.identifier = options.identifier;
    this.span = options.span;
    this.statement = options.statement;
    this.operator = options.operator;
    this.job = options.job;
  }

  /** The same error with more said about where it happened. */
  at(where: Pick<SabotErrorOptions, 'span' | 'statement'>, message = this.message): SabotError {
    const { kind, identifier, operator, job, cause } = this;
    const span = where.span ?? this.span;
    const statement = where.statement ?? this.statement;
    const known = Object.entries({ kind, identifier, operator, job, cause, span, statement });
    const error = new SabotError(this.code, message, Object.fromEntries(known.filter(([, v]) => v !== undefined)));
    if (this.stack !== undefined) error.stack = this.stack.replace(this.message, () => message);
    return error;
  }
}

/** Runs `action`; an error that does not say where it happened happened at `span`. */
export function placed<T>(span: SourceSpan | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (span === undefined || !(error instanceof SabotError) || error.span !== undefined) throw error;
    throw error.at({ span });
  }
}

/** Whether an error is a SabotError, be it of another copy of this package (a bundle, CommonJS beside ESM). */
export function isSabotError(error: unknown): error is SabotError {
  return error instanceof Error && error.name === 'SabotError' && 'code' in error;
}
