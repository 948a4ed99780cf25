// Cold connection and first page of users: our door against raw tedious, same server, same verified TLS, token already there on both sides.
import { UserService } from '../../src/services/userService.ts';
import type { Sql, SqlStatement } from '../../src/core/ports.ts';
import { figure, ratio } from './measure.ts';
import { connectTedious, door, profileOf, queryTedious, type Target } from './target.ts';

const runs = 5;
/** Connections in a run; a run's figure is their mean. */
const repeats = 20;
const userTable = { schema: 'dbo', name: 'user' };
const page = 'SELECT TOP (100) id, first_name, last_name FROM dbo.[user] ORDER BY id';

async function mean(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  for (let count = 0; count < repeats; count++) await work();
  return (performance.now() - started) / repeats;
}

/** The statements that the tree sends for a first page, so that tedious can be asked for just the same. */
async function statementsOfTree(sql: Sql, target: Target): Promise<SqlStatement[]> {
  const sent: SqlStatement[] = [];
  const recording = {
    query: (...args: Parameters<Sql['query']>) => {
      sent.push(args[1]);
      return sql.query(...args);
    },
  };
  await new UserService(recording).page(profileOf(target), userTable, { offset: 0, limit: 100 });
  return sent;
}

export async function benchConnect(target: Target): Promise<void> {
  const profile = profileOf(target);
  const ours = async (): Promise<void> => {
    const sql = door(target);
    const { rows } = await sql.query(profile, { text: page });
    if (rows.length !== 100) throw new Error(`${rows.length} rows`);
    await sql.dispose();
  };
  const tree = async (): Promise<void> => {
    const sql = door(target);
    const { rows } = await new UserService(sql).page(profile, userTable, { offset: 0, limit: 100 });
    if (rows.length !== 100) throw new Error(`${rows.length} rows`);
    await sql.dispose();
  };
  const raw = (statements: readonly SqlStatement[]) => async (): Promise<void> => {
    const connection = await connectTedious(target);
    let rows = 0;
    for (const statement of statements) rows = await queryTedious(connection, statement);
    if (rows !== 100) throw new Error(`${rows} rows`);
    const ended = new Promise<void>((resolve) => connection.once('end', () => resolve()));
    connection.close();
    await ended;
  };
  const warm = door(target);
  const statements = await statementsOfTree(warm, target);
  await warm.dispose();
  const rawPage = raw([{ text: page }]);
  const rawTree = raw(statements);
  for (const work of [ours, tree, rawPage, rawTree]) await work();

  const figures = {
    ours: [] as number[],
    tree: [] as number[],
    raw: [] as number[],
    rawTree: [] as number[],
  };
  for (let run = 0; run < runs; run++) {
    figures.raw.push(await mean(rawPage));
    figures.ours.push(await mean(ours));
    figures.rawTree.push(await mean(rawTree));
    figures.tree.push(await mean(tree));
  }
  console.log(
    `connect + first page of users (100 rows), ms, median of ${runs} (spread), each the mean of ${repeats}`,
  );
  console.log(`  raw tedious, the page            ${figure(figures.raw)}`);
  console.log(
    `  ours, the page                   ${figure(figures.ours)}   ratio ${ratio(figures.ours, figures.raw, { atMost: 1.15 })}`,
  );
  console.log(
    `  raw tedious, what the tree asks  ${figure(figures.rawTree)} (${statements.length} statements: columns, keys, page)`,
  );
  console.log(
    `  ours, what the tree asks         ${figure(figures.tree)}   ratio ${ratio(figures.tree, figures.rawTree, { atMost: 1.15 })}`,
  );
}
