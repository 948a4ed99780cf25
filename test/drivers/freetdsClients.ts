// FreeTDS' tsql and bsqldb, which know no Entra: by the SQL login kept for them, over TLS with the certificate verified.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Report, Target } from './client.ts';
import { runProgram, type Finished } from './program.ts';

const text = "Łukasz 😀 سارة 渡辺 O'Brien ][";
const literal = `N'${text.replaceAll("'", "''")}'`;

/** Three servers: as it should be, with a CA that did not sign the certificate, and with a time-out of two seconds. */
function writeConfiguration(target: Target): string {
  const server = (name: string, ca: string, more = ''): string =>
    `[${name}]\n\thost = ${target.host}\n\tport = ${target.port}\n\ttds version = 7.4\n\tclient charset = UTF-8\n` +
    `\tencryption = require\n\tca file = ${ca}\n\tcheck certificate hostname = yes\n\ttext size = 4000000\n${more}`;
  const file = join(target.folder, 'freetds.conf');
  const parts = [
    server('azure', target.caFile),
    server('stranger', '/etc/ssl/certs/ca-certificates.crt'),
    server('impatient', target.caFile, '\ttimeout = 2\n'),
  ];
  writeFileSync(file, parts.join('\n'));
  return file;
}

interface FreeTds {
  name: 'tsql' | 'bsqldb';
  arguments: readonly string[];
  table: string;
}

/** Batches, each ended by a line `go`, through the program; stdout and stderr as one text, with numbers of errors in it. */
type Ask = (batches: string[], server?: string) => Promise<Finished>;

function asker(program: FreeTds, target: Target): Ask {
  const configuration = writeConfiguration(target);
  return async (batches, server = 'azure') => {
    const { user, password } = target.sqlLogin;
    const login = ['-S', server, '-D', target.database, '-U', user, '-P', password];
    const result = await runProgram(program.name, [...login, ...program.arguments], {
      env: { FREETDSCONF: configuration, LC_ALL: 'C.UTF-8' },
      input: `${batches.map((batch) => `${batch}\ngo\n`).join('')}${program.name === 'tsql' ? 'exit\n' : ''}`,
      timeout: 60_000,
    });
    if (!result) throw new Error(`${program.name} is gone`);
    return result;
  };
}

/** @throws Error unless `output` says all of these. */
function expectWords({ stdout, stderr }: Finished, ...words: string[]): void {
  const output = `${stdout}\n${stderr}`;
  for (const word of words) {
    if (!output.includes(word))
      throw new Error(`expected "${word}" in: ${output.replaceAll(/\s+/g, ' ').slice(0, 400)}`);
  }
}

/** @throws Error when the server answered with an error. */
function expectNoError({ stdout, stderr }: Finished): void {
  const found = /^.*Msg \d+.*(\n.*)?/m.exec(`${stdout}\n${stderr}`);
  if (found) throw new Error(found[0].replaceAll(/\s+/g, ' '));
}

/** For tsql only: bsqldb itself prints no date and no uniqueidentifier ("type 40 not supported"), and crashes on a long decimal. */
const moreTypes = `SELECT CAST('12345678901234567890.1234' AS decimal(30, 4)), CAST('2024-02-29' AS date), CAST('2024-02-29T12:34:56.5' AS datetime2(3)),
CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)`;

const types = `SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-32768 AS smallint), CAST(-2147483648 AS int),
CAST(9223372036854775807 AS bigint), CAST('12345678.1234' AS decimal(30, 4)), CAST(-922337203685477.5808 AS money),
CAST(1.5 AS real), CAST(-2.25 AS float), CAST('2024-02-29T12:34:56.997' AS datetime),
CAST('ab' AS char(4)), CAST('caf' + CHAR(233) AS varchar(10)), CAST(N'😀' AS nvarchar(10)), CAST(0x0102 AS binary(4))`;

/** What each program prints for `types`, where both print the same. */
const typeWords = [
  '255',
  '-32768',
  '-2147483648',
  '9223372036854775807',
  '12345678.1234',
  '1.5',
  '-2.25',
  'café',
  '😀',
];

