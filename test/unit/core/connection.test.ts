// Which tables of a connection are shown, and which of them comes first.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { tablesInOrder } from '../../../src/core/connection.ts';

describe('tablesInOrder', () => {
  const table = (name: string, schema = 'dbo') => ({ schema, name });

  it('keeps the first one first when another is added, whatever their names', () => {
    const chosen = [table('event_log'), table('person'), table('user')];
    assert.deepEqual(tablesInOrder(chosen, [table('user'), table('person')]), [
      table('user'),
      table('person'),
      table('event_log'),
    ]);
  });

  it('drops what is no longer chosen, and takes a table of another schema for another one', () => {
    assert.deepEqual(tablesInOrder([table('user', 'hr'), table('user')], [table('order'), table('user')]), [
      table('user'),
      table('user', 'hr'),
    ]);
    assert.deepEqual(tablesInOrder([], [table('user')]), []);
  });
});
