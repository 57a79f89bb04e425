// node-modules-current: exits 0 if node_modules holds exactly what package-lock.json asks for, 1 if npm ci is due.
// Compares the lock file with npm's record of what it installed; optional packages of other platforms may be absent.
'use strict';
const { readFileSync } = require('node:fs');

function packages(path) {
  const { '': _root, ...rest } = JSON.parse(readFileSync(path, 'utf8')).packages;
  return rest;
}

function isCurrent() {
  const wanted = packages('package-lock.json');
  let installed;
  try {
    installed = packages('node_modules/.package-lock.json');
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (installed[path] === undefined ? !optional : installed[path].version !== version) return false;
  }
  return Object.keys(installed).every((path) => path in wanted);
}

process.exit(isCurrent() ? 0 : 1);
