// app-file: what `-A app.ts:app` names: a file, bundled and imported as a file of jobs is, and an App that it exports.
//
//   -A app.ts:shop   ->   export const shop = new App(…)
//   -A app.ts        ->   its default export, the one named `app`, or its only App
//
// No state.

import { APP, type App } from '../app/app.js';
import { SabotError } from '../errors.js';
import type { CommandRun } from '../job/command-run.js';
import { isJobFile, withJobFile } from './job-file.js';

interface AppPlace {
  readonly path: string;
  readonly name: string | undefined;
}

/** Imports the app for as long as it is used. */
export async function withApp<T>(
  given: string | undefined,
  run: CommandRun,
  use: (app: App) => Promise<T>,
): Promise<T> {
  const place = placeOf(given);
  return withJobFile(place.path, run, (exports) => use(appIn(exports, place)));
}

function placeOf(given: string | undefined): AppPlace {
  if (given === undefined)
    throw wrong('Which app? Name its file, and what it is exported as: sabot -A app.ts:app …', 'app');
  const [, path = given, name] = /^(.+):([\w$]+)$/.exec(given) ?? [];
  if (!isJobFile(path)) throw wrong(`${path} is no file of TypeScript or JavaScript: -A app.ts:app`, path);
  return { path, name };
}

const isApp = (value: unknown): value is App => typeof value === 'object' && value !== null && APP in value;

function appIn(exports: Readonly<Record<string, unknown>>, { path, name }: AppPlace): App {
  const apps = Object.keys(exports).filter((each) => isApp(exports[each]));
  const known =
    apps.length === 0
      ? 'It exports no App: export const app = new App(…).'
      : `It exports ${apps.length === 1 ? 'an App' : 'Apps'}: ${apps.map((each) => `-A ${path}:${each}`).join(', ')}.`;
  if (name !== undefined) {
    const named = exports[name];
    if (isApp(named)) return named;
    const what = name in exports ? `'${name}' of ${path} is no App` : `${path} exports no '${name}'`;
    throw wrong(`${what}. ${known}`, name);
  }
  const only = ['default', 'app'].find((each) => apps.includes(each)) ?? (apps.length === 1 ? apps[0] : undefined);
  if (only !== undefined) return exports[only] as App;
  throw wrong(apps.length === 0 ? `${path}: ${known}` : `${path} exports several Apps: say which. ${known}`, path);
}

function wrong(message: string, identifier: string): SabotError {
  return new SabotError('SABOT_E_OPTION', message, { kind: 'no-app', identifier });
}
