// SET options switched the unusual way: what they change, and what is refused because the engine cannot change it.
import assert from 'node:assert/strict';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { EngineFixture } from '../interpreter/engineFixture.ts';
import type { TestSession } from '../interpreter/engineFixture.ts';

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start();
  session = await fixture.open();
  await session.run(
    "CREATE TABLE people (id int PRIMARY KEY, name varchar(5) NULL); INSERT people VALUES (1, NULL), (2, 'ann'), (3, 'bob')",
  );
});
afterEach(() => session.session.reset(false));
afterAll(() => fixture.stop());

const rows = async (text: string): Promise<unknown[][]> => {
  const { results, errors } = await session.run(text);
  assert.deepEqual(errors, []);
  return results.at(-1)?.rows ?? [];
};
const numbers = async (text: string): Promise<number[]> =>
  (await session.run(text)).errors.map(({ number }) => number);

describe('SET … OFF', () => {
  it('ANSI_NULLS: NULL equals the literal NULL and a variable that holds it, not another column', async () => {
    const ids = async (where: string): Promise<unknown[]> =>
      (
        await rows(
          `SET ANSI_NULLS OFF; DECLARE @n varchar(5); DECLARE @ann varchar(5) = 'ANN'; SELECT id FROM people WHERE ${where} ORDER BY id`,
        )
      ).flat();
    assert.deepEqual(await ids('name = NULL'), [1]);
    assert.deepEqual(await ids('name <> NULL'), [2, 3]);
    assert.deepEqual(await ids('@n = name'), [1]);
    assert.deepEqual(await ids('name <> @ann'), [3]);
    assert.deepEqual(await ids('name = name'), [2, 3]);
    assert.deepEqual(await ids('NULL = NULL'), [1, 2, 3]);
    assert.deepEqual(await rows('SET ANSI_NULLS ON; SELECT id FROM people WHERE name = NULL'), []);
  });

  it('CONCAT_NULL_YIELDS_NULL: + takes NULL for an empty text, || does not', async () => {
    assert.deepEqual(
      await rows("SET CONCAT_NULL_YIELDS_NULL OFF; SELECT 'a' + name, 'a' || name FROM people WHERE id = 1"),
      [['a', null]],
    );
  });

  it('ANSI_WARNINGS: what is too long is cut off; arithmetic that would go on with NULL is refused', async () => {
    const insert = "INSERT people VALUES (9, 'too long a name')";
    assert.deepEqual(await numbers(insert), [2628]);
    assert.deepEqual(
      await rows(`SET ANSI_WARNINGS OFF; BEGIN TRAN; ${insert}; SELECT name FROM people WHERE id = 9`),
      [['too l']],
    );
    await session.run('ROLLBACK');
    assert.deepEqual(await numbers('SET ANSI_WARNINGS OFF; SELECT 1 / 0'), [40517]);
    assert.deepEqual(await numbers('SET ANSI_WARNINGS OFF; SET ARITHABORT ON; SELECT 1 / 0'), [8134]);
  });

  it('ANSI_NULL_DFLT_OFF and …_ON switch each other off', async () => {
    const create = 'CREATE TABLE #d (a int); INSERT #d VALUES (NULL); DROP TABLE #d';
    assert.deepEqual(await numbers(`SET ANSI_NULL_DFLT_OFF ON; ${create}`), [515]);
    assert.deepEqual(await numbers(`SET ANSI_NULL_DFLT_ON ON; ${create}`), []);
  });

  it('says what it does not do', async () => {
    const refused = [
      'SET ANSI_PADDING OFF',
      'SET NUMERIC_ROUNDABORT ON',
      'SET NO_BROWSETABLE ON',
      'SET DEADLOCK_PRIORITY LOW',
      'SET LANGUAGE Deutsch',
      "SET ANSI_NULLS OFF; EXEC ('CREATE PROCEDURE p AS SELECT 1')",
      "SET QUOTED_IDENTIFIER OFF; EXEC ('CREATE PROCEDURE p AS SELECT 1')",
    ];
    for (const text of refused) {
      assert.deepEqual(await numbers(text), [40517], text);
      await session.session.reset(false);
    }
    assert.deepEqual(await numbers('SET DEADLOCK_PRIORITY NORMAL; SET NO_BROWSETABLE OFF'), []);
  });
});

