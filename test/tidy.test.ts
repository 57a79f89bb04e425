// tidy: the rules of DESIGN and STYLE that a machine can check, run over the tree itself.
//
//   every tracked or new file  ->  a list of findings "path: what is wrong"  ->  must be empty
//
// Each rule is a function over (path, text) pairs, and is shown one offence of its own so that it cannot pass by being blind.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Path from the root to text. */
type Tree = ReadonlyMap<string, string>;

function readTree(): Tree {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const paths = listed.toString('utf8').trim().split('\n');
  const code =
    /\.(cc|h|ts|mjs|cjs|cmake|py)$|^CMakeLists\.txt$|^scripts\/[\w-]+$|^\.ci\/run$|^package\.json$|^docs\/plan\.md$/;
  const read = (path: string): [string, string] => [path, readFileSync(root + path, 'utf8')];
  return new Map(paths.filter((path) => code.test(path) && existsSync(root + path)).map(read));
}

// --- layers -------------------------------------------------------------------------------------------------------

// A folder may include or import from lower numbers, and from folders of its own number as long as no circle arises.
const nativeLayers: Readonly<Record<string, number>> = {
  base: 0,
  batch: 1,
  expressions: 2,
  aggregates: 2,
  state: 2,
  plan: 2,
  stream: 3,
  operators: 4,
  formats: 4,
  connectors: 5,
  checkpoint: 5,
  engine: 6,
};

const libLayers: Readonly<Record<string, number>> = {
  'errors.ts': 0,
  'version.ts': 0,
  schema: 1,
  expressions: 1,
  batches: 2,
  plan: 2,
  functions: 3,
  operators: 3,
  connectors: 3,
  formats: 3,
  'window.ts': 4,
  'state-ttl.ts': 4,
  'keyed-state.ts': 4,
  stream: 4,
  'table.ts': 4,
  sql: 4,
  planner: 4,
  'native.ts': 5,
  job: 5,
  app: 6,
  server: 6,
  cli: 6,
  testing: 6,
  'index.ts': 7,
};

