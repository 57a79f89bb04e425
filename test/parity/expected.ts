// expected: which parity cases must pass now. All others run as well and are reported as not supported yet.
//
// The goal for the engine core: every case of the areas scalar, aggregate, window, errors, ddl, formats and changelog, but for a full join; of flights aircraft-sessions,
// cumulate-day and turnaround-interval; of nexmark q0, q7 and q22. Lines are added here as they come to pass, and never removed.

/** Areas of which every case must pass, save those listed in `pending`. */
export const requiredAreas: readonly string[] = [
  'scalar',
  'aggregate',
  'window',
  'errors',
  'ddl',
  'changelog',
  'formats',
];

/** Cases of those areas that need not pass yet. */
export const pending: readonly string[] = ['changelog/debezium-full-join'];

/** Cases of other areas that must pass. */
export const requiredCases: readonly string[] = [
  'flights/aircraft-sessions',
  'flights/cumulate-day',
  'flights/temporal-weather',
  'flights/temporal-weather-rows',
  'flights/turnaround-interval',
  'join/temporal-changelog-left',
  'join/temporal-changelog-own-time',
  'join/temporal-condition-inner',
  'join/temporal-condition-left',
  'join/temporal-dedup-view',
  'join/temporal-self',
  'join/temporal-table-inner',
  'join/temporal-table-left',
  'join/temporal-then-aggregate',
  'join/temporal-then-window',
  'join/temporal-two',
  'join/temporal-two-keys',
  'join/temporal-view-inner',
  'join/temporal-view-left',
  'join/temporal-where-right',
  'nexmark/q0-passthrough',
  'nexmark/q7-window-join',
  'nexmark/q22-url-parts',
  'rank/dedup-last',
  'rank/dedup-last-rank',
  'rank/dedup-then-agg',
];

/** Whether a case such as 'window/late-tumble' must pass. */
export function isRequired(name: string): boolean {
  return requiredCases.includes(name) || (requiredAreas.includes(name.split('/')[0]!) && !pending.includes(name));
}
