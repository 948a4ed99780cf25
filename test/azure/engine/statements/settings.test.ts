// What a session's settings do to its answers, and how a batch's and RAISERROR's errors are told.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
});
afterAll(() => fixture.stop());

const value = async (text: string): Promise<unknown> => {
  const { results, errors } = await session.run(text);
  assert.deepEqual(errors, []);
  return results.at(-1)?.rows[0]?.[0];
};

const failures = async (text: string): Promise<string[]> =>
  (await session.run(text)).errors.map((error) => `${error.number} ${error.class}: ${error.message}`);

describe('Settings of a session', () => {
  it('SET DATEFIRST stands when SET LANGUAGE follows, as drivers send them', async () => {
    assert.equal(await value('SET DATEFIRST 3 SET LANGUAGE us_english SELECT @@DATEFIRST'), 3);
    await session.run('SET DATEFIRST 7');
  });

  it('the isolation level shows in sys.dm_exec_sessions', async () => {
    const level = 'SELECT transaction_isolation_level FROM sys.dm_exec_sessions WHERE session_id = @@SPID';
    assert.equal(await value(level), 2);
    assert.equal(await value(`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; ${level}`), 4);
    await session.run('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  });

  it('SET ANSI_NULL_DFLT_ON decides about columns that do not say NULL', async () => {
    const text = 'CREATE TABLE #n (a int, b int NULL); INSERT #n VALUES (NULL, NULL); DROP TABLE #n';
    assert.deepEqual(await failures(text), []);
    await session.run('SET ANSI_NULL_DFLT_ON OFF');
    assert.match((await failures(text))[0] ?? '', /^515 16: .*column 'a'/);
    await session.run('SET ANSI_NULL_DFLT_ON ON');
  });

  it('SET TEXTSIZE cuts (max) values to so many bytes, and no others', async () => {
    await session.run('SET TEXTSIZE 4096');
    const { results } = await session.run(
      "SELECT REPLICATE(CAST('x' AS varchar(max)), 5000), REPLICATE(CAST(N'x' AS nvarchar(max)), 5000), REPLICATE('x', 5000), CAST(REPLICATE(CAST('x' AS varchar(max)), 5000) AS varbinary(max))",
    );
    assert.deepEqual(
      results[0]?.rows[0]?.map((cell) => (cell as string | Uint8Array).length),
      [4096, 2048, 5000, 4096],
    );
    assert.equal(await value("SELECT LEN(REPLICATE(CAST('x' AS varchar(max)), 5000))"), 5000n);
    assert.equal(await value("SET TEXTSIZE 3; SELECT CAST('abcde' AS text)"), 'abc');
    await session.run('SET TEXTSIZE -1');
    assert.equal(String(await value("SELECT REPLICATE(CAST('x' AS varchar(max)), 5000)")).length, 5000);
  });
});

describe('A sorted result', () => {
  it('tells the columns that it is sorted by, unless one is not among them', async () => {
    const { results, errors } =
      await session.run(`SELECT name, object_id AS id FROM sys.objects ORDER BY ID DESC, name;
      SELECT name, type FROM sys.objects ORDER BY 2;
      SELECT name FROM sys.objects ORDER BY object_id;
      SELECT name FROM sys.objects ORDER BY name + 'x';
      SELECT name FROM sys.objects`);
    assert.deepEqual(errors, []);
    assert.deepEqual(
      results.map((result) => result.order),
      [[2, 1], [2], undefined, undefined, undefined],
    );
  });
});

describe('Errors', () => {
  it('of every statement that does not compile are told, and nothing runs', async () => {
    const { errors, results } = await session.run('SELECT a;\nSELECT 1;\nSELECT b;');
    assert.deepEqual(
      errors.map(({ number, message, line }) => [number, message, line]),
      [
        [207, "Invalid column name 'a'.", 1],
        [207, "Invalid column name 'b'.", 3],
      ],
    );
    assert.deepEqual(results, []);
  });

  it('RAISERROR with the number of a system message tells that message', async () => {
    assert.deepEqual(await failures("RAISERROR (15600, -1, -1, 'mysp')"), [
      "15600 15: An invalid parameter or option was specified for procedure 'mysp'.",
    ]);
    assert.deepEqual(await failures('RAISERROR (15097, 11, 2)'), [
      '15097 11: The size associated with an extended property cannot be more than 7,500 bytes.',
    ]);
    assert.deepEqual((await session.run('RAISERROR (51234, 16, 1)')).errors[0]?.number, 18054);
  });

  it('a key over a column that is not there is refused in two messages, of a table and of a table type', async () => {
    const expected = [
      "1911 16: Column name 'code' does not exist in the target table or view.",
      '1750 16: Could not create constraint or index. See previous errors.',
    ];
    assert.deepEqual(await failures('CREATE TABLE nokey (id int, PRIMARY KEY (code))'), expected);
    assert.deepEqual(await failures('CREATE TYPE nokey AS TABLE (id int, PRIMARY KEY (code))'), expected);
  });
});