interface Dependency {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Who includes whom in native/; `sabot/…` headers are the engine's face and belong to its layer. */
function nativeDependencies(tree: Tree): Dependency[] {
  const found: Dependency[] = [];
  for (const [file, text] of tree) {
    const folder = /^native\/(\w+)\//.exec(file)?.[1];
    if (folder === undefined || folder === 'include') continue;
    for (const match of text.matchAll(/^#include "([\w./]+)"/gm)) {
      const target = match[1] as string;
      const to = target.startsWith('sabot/') ? 'engine' : (target.split('/')[0] as string);
      found.push({ file, from: folder, to });
    }
  }
  return found;
}

function libDependencies(tree: Tree): Dependency[] {
  const found: Dependency[] = [];
  const top = (path: string) => path.split('/')[1] as string;
  for (const [file, text] of tree) {
    if (!file.startsWith('lib/')) continue;
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
      const target = new URL(match[1] as string, `file:///${file}`).pathname.slice(1).replace(/\.js$/, '.ts');
      found.push({ file, from: top(file), to: top(target) });
    }
  }
  return found;
}

function layerFindings(dependencies: readonly Dependency[], layers: Readonly<Record<string, number>>): string[] {
  const findings = new Set<string>();
  const sideways = new Map<string, Set<string>>();
  for (const { file, from, to } of dependencies) {
    if (from === to) continue;
    const [own, other] = [layers[from], layers[to]];
    if (own === undefined || other === undefined) {
      findings.add(`${file}: '${own === undefined ? from : to}' has no layer; give it one in test/tidy.test.ts`);
    } else if (other > own) {
      findings.add(`${file}: ${from} (layer ${own}) may not depend on ${to} (layer ${other})`);
    } else if (other === own) {
      sideways.set(from, (sideways.get(from) ?? new Set()).add(to));
    }
  }
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    [...(sideways.get(from) ?? [])].some(
      (next) => next === goal || (!seen.has(next) && reaches(next, goal, seen.add(next))),
    );
  for (const folder of sideways.keys()) {
    if (reaches(folder, folder)) findings.add(`${folder}: in a circle of folders of one layer`);
  }
  return [...findings];
}

function bindingFindings(tree: Tree): string[] {
  const findings: string[] = [];
  for (const [file, text] of tree) {
    if (!file.startsWith('binding/')) continue;
    for (const [, target] of text.matchAll(/^#include "([\w./]+)"/gm)) {
      const own = tree.has(`binding/${target}`);
      if (!own && !target?.startsWith('sabot/'))
        findings.push(`${file}: includes ${target}; only sabot/… is for binding/`);
    }
  }
  return findings;
}

// --- operators ----------------------------------------------------------------------------------------------------

interface Spec {
  readonly file: string;
  readonly constant: string;
  readonly name: string;
}

function operatorSpecs(tree: Tree): Spec[] {
  const specs: Spec[] = [];
  for (const [file, text] of tree) {
    if (!/^native\/(operators|connectors)\/.*\.cc$/.test(file)) continue;
    for (const [, constant, name] of text.matchAll(/\bOperatorSpec (k\w+)\s*(?:=\s*)?\{\s*\.name = "(\w+)"/g)) {
      specs.push({ file, constant: constant as string, name: name as string });
    }
  }
  return specs;
}

function catalogueFindings(tree: Tree): string[] {
  const findings: string[] = [];
  const catalogue = tree.get('native/engine/catalogue.cc') ?? '';
  const listed = new Set([...catalogue.matchAll(/\bX\((k\w+)\)/g)].map((match) => match[1] as string));
  const table = (tree.get('docs/plan.md') ?? '').split('## Operators and their config')[1] ?? '';
  const firstCells = [...table.matchAll(/^\| ([a-z_, ]+) \|/gm)].map((match) => match[1] as string);
  const planned = new Set(firstCells.flatMap((cell) => cell.split(', ')));
  const specs = operatorSpecs(tree);
  for (const { file, constant, name } of specs) {
    const camel = `k${name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
    if (constant !== camel) findings.push(`${file}: operator "${name}" must be ${camel}, not ${constant}`);
    if (!planned.has(name)) findings.push(`${file}: docs/plan.md has no operator "${name}"`);
    if (!listed.has(constant)) findings.push(`${file}: ${constant} is not in native/engine/catalogue.cc`);
    if (!file.startsWith('native/operators/')) continue;
    if (file !== `native/operators/${name}.cc`) findings.push(`${file}: operator "${name}" belongs in ${name}.cc`);
    const test = `test/native/operators/${name}_test.cc`;
    if (!tree.has(test)) findings.push(`${file}: has no ${test}`);
  }
  for (const constant of listed) {
    if (!specs.some((spec) => spec.constant === constant)) {
      findings.push(`native/engine/catalogue.cc: no file defines ${constant}`);
    }
  }
  for (const file of tree.keys()) {
    const word = /^lib\/operators\/([\w-]+)\.ts$/.exec(file)?.[1]?.replaceAll('-', '_');
    if (word !== undefined && !planned.has(word)) findings.push(`${file}: docs/plan.md has no operator "${word}"`);
  }
  return findings;
}

// --- files --------------------------------------------------------------------------------------------------------

function headerFindings(tree: Tree): string[] {
  const comment = /^(?:\/\/|\/\*\*?|#|""")\s*(\S.{14,})/;
  return [...tree]
    .filter(([path, text]) => !/^package\.json$|\.md$/.test(path) && !comment.test(text.replace(/^#!.*\n/, '')))
    .map(([path]) => `${path}: does not begin with what it is`);
}

function nameFindings(tree: Tree): string[] {
  const findings: string[] = [];
  const vague = /(?:utils?|helpers?|common|manager)$/i;
  for (const [path, text] of tree) {
    const parts = path.replace(/\.\w+$/, '').split('/');
    if (parts.some((part) => part.split(/[_-]/).some((word) => vague.test(word))))
      findings.push(`${path}: a name that says nothing`);
    for (const [, name] of text.matchAll(
      /^\s*(?:export )?(?:abstract )?(?:class|struct|interface|namespace) (\w+)/gm,
    )) {
      if (vague.test(name as string)) findings.push(`${path}: ${name} is a name that says nothing`);
    }
  }
  return findings;
}

function surfaceFindings(tree: Tree): string[] {
  const findings: string[] = [];
  for (const [path, text] of tree) {
    if (!path.startsWith('lib/')) continue;
    if (/^export \*/m.test(text)) findings.push(`${path}: "export *" hides what is exported; list the names`);
    if (path !== 'lib/native.ts' && /\bdlopen\b|\.node['"`]/.test(text)) {
      findings.push(`${path}: only lib/native.ts loads the addon`);
    }
  }
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as { exports?: Record<string, unknown> };
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') continue;
    const source = `lib/${subpath === '.' ? 'index' : subpath.slice(2)}.ts`;
    if (!tree.has(source)) findings.push(`package.json: exports ${subpath}, but there is no ${source}`);
    const name = source.slice(4, -3);
    const wanted = {
      import: { types: `./dist/types/${name}.d.ts`, default: `./dist/${name}.js` },
      require: { types: `./dist/types-cjs/${name}.d.ts`, default: `./dist/${name}.cjs` },
    };
    if (JSON.stringify(target) !== JSON.stringify(wanted)) {
      findings.push(`package.json: exports ${subpath} should be ${JSON.stringify(wanted)}`);
    }
  }
  const faces = [...tree.keys()].filter((path) => path.startsWith('native/include/sabot/'));
  if (faces.length > 10) findings.push(`native/include/sabot: ${faces.length} headers, at most ten`);
  return findings;
}