describe('SET DATEFORMAT', () => {
  const dates = async (format: string, text: string): Promise<unknown> =>
    (
      await rows(
        `SET DATEFORMAT ${format}; SELECT CONVERT(varchar(10), CAST('${text}' AS date), 23), CONVERT(varchar(10), CAST('${text}' AS datetime), 23)`,
      )
    )[0];

  it('says in which order a date without a style is read', async () => {
    const day = '2014-03-02';
    for (const [format, text] of [
      ['mdy', '03/02/14'],
      ['dmy', '02.03.2014'],
      ['ymd', '14/3/2'],
      ['ydm', '14/2/3'],
      ['myd', '3/14/2'],
      ['dym', '2/14/3'],
    ] as const) {
      assert.deepEqual(await dates(format, text), [day, day], format);
    }
  });

  it('leaves year first to date, not to datetime, and leaves an ISO 8601 text alone', async () => {
    assert.deepEqual(await dates('dmy', '2014-03-02'), ['2014-03-02', '2014-02-03']);
    assert.deepEqual(await dates('dmy', '2014-03-02T00:00:00'), ['2014-03-02', '2014-03-02']);
    assert.deepEqual(await dates('dmy', '20140302'), ['2014-03-02', '2014-03-02']);
  });

  it('also holds for what is written into a column, and not for a style', async () => {
    assert.deepEqual(
      await rows(
        "SET DATEFORMAT dmy; DECLARE @t table (d datetime); INSERT @t VALUES ('13/01/2020'); SELECT CONVERT(varchar(10), d, 23), CONVERT(varchar(10), CONVERT(date, '01/13/2020', 101), 23) FROM @t",
      ),
      [['2020-01-13', '2020-01-13']],
    );
  });

  it('shows in sys.dm_exec_sessions beside the other settings', async () => {
    const text =
      'SELECT date_format, date_first, language, ansi_nulls, quoted_identifier, text_size, lock_timeout FROM sys.dm_exec_sessions WHERE session_id = @@SPID';
    assert.deepEqual(await rows(text), [['mdy', 7, 'us_english', true, true, -1, -1]]);
    assert.deepEqual(await rows(`SET DATEFORMAT dmy; SET ANSI_NULLS OFF; SET LOCK_TIMEOUT 500; ${text}`), [
      ['dmy', 7, 'us_english', false, true, -1, 500],
    ]);
  });
});

describe('Cursors at the end of a transaction', () => {
  const open = (options: string): string =>
    `DECLARE c CURSOR ${options} FOR SELECT id FROM people ORDER BY id; BEGIN TRAN; OPEN c; FETCH c`;

  it('stay open over COMMIT unless CURSOR_CLOSE_ON_COMMIT is on', async () => {
    assert.deepEqual(await numbers(`${open('')}; COMMIT; FETCH c; DEALLOCATE c`), []);
    assert.deepEqual(await numbers(`SET CURSOR_CLOSE_ON_COMMIT ON; ${open('')}; COMMIT; FETCH c`), [16917]);
  });

  it('are closed by ROLLBACK unless STATIC', async () => {
    assert.deepEqual(await numbers(`${open('')}; ROLLBACK; FETCH c`), [16917]);
    await session.session.reset(false);
    assert.deepEqual(await numbers(`${open('STATIC')}; ROLLBACK; FETCH c`), []);
  });

  it('LOCAL ones end with their batch and are not seen by what it calls', async () => {
    assert.deepEqual(await numbers(open('LOCAL') + '; ROLLBACK'), []);
    assert.deepEqual(await numbers(open('LOCAL') + "; ROLLBACK; EXEC ('OPEN c')"), [16916]);
    assert.deepEqual(await numbers('FETCH c'), [16916]);
  });
});
