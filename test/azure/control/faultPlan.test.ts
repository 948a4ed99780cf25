// Which replies an ordered fault hits.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { ConnectionInfo } from '../tds/tdsServerOptions.ts';
import { FaultPlan } from './faultPlan.ts';

const connection = { applicationName: 'test' } as ConnectionInfo;
const batch = (text: string) => ({ kind: 'batch' as const, text });

describe('ordered faults', () => {
  it('hit the matching reply after the skipped ones, as often as ordered', () => {
    const plan = new FaultPlan();
    const fault = { dropAfterRows: 3 };
    plan.set([{ on: 'request', text: 'FROM [user]', skip: 1, times: 2, fault }]);
    assert.equal(plan.next(connection, 'login'), undefined);
    assert.equal(plan.next(connection, batch('SELECT 1')), undefined);
    assert.equal(plan.next(connection, batch('SELECT * FROM [user]')), undefined);
    assert.equal(plan.next(connection, batch('SELECT * FROM [user]')), fault);
    assert.equal(plan.left, 1);
    const sql = {
      name: 'stmt',
      type: { name: 'nvarchar' as const },
      value: 'SELECT id FROM [user]',
      output: false,
      useDefault: false,
    };
    assert.equal(
      plan.next(connection, {
        kind: 'rpc',
        procedure: 'sp_executesql',
        parameters: [sql],
        noMetadata: false,
      }),
      fault,
    );
    assert.equal(plan.next(connection, batch('SELECT * FROM [user]')), undefined);
  });

  it('hit only the application they are meant for, and end when replaced', () => {
    const plan = new FaultPlan();
    plan.set([{ on: 'login', applicationName: 'other', fault: { halfOpen: true } }]);
    assert.equal(plan.next(connection, 'login'), undefined);
    plan.set([{ on: 'login', applicationName: 'test', fault: { halfOpen: true } }]);
    assert.deepEqual(plan.next(connection, 'login'), { halfOpen: true });
    plan.set([{ on: 'login', fault: { halfOpen: true } }]);
    plan.set([]);
    assert.equal(plan.next(connection, 'login'), undefined);
  });
});