function checksOf(program: FreeTds, target: Target, ask: Ask): Record<string, () => Promise<void>> {
  const { table } = program;
  const insert = (name: string): string => `INSERT INTO dbo.${table} (name) VALUES (${name})`;
  return {
    'an unknown CA is refused': async () => {
      const result = await ask(['SELECT 40 + 2 AS answer'], 'stranger');
      if (`${result.stdout}${result.stderr}`.includes('42') || result.code === 0) {
        throw new Error('the connection was accepted');
      }
    },
    select: async () => {
      const result = await ask(["SELECT DB_NAME() + N' ' + CAST(40 + 2 AS nvarchar(10)) AS answer"]);
      expectNoError(result);
      expectWords(result, `${target.database} 42`);
    },
    'insert with parameters': async () => {
      const statement = `INSERT INTO dbo.${table} (name, n) OUTPUT inserted.id * 1000 VALUES (@name, @n)`;
      const result = await ask([
        `CREATE TABLE dbo.${table} (id int IDENTITY(7,1) PRIMARY KEY, name nvarchar(60) NULL, n int NULL)`,
        `EXEC sp_executesql N'${statement}', N'@name nvarchar(60), @n int', @name = ${literal}, @n = 5`,
      ]);
      expectNoError(result);
      expectWords(result, '7000');
    },
    unicode: async () => {
      const result = await ask([`SELECT name FROM dbo.${table} WHERE name = ${literal}`]);
      expectNoError(result);
      expectWords(result, text);
    },
    nulls: async () => {
      const result = await ask([
        insert('NULL'),
        `SELECT name, n FROM dbo.${table} WHERE name IS NULL AND n IS NULL`,
      ]);
      expectNoError(result);
      expectWords(result, 'NULL');
    },
    types: async () => {
      const result = await ask([types]);
      expectNoError(result);
      expectWords(result, ...typeWords);
      if (program.name !== 'tsql') return;
      const more = await ask([moreTypes]);
      expectNoError(more);
      expectWords(
        more,
        '12345678901234567890.1234',
        'Feb 29 2024',
        '12:34',
        '6F9619FF-8B86-D011-B42D-00C04FC964FF',
      );
    },
    'many rows': async () => {
      const result = await ask(['SELECT value * 100000 AS v FROM GENERATE_SERIES(1, 20000)']);
      expectNoError(result);
      const rows = result.stdout.match(/^\s*\d+00000\s*$/gm)?.length;
      if (rows !== 20_000) throw new Error(`${rows ?? 0} rows came`);
    },
    rollback: async () => {
      const count = `SELECT 5000 + COUNT(*) FROM dbo.${table} WHERE name = N'in transaction'`;
      const run = (end: string): Promise<Finished> =>
        ask(['BEGIN TRAN', insert("N'in transaction'"), end, count]);
      expectWords(await run('ROLLBACK'), '5000');
      expectWords(await run('COMMIT'), '5001');
    },
    "a statement's error": async () => {
      expectWords(
        await ask(['SELECT * FROM dbo.no_such_table']),
        'Msg 208',
        "Invalid object name 'dbo.no_such_table'.",
      );
      expectWords(await ask([insert("REPLICATE(N'x', 61)")]), 'Msg 2628');
    },
    'a reader gets 229': async () => {
      const result = await ask([
        `EXECUTE AS USER = N'${target.localReader}'`,
        `SELECT 6000 + COUNT(*) FROM dbo.${table}`,
        insert("N'forbidden'"),
      ]);
      expectWords(result, '6003', 'Msg 229', `The INSERT permission was denied on the object '${table}'`);
    },
    'a time-out': async () => {
      const started = Date.now();
      const result = await ask(["WAITFOR DELAY '00:01:00'", 'SELECT 40 + 2'], 'impatient');
      expectWords(result, 'timed out');
      if (Date.now() - started > 30_000) throw new Error('it took more than 30 s');
    },
  };
}

function freeTdsClient(program: FreeTds, checks: readonly string[]): Client {
  return {
    name: `FreeTDS ${program.name}`,
    checks,
    async prepare() {
      // Both print their usage and fail without a server; tsql also knows -C.
      const found = await runProgram(program.name, program.name === 'tsql' ? ['-C'] : ['-?']);
      return found ? undefined : `${program.name} is not installed`;
    },
    async run(target) {
      const report: Report = { passed: [], failed: [] };
      const all = checksOf(program, target, asker(program, target));
      for (const check of checks) {
        try {
          await all[check]?.();
          report.passed.push(check);
        } catch (error) {
          report.failed.push({ check, reason: error instanceof Error ? error.message : String(error) });
        }
      }
      return report;
    },
  };
}

const checks = [
  'an unknown CA is refused',
  'select',
  'insert with parameters',
  'unicode',
  'nulls',
  'types',
  'many rows',
  'rollback',
  "a statement's error",
  'a reader gets 229',
  'a time-out',
];

export const tsqlClient = freeTdsClient(
  { name: 'tsql', arguments: ['-o', 'fhq'], table: 'tsql_rows' },
  checks,
);
export const bsqldbClient = freeTdsClient(
  { name: 'bsqldb', arguments: ['-q'], table: 'bsqldb_rows' },
  checks,
);
