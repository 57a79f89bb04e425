// The three questions of flights.sql in the Stream API: the same rows. Run it:  npm run demo        or        npx sabot run flights.ts
import { fileURLToPath } from 'node:url';
import { ascending, avg, count, descending, file, hop, Job, print, session, sum, t, tumble } from 'sabot';

const Flight = t.row({
  year: t.int(),
  month: t.int(),
  day: t.int(),
  dep_time: t.int().nullable(),
  sched_dep_time: t.int(),
  dep_delay: t.double().nullable(),
  arr_time: t.int().nullable(),
  sched_arr_time: t.int(),
  arr_delay: t.int().nullable(),
  carrier: t.string(),
  flight: t.int(),
  tailnum: t.string().nullable(),
  origin: t.string(),
  dest: t.string(),
  air_time: t.int().nullable(),
  distance: t.int(),
  hour: t.int(),
  minute: t.int(),
  time_hour: t.timestamp(3),
});

const path = fileURLToPath(new URL('data/flights-2013-01.csv', import.meta.url));

export const job = new Job('flights');
const flights = job
  .source(file({ path, format: 'csv', schema: Flight, options: { 'csv.null-literal': 'NA' } }))
  .map((f) => ({ ...f, scheduled: f.time_hour + f.minute * 60_000 }))
  .watermark((f) => f.scheduled, { maxOutOfOrder: '1 day' });

/** Departures and mean delay per airport and hour; kept are the hours in which the mean delay was an hour or more. */
export const lateHours = flights
  .keyBy((f) => f.origin)
  .window(tumble('1 hour'))
  .aggregate({ departures: count((f) => f.dep_time), meanDelay: avg((f) => f.dep_delay) })
  .filter((r) => r.meanDelay !== null && r.meanDelay >= 60 && r.departures >= 10n);

/** Of every twelve hours, sliding by six: the carrier with the most delayed departures. */
export const lateCarriers = flights
  .keyBy((f) => f.carrier)
  .window(hop('12 hours', '6 hours'))
  .aggregate({ delayedDepartures: count({ filter: (f) => f.dep_delay !== null && f.dep_delay > 15 }) })
  .keyBy(({ windowStart, windowEnd }) => ({ windowStart, windowEnd }))
  .top(
    1,
    descending((r) => r.delayedDepartures),
    ascending((r) => r.carrier),
  )
  .filter((r) => r.delayedDepartures >= 20n);

/** Sessions of an aircraft: departures less than ten hours apart; kept are those with six legs or more. */
export const busyAircraft = flights
  .filter((f) => f.tailnum !== null)
  .keyBy((f) => f.tailnum)
  .window(session('10 hours'))
  .aggregate({ legs: count(), minutesFlown: sum((f) => f.air_time) })
  .filter((r) => r.legs >= 6n);

lateHours.to(print('late hour'));
lateCarriers.to(print('late carrier'));
busyAircraft.to(print('busy aircraft'));
