// The pool: what our door costs per request beside a bare mssql pool with a static token, and a cold connection beside raw tedious.
import mssql from 'mssql';
import { figure, median, ratio } from './measure.ts';
import { connectTedious, door, profileOf, queryTedious, tediousConfig, type Target } from './target.ts';

const rounds = 5;
/** Requests of each side in a latency round, one after the other; before the first round a few that do not count. */
const single = 2000;
const warmUp = 500;
/** Requests of a throughput round, and how many are under way at a time. */
const many = 10_000;
const concurrency = 32;
/** In so many turns. */
const turns = 20;
/** Cold connections of a round; its figure is their mean. */
const cold = 20;
const statement = { text: 'SELECT 1' };

interface Side {
  /** Takes a connection, asks, gives it back. */
  query(): Promise<void>;
  end(): Promise<void>;
}

function ours(target: Target): Side {
  const sql = door(target);
  const profile = profileOf(target);
  return {
    query: async () => check((await sql.query(profile, statement)).rows[0]?.[0]),
    end: () => sql.dispose(),
  };
}

/**
 * As node-mssql's own documentation has it: `pool.request().query(…)`, which it sends through sp_executesql, as ours does. By default it
 * asks the server before each request whether the connection is good; `socket` looks at the socket only, as ours does.
 */
async function bare(target: Target, validateConnection: 'socket' | true): Promise<Side> {
  const { options } = tediousConfig(target);
  const pool = new mssql.ConnectionPool({
    server: 'localhost',
    port: target.port,
    database: target.database,
    authentication: { type: 'azure-active-directory-access-token', options: { token: target.token } },
    ...(options === undefined ? {} : { options }),
    pool: { max: profileOf(target).maxPoolSize, min: 0 },
    validateConnection,
  });
  await pool.connect();
  return {
    query: async () => check((await pool.request().query<{ '': number }>(statement.text)).recordset[0]?.['']),
    end: () => pool.close(),
  };
}

function check(value: unknown): void {
  if (value !== 1) throw new Error(`SELECT 1 gave ${String(value)}`);
}

/** From the one whose turn it is. */
function turned<T>(list: readonly T[], turn: number): T[] {
  const at = turn % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function percentile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN;
}

/** Seconds that so many requests took, {@link concurrency} at a time. */
async function seconds(side: Side, requests: number): Promise<number> {
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await side.query();
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (performance.now() - started) / 1000;
}

async function mean(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  for (let count = 0; count < cold; count++) await work();
  return (performance.now() - started) / cold;
}

/** A door that is new for each connection, its token there already: one login and one row. */
async function coldOurs(target: Target): Promise<void> {
  const side = ours(target);
  await side.query();
  await side.end();
}

async function coldTedious(target: Target): Promise<void> {
  const connection = await connectTedious(target);
  if ((await queryTedious(connection, statement)) !== 1) throw new Error('no row');
  const ended = new Promise<void>((resolve) => connection.once('end', () => resolve()));
  connection.close();
  await ended;
}

export async function benchPool(target: Target): Promise<void> {
  const names = ['usual', 'bare', 'ours'] as const;
  const sides = { usual: await bare(target, true), bare: await bare(target, 'socket'), ours: ours(target) };
  const none = (): Record<(typeof names)[number], number[]> => ({ usual: [], bare: [], ours: [] });
  const [p50, p99, perSecond] = [none(), none(), none()];
  const next = async (name: (typeof names)[number]): Promise<number> => {
    const started = performance.now();
    await sides[name].query();
    return performance.now() - started;
  };
  for (const name of names) for (let count = 0; count < warmUp; count++) await next(name);
  for (let round = 0; round < rounds; round++) {
    const times = none();
    // They take turns with every request, so that what else the machine does meets all alike.
    for (let count = 0; count < single; count++) {
      for (const name of turned(names, count)) times[name].push(await next(name));
    }
    for (const name of names) {
      p50[name].push(median(times[name]));
      p99[name].push(percentile(times[name], 0.99));
    }
    const order = turned(names, round);
    const took = { usual: 0, bare: 0, ours: 0 };
    for (let turn = 0; turn < turns; turn++) {
      for (const name of order) took[name] += await seconds(sides[name], many / turns);
    }
    for (const name of names) perSecond[name].push(many / took[name]);
  }
  for (const name of names) await sides[name].end();

  const connect = { raw: [] as number[], ours: [] as number[] };
  await coldOurs(target);
  await coldTedious(target);
  for (let round = 0; round < rounds; round++) {
    connect.raw.push(await mean(() => coldTedious(target)));
    connect.ours.push(await mean(() => coldOurs(target)));
  }

  const line = (what: string, text: string): void => console.log(`  ${what.padEnd(46)} ${text}`);
  const three = (
    what: string,
    figures: ReturnType<typeof none>,
    digits: number,
    goal?: Parameters<typeof ratio>[2],
  ): void => {
    line(`${what}, mssql as it comes`, figure(figures.usual, digits));
    line(`${what}, mssql that asks no server first`, figure(figures.bare, digits));
    line(
      `${what}, ours`,
      `${figure(figures.ours, digits)}   ratio to the second ${ratio(figures.ours, figures.bare, goal)}, to the first ${ratio(figures.ours, figures.usual)}`,
    );
  };
  const { maxPoolSize } = profileOf(target);
  console.log(
    `pool of ${maxPoolSize}: acquire + SELECT 1, median of ${rounds} rounds (spread); ${single} requests one after the other, ${many} at ${concurrency} at a time`,
  );
  three('p50 ms', p50, 3, { atMost: 1.05 });
  three('p99 ms', p99, 3);
  three('requests/s', perSecond, 0, { atLeast: 0.97 });
  console.log(
    `cold connect + first row, ms, median of ${rounds} (spread), each the mean of ${cold}; token already there`,
  );
  line('raw tedious', figure(connect.raw));
  line('ours', `${figure(connect.ours)}   ratio ${ratio(connect.ours, connect.raw, { atMost: 1.15 })}`);
}
