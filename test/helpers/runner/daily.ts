// Parts of long tables: `npm run test:all` runs one of them, the next one a day later. The nightly tests run all rows, and so
// does a file by itself.
const groups = process.env.COFFER_TESTS?.split(/[ ,]+/) ?? [];

/** Days since 1970. The runner sets it for the whole of a run; COFFER_DAY=N repeats the run of another day. */
export const day = Number(process.env.COFFER_DAY ?? Math.floor(Date.now() / 86_400_000));

/** Whether today's part is run, and not all rows. */
export const isDaily = groups.includes("rest");

/** Every row whose turn it is today; a row has its turn every `days` days. */
export function ofToday<Row>(rows: readonly Row[], days: number): readonly Row[] {
  return isDaily ? ofDay(rows, days) : rows;
}

/** The same in every run. Also for the nightly tests of tables that take longer than half an hour. */
export const ofDay = <Row>(rows: readonly Row[], days: number): readonly Row[] =>
  rows.filter((_row, index) => index % days === day % days);
