// index: what `import … from 'sabot'` offers. Anything not listed here is private.

export { SabotError, type SabotErrorCode, type SabotErrorOptions, type SourceSpan } from './errors.js';
