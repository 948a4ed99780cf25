// A change whose reply was lost is passed on with the way to find out what became of it.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { defaultTable } from '../../../src/core/connection.ts';
import { AppError, isAppError } from '../../../src/core/errors.ts';
import type { Cell, Sql } from '../../../src/core/ports.ts';
import { UserService } from '../../../src/services/userService.ts';
import { profile } from './fakes.ts';

const columns: Cell[][] = [
  ['id', 'int', 4, 10, 0, false, true, false, 0, null, null, 'U ', 0, null],
  ['age', 'int', 4, 10, 0, false, false, false, 0, null, null, 'U ', 0, null],
];
const row = { values: [7, 36] };

function service(code: 'outcomeUnknown' | 'connectionLost') {
  const sql: Pick<Sql, 'query'> = {
    query: async (_profile, { text }) => {
      if (text.startsWith('SELECT c.[name]')) return { columns: [], rows: columns };
      if (text.startsWith('SELECT i.index_id')) return { columns: [], rows: [[1, 'id']] };
      throw new AppError(code, 'The reply was lost.', {
        remedies: [{ kind: 'checkOutcome', connectionId: 'c1' }, { kind: 'retry' }, { kind: 'showLog' }],
      });
    },
  };
  return new UserService(sql);
}

describe('a change whose outcome is unknown', () => {
  const values = new Map([['age', { kind: 'value' as const, value: 37 }]]);
  const changes: [string, 'applied' | 'notApplied' | 'unclear', (users: UserService) => Promise<unknown>][] =
    [
      ['insert', 'unclear', (users) => users.insert(profile(), defaultTable, values)],
      ['update', 'applied', (users) => users.update(profile(), defaultTable, row, values)],
      ['delete', 'notApplied', (users) => users.delete(profile(), defaultTable, row)],
    ];
  for (const [name, whenFound, change] of changes)
    it(`offers to check the ${name} first, and not to repeat it unseen`, async () => {
      await assert.rejects(change(service('outcomeUnknown')), (error) => {
        assert.ok(isAppError(error, 'outcomeUnknown'));
        assert.deepEqual(
          error.remedies.map(({ kind }) => kind),
          ['checkOutcome', 'showLog'],
        );
        const [first] = error.remedies;
        assert.ok(first?.kind === 'checkOutcome');
        assert.equal(first.connectionId, 'c1');
        assert.equal(first.check?.whenFound, whenFound);
        return true;
      });
    });

  it('is the only failure that is', async () => {
    await assert.rejects(service('connectionLost').delete(profile(), defaultTable, row), (error) => {
      assert.ok(isAppError(error, 'connectionLost'));
      assert.equal(error.remedies[0]?.kind === 'checkOutcome' && error.remedies[0].check, undefined);
      return true;
    });
  });
});
