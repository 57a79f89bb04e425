// build-ts: bundles lib/ into dist/, only what package.json offers.
//
//   lib/NAME.ts      -> dist/NAME.js (ESM), dist/NAME.cjs    for every dist/NAME.js in package.json's exports
//   lib/cli/main.ts  -> dist/cli.cjs                         one file, dependencies included: it must start fast
//   lib/**/*.ts      -> dist/types/**/*.d.ts, and the same in dist/types-cjs/ for CommonJS importers
//
// All bundles lie directly in dist/, so lib/native.ts finds the addon at '..' from each of them, as from lib/ itself.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const entryPoints = Object.values(manifest.exports)
  .filter((target) => typeof target === 'object')
  .map((target) => target.import.default.replace('./dist/', 'lib/').replace(/\.js$/, '.ts'));

const shared = { bundle: true, platform: 'node', target: 'node20', sourcemap: true, logLevel: 'warning' };
const library = { ...shared, entryPoints, outdir: 'dist', packages: 'external' };
// CommonJS has no import.meta.url.
const commonJs = {
  format: 'cjs',
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

await Promise.all([
  build({ ...library, format: 'esm', splitting: true, chunkNames: 'chunk-[hash]' }),
  build({ ...library, ...commonJs, outExtension: { '.js': '.cjs' } }),
  // The shebang makes the file a command. Big packages stay outside: they are loaded only when a command needs them.
  build({
    ...shared,
    ...commonJs,
    banner: { js: `#!/usr/bin/env node\n${commonJs.banner.js}` },
    entryPoints: ['lib/cli/main.ts'],
    outfile: 'dist/cli.cjs',
    sourcemap: false,
    minifySyntax: true,
    minifyWhitespace: true,
    external: ['esbuild', 'apache-arrow', 'kafkajs'],
  }),
]);

// Declarations are the same text for both module systems; the nearest package.json says which one a folder is for.
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
cpSync('dist/types', 'dist/types-cjs', { recursive: true });
writeFileSync('dist/types-cjs/package.json', '{ "type": "commonjs" }\n');

// npm links a package's commands for its dependents only; in a checkout node_modules/.bin/sabot is this one.
chmodSync(manifest.bin.sabot, 0o755);
const link = 'node_modules/.bin/sabot';
mkdirSync(dirname(link), { recursive: true });
try {
  symlinkSync(relative(dirname(link), join(root, manifest.bin.sabot)), link);
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
}
