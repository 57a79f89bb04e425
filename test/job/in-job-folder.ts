// in-job-folder: the command, built once for the tests of a file, and a new folder for each of them.
//
//   let jobs: JobFolder;
//   inJobFolder((made) => { jobs = made; });

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { CommandUnderTest } from '../cli/command.js';
import { JobFolder } from './job-folder.js';

const BUILD_MS = 60_000;

/** `take` is given the folder before each test; afterwards nothing is left of it, nor of its processes. */
export function inJobFolder(take: (jobs: JobFolder) => void): CommandUnderTest {
  const command = new CommandUnderTest();
  let jobs: JobFolder;
  beforeAll(() => command.build(), BUILD_MS);
  afterAll(() => command.remove());
  beforeEach(() => {
    jobs = new JobFolder(command);
    take(jobs);
  });
  afterEach(() => jobs.remove());
  return command;
}
