// What a statement needs is asked of the principals: errors as the server words them, and what ownership chaining allows.
import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { SqlError } from '../../contract.ts';
import type { Authorization } from '../session.ts';
import { EngineFixture, everythingAllowed } from './engineFixture.ts';
import type { TestSession } from './engineFixture.ts';

/** 'SELECT person', 'SELECT person.name', 'CREATE TABLE' … of what the caller lacks. */
const denied = new Set<string>();
const asked: string[] = [];

const authorization: Authorization = {
  ...everythingAllowed,
  check: (_context, _connection, permission, securable) => {
    const what = securable.class === 'object' ? `${permission} ${securable.name}` : permission;
    asked.push(
      securable.class === 'object' && securable.columns
        ? `${what}(${[...securable.columns].sort().join(',')})`
        : what,
    );
    if (!denied.has(what)) return Promise.resolve();
    const number = securable.class === 'object' ? 229 : 262;
    return Promise.reject(new SqlError({ number, state: 5, class: 14, message: `${what} denied`, line: 0 }));
  },
};

let fixture: EngineFixture;
let session: TestSession;

beforeAll(async () => {
  fixture = await EngineFixture.start({ authorization });
  session = await fixture.open();
  for (const text of [
    'CREATE TABLE person (id int NOT NULL PRIMARY KEY, name nvarchar(20) NULL)',
    'CREATE VIEW names AS SELECT name FROM person',
    'CREATE PROCEDURE add_person @id int AS INSERT person (id) VALUES (@id)',
    "CREATE PROCEDURE dynamic AS EXEC('SELECT id FROM person')",
  ]) {
    assert.deepEqual((await session.run(text)).errors, []);
  }
});
afterAll(() => fixture.stop());

async function asks(text: string): Promise<string[]> {
  asked.length = 0;
  assert.deepEqual((await session.run(text)).errors, []);
  return [...asked];
}

async function refused(permission: string, text: string): Promise<number[]> {
  denied.add(permission);
  try {
    return (await session.run(text)).errors.map((error) => error.number);
  } finally {
    denied.delete(permission);
  }
}

describe('permissions', () => {
  it.each<[string, string[]]>([
    ['SELECT name FROM person WHERE id = 1', ['SELECT person(id,name)']],
    ['SELECT COUNT(*) FROM person', ['SELECT person']],
    ['SELECT name FROM names', ['SELECT names(name)']],
    ['INSERT person (id) VALUES (1)', ['INSERT person']],
    ["UPDATE person SET name = 'x' WHERE id = 1", ['UPDATE person(name)', 'SELECT person(id)']],
    ['DELETE person', ['DELETE person']],
    ['EXEC add_person 2', ['EXECUTE add_person']],
    ['EXEC dynamic', ['EXECUTE dynamic', 'SELECT person(id)']],
    ['SELECT name FROM sys.tables', []],
    ['CREATE TABLE #mine (a int); INSERT #mine VALUES (1); SELECT * FROM #mine; DROP TABLE #mine', []],
  ])('%s asks for %j', async (text, expected) => {
    assert.deepEqual(await asks(text), expected);
  });

  it.each<[string, string, number[]]>([
    ['SELECT person', 'SELECT id FROM person; SELECT 1', [229]],
    ['INSERT person', 'EXEC add_person 3', []],
    ['ALTER person', 'TRUNCATE TABLE person', [1088]],
    ['ALTER person', 'ALTER TABLE person ADD extra int', [1088]],
    ['ALTER person', 'ALTER TABLE person DROP COLUMN name', [1088]],
    ['ALTER person', 'ALTER TABLE nosuch ADD extra int', [4902]],
    ['ALTER person', 'CREATE INDEX i ON person (name)', [1088]],
    ['ALTER person', 'ALTER INDEX ALL ON person REBUILD', [1088]],
    ['ALTER person', 'DISABLE TRIGGER ALL ON person', [1088]],
    ['ALTER person', 'CREATE TRIGGER tr ON person AFTER INSERT AS RETURN', [8197]],
    ['CREATE TABLE', 'CREATE TABLE fresh (a int)', [262]],
  ])('without %s: %s', async (permission, text, numbers) => {
    assert.deepEqual(await refused(permission, text), numbers);
  });

  it('can be caught', async () => {
    denied.add('DELETE person');
    const { results } = await session.run(
      'BEGIN TRY DELETE person END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH',
    );
    denied.delete('DELETE person');
    assert.deepEqual(results.at(-1)?.rows, [[229]]);
  });
});
