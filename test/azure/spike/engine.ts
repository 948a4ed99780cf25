// The spike behind docs/adr/0001: measures on this machine what the engine of the local Azure must be able to do. Run: node test/azure/spike/engine.ts
import { Cluster } from '../engine/postgres/cluster.ts';
import { PgError } from '../engine/postgres/pgError.ts';

const report = (what: string, value: string): void => {
  console.log(`${what.padEnd(62)} ${value}`);
};
const since = (start: number): string => `${(performance.now() - start).toFixed(0)} ms`;

function must(condition: boolean, what: string): void {
  if (condition) return;
  console.error(`FAILED: ${what}`);
  process.exitCode = 1;
}

let start = performance.now();
const cluster = await Cluster.start();
const startTime = performance.now() - start;
report('initdb, start, runtime in the template, master (must be < 2 s)', `${startTime.toFixed(0)} ms`);
must(startTime < 2000, 'start under 2 s');
try {
  start = performance.now();
  for (let i = 1; i <= 20; i++) await cluster.createDatabase(`spike ${String(i)}`);
  report('20 databases', since(start));

  const one = await cluster.connect('spike 1');
  const two = await cluster.connect('spike 1');
  await one.script('CREATE TABLE a (i int); CREATE TABLE b (i int)');

  // A cross join's COUNT is cancelled, and the transaction around it goes on.
  await one.begin();
  await one.query('INSERT INTO a VALUES (1)');
  const endless = one
    .query('SELECT count(*) FROM generate_series(1, 100000) AS x, generate_series(1, 100000) AS y')
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  start = performance.now();
  await one.cancel();
  const cancelled = await endless;
  const cancelTime = performance.now() - start;
  report('cancel a cross-join COUNT in a transaction (must be < 100 ms)', `${cancelTime.toFixed(0)} ms`);
  must(cancelled instanceof PgError && cancelled.cancelled, 'the statement was cancelled');
  must(cancelTime < 100, 'cancel under 100 ms');

  // Two open write transactions on different tables.
  await two.begin();
  await two.query('INSERT INTO b VALUES (1)');
  await one.query('INSERT INTO a VALUES (2)');
  await one.commit();
  await two.commit();
  const { rows } = await one.query('SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b');
  must(rows[0]?.['a'] === 2 && rows[0]['b'] === 1, 'both transactions committed what they wrote');
  report('transaction kept after the cancel; two writers at once', 'yes');

  const { rows: compared } = await one.query(
    `SELECT ('Abc '::bpchar COLLATE tsql.ci) = 'aBC' AS caseless, ('é' COLLATE tsql.ci) = ('e' COLLATE tsql.ci) AS accent, ('Abc'::text COLLATE tsql.ci) LIKE 'aB%' AS pattern`,
  );
  must(
    compared[0]?.['caseless'] === true && compared[0]['accent'] === false && compared[0]['pattern'] === true,
    'comparison',
  );
  report('case-insensitive, accent-sensitive, trailing blanks equal, LIKE', 'yes');

  await one.script(
    `CREATE TABLE wide AS SELECT i, 'some text ' || i AS t, i * 1.5 AS n, now() AS d, i % 2 = 0 AS b FROM generate_series(1, 1000000) AS i`,
  );
  let count = 0;
  start = performance.now();
  await one.stream('SELECT * FROM wide', [], {
    onRow: () => {
      count += 1;
      return undefined;
    },
  });
  report(
    '1 000 000 rows of 5 columns read as text',
    `${((count / (performance.now() - start)) * 1000).toFixed(0)} rows/s`,
  );
  await one.close();
  await two.close();
} finally {
  start = performance.now();
  await cluster.stop();
  report('stop', since(start));
}
