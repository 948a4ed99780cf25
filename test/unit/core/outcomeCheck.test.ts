// The statements that find out whether a change was applied.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { onlyReads } from '../../../src/core/onlyReads.ts';
import { deleteCheck, insertCheck, updateCheck } from '../../../src/core/outcomeCheck.ts';
import type { NewValue } from '../../../src/core/rowChange.ts';
import { column, shape, userTable } from './shapes.ts';

const value = (of: string | number | null): NewValue => ({ kind: 'value', value: of });
const row = { values: [7, 'Ada', 'Lovelace'] };
const start = 'SELECT COUNT_BIG(*) FROM [dbo].[user] WITH (READCOMMITTEDLOCK) WHERE ';

describe('the check of a lost reply', () => {
  it('of a delete looks for the key', () => {
    const check = deleteCheck(userTable, row);
    assert.equal(check.text, `${start}[id] = @c0`);
    assert.deepEqual(check.parameters, [{ name: 'c0', value: 7, sqlType: 'int' }]);
    assert.equal(check.whenFound, 'notApplied');
    assert.ok(onlyReads(check.text));
  });

  it('of an update looks for the key and exactly the new values', () => {
    const check = updateCheck(userTable, row, new Map([['first_name', value('ADA')]]));
    assert.ok(check);
    assert.ok(check.text.startsWith(`${start}[id] = @c0 AND CONVERT(varbinary(`), check.text);
    assert.deepEqual(
      check.parameters.map(({ value: given }) => given),
      [7, 'ADA'],
    );
    assert.equal(check.whenFound, 'applied');
  });

  it('of an update proves nothing by values that cannot be compared', () => {
    const values = new Map<string, NewValue>([
      ['first_name', value('Ada')],
      ['last_name', { kind: 'default' }],
    ]);
    assert.equal(updateCheck(userTable, row, values)?.whenFound, 'unclear');
    assert.equal(updateCheck(userTable, row, new Map([['last_name', { kind: 'default' }]])), undefined);
  });

  it('of an update that changes the key looks for the new one', () => {
    const table = shape([column('id', 'int'), column('first_name', 'nvarchar(30)')]);
    const check = updateCheck(table, { values: [1, 'Ada'] }, new Map([['id', value(2)]]));
    assert.deepEqual(
      check?.parameters.map(({ value: given }) => given),
      [2],
    );
    assert.equal(
      updateCheck(table, { values: [1, 'Ada'] }, new Map([['id', { kind: 'default' }]])),
      undefined,
    );
  });

  it('of an insert proves it only by a key that was given', () => {
    const values = new Map([
      ['first_name', value('Ada')],
      ['last_name', value(null)],
    ]);
    const check = insertCheck(userTable, values);
    assert.match(check?.text ?? '', / AND \[last_name\] IS NULL$/);
    assert.equal(check?.whenFound, 'unclear');
    const keyed = shape([column('id', 'int'), column('first_name', 'nvarchar(30)')]);
    assert.equal(insertCheck(keyed, new Map([['id', value(1)]]))?.whenFound, 'applied');
  });

  it('is not there when triggers may change what was written', () => {
    const table = { ...userTable, triggers: true };
    assert.equal(insertCheck(table, new Map([['first_name', value('Ada')]])), undefined);
    assert.equal(updateCheck(table, row, new Map([['first_name', value('Ada')]])), undefined);
  });
});