const tree = readTree();
const offence = (path: string, text: string): Tree => new Map([[path, text]]);

describe('layers', () => {
  it('native/ includes only from its own layer down', () => {
    expect(layerFindings(nativeDependencies(tree), nativeLayers)).toEqual([]);
    const upward = offence('native/base/clock.h', '#include "stream/element.h"\n');
    expect(layerFindings(nativeDependencies(upward), nativeLayers)).toHaveLength(1);
  });

  it('folders of one layer form no circle', () => {
    const circle: Tree = new Map([
      ['native/plan/plan.h', '#include "state/snapshot.h"\n'],
      ['native/state/snapshot.h', '#include "plan/plan.h"\n'],
    ]);
    expect(layerFindings(nativeDependencies(circle), nativeLayers)).toHaveLength(2);
  });

  it('binding/ sees the headers of native/include/sabot only', () => {
    expect(bindingFindings(tree)).toEqual([]);
    expect(bindingFindings(offence('binding/job.cc', '#include "plan/plan.h"\n'))).toHaveLength(1);
  });

  it('lib/ imports only from its own layer down', () => {
    const subpaths = Object.fromEntries(subpathFiles(tree).map((file) => [file, 7]));
    expect(layerFindings(libDependencies(tree), { ...subpaths, ...libLayers })).toEqual([]);
    const upward = offence('lib/plan/nodes.ts', "import { parse } from '../sql/parser.js';\n");
    expect(layerFindings(libDependencies(upward), libLayers)).toHaveLength(1);
  });
});

/** The files behind package.json's subpaths, such as kafka.ts: like index.ts they may import anything. */
function subpathFiles(from: Tree): string[] {
  const manifest = JSON.parse(from.get('package.json') ?? '{}') as { exports: Record<string, unknown> };
  return Object.keys(manifest.exports).map((subpath) => `${subpath.slice(2)}.ts`);
}

describe('operators', () => {
  it('are one word: file, constant, catalogue row, test, lib/operators', () => {
    expect(catalogueFindings(tree)).toEqual([]);
    const stray = offence('native/operators/filter.cc', 'extern const OperatorSpec kSieve{.name = "sieve"};');
    expect(catalogueFindings(stray)).toHaveLength(4);
  });
});

describe('files', () => {
  it('begin with what they are', () => {
    expect(headerFindings(tree)).toEqual([]);
    expect(headerFindings(offence('lib/a.ts', "import 'node:fs';\n"))).toHaveLength(1);
  });

  it('have names that say something', () => {
    expect(nameFindings(tree)).toEqual([]);
    expect(nameFindings(offence('lib/string-utils.ts', 'export class TaskManager {}'))).toHaveLength(2);
  });

  it('offer explicit names, and every subpath has its file', () => {
    expect(surfaceFindings(tree)).toEqual([]);
    expect(surfaceFindings(offence('lib/a.ts', "export * from './b.js';"))).toHaveLength(1);
  });
});
