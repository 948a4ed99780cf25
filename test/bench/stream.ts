// 1 000 000 rows of 5 columns: our query path (decoded, held, any window answerable) against raw mssql streaming, and an undecoding drain.
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { figure, ratio } from './measure.ts';
import { streamStatement, type StreamResult } from './streamRun.ts';
import { connectTedious, type Target } from './target.ts';
import { Request } from 'tedious';

const runs = 5;
const rows = 1_000_000;

/** Each measured run is a process of its own, so that nobody inherits another's heap. */
function run(
  kind: string,
  target: Target,
  sqlLogin: { user: string; password: string },
): Promise<StreamResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--expose-gc', path.join(import.meta.dirname, 'streamRun.ts'), kind],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.on('data', (data: Buffer) => {
      text += data.toString();
    });
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as StreamResult);
      else reject(new Error(`${kind} ended with ${code}: ${text}`));
    });
    child.stdin.end(JSON.stringify({ target, sqlLogin, rows }));
  });
}

async function prepare(target: Target): Promise<void> {
  const connection = await connectTedious(target);
  const batch = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      connection.execSqlBatch(new Request(text, (error) => (error ? reject(error) : resolve())));
    });
  await batch(
    `CREATE TABLE dbo.bench_rows (id int NOT NULL PRIMARY KEY, first_name nvarchar(30) NOT NULL, last_name varchar(30) NULL, amount decimal(12, 2) NOT NULL, created datetime2(3) NOT NULL);`,
  );
  await batch(`INSERT dbo.bench_rows (id, first_name, last_name, amount, created)
SELECT value, CONCAT(N'first ', value), CASE WHEN value % 7 = 0 THEN NULL ELSE CONCAT('last ', value) END, value * 1.25, DATEADD(second, value, '2020-01-01')
FROM GENERATE_SERIES(1, ${rows});`);
  // The first run is recorded by the server, later ones are served as recorded.
  await new Promise<void>((resolve, reject) => {
    connection.execSqlBatch(new Request(streamStatement, (error) => (error ? reject(error) : resolve())));
  });
  connection.close();
}

export async function benchStream(
  target: Target,
  sqlLogin: { user: string; password: string },
): Promise<void> {
  await prepare(target);
  const results: Record<string, StreamResult[]> = { drain: [], mssql: [], ours: [] };
  for (let count = 0; count < runs; count++) {
    for (const kind of Object.keys(results)) results[kind]?.push(await run(kind, target, sqlLogin));
  }
  const of = (kind: string, what: keyof StreamResult): number[] =>
    (results[kind] ?? []).map((result) => result[what]);
  console.log(
    `${rows.toLocaleString('en')} rows x 5 columns, median of ${runs} (spread); the server replays rows it encoded before`,
  );
  const line = (name: string, kind: string): void => {
    const speed = of(kind, 'rowsPerSecond').map((value) => value / 1000);
    console.log(
      `  ${name.padEnd(34)} ${figure(speed, 0)} k rows/s   memory ${figure(of(kind, 'peakMemory'), 0)} MiB   loop delay p99 ${figure(of(kind, 'loopP99'))} ms`,
    );
  };
  line('what the server sends, undecoded', 'drain');
  line('raw mssql, request.stream', 'mssql');
  line('ours, rows held and windowed', 'ours');
  console.log(
    `  server against raw mssql: ${ratio(of('drain', 'rowsPerSecond'), of('mssql', 'rowsPerSecond'), { atLeast: 3 })}`,
  );
  console.log(
    `  rows/s, ours against raw mssql: ${ratio(of('ours', 'rowsPerSecond'), of('mssql', 'rowsPerSecond'), { atLeast: 1.2 })}`,
  );
  console.log(
    `  loop delay p99, ours against raw mssql: ${ratio(of('ours', 'loopP99'), of('mssql', 'loopP99'))}`,
  );
  const p99 = figure(of('ours', 'loopP99'));
  console.log(
    `  loop delay p99, ours: ${p99} ms (goal at most 20); memory, ours: ${figure(of('ours', 'peakMemory'), 0)} MiB (goal at most 150)`,
  );
}
