// expected: which parity cases must pass. All others run as well and are reported as not supported yet.

/** Areas of which every case must pass. */
export const requiredAreas: readonly string[] = ['scalar', 'aggregate', 'window', 'errors', 'ddl'];

/** Cases of other areas that must pass. */
export const requiredCases: readonly string[] = [
  'flights/aircraft-sessions',
  'flights/cumulate-day',
  'flights/turnaround-interval',
  'nexmark/q0-passthrough',
  'nexmark/q7-window-join',
  'nexmark/q22-url-parts',
];

/** Whether a case such as 'window/late-tumble' must pass. */
export function isRequired(name: string): boolean {
  return requiredAreas.includes(name.split('/')[0]!) || requiredCases.includes(name);
}
