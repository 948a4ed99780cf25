// A grant that did not do all it should: it is told, shown, and can be taken back from whom it was given to.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { GrantRequest } from '../../../src/core/grantPlan.ts';
import type { Cell, QueryResult, Sql } from '../../../src/core/ports.ts';
import { sidOfGuid } from '../../../src/core/principal.ts';
import { GrantService } from '../../../src/services/grantService.ts';
import { profile } from './fakes.ts';

const id = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
const otherId = '9a1b2c3d-0000-4000-8000-000000000001';
const request: GrantRequest = {
  principal: 'app-orders',
  identity: { kind: 'name' },
  rights: ['read', 'execute'],
  customRoles: [],
};
const signal = new AbortController().signal;

type Rows = readonly (readonly Cell[])[];
const principal = (guid: string, ...roles: string[]): Rows => [
  ['principal', 'app-orders', 'E', 'EXTERNAL_USER', sidOfGuid(guid)],
  ...roles.map((role) => ['role', role, null, null, null]),
];

/** A database whose principal is looked at again and again: each look gets the next of `looks`. */
function database(...looks: Rows[]): Pick<Sql, 'query' | 'transaction'> & { ran: string[] } {
  const ran: string[] = [];
  const answer = (text: string): QueryResult => {
    if (text.startsWith("SELECT 'principal'")) return { columns: [], rows: looks.shift() ?? [] };
    if (text.startsWith('SELECT name FROM sys.database_principals'))
      return { columns: [], rows: [['db_datareader']] };
    ran.push(text);
    return { columns: [], rows: [] };
  };
  return {
    ran,
    query: async (_profile, { text }) => answer(text),
    transaction: async (_profile, statements) => statements.map(({ text }) => answer(text)),
  };
}

describe('a grant that is not all there afterwards', () => {
  it('is told with what is missing, and what it did can be undone', async () => {
    // Planned on nothing, nothing before; afterwards the user and the role, but no EXECUTE. Then the undo: with it, without it.
    const sql = database([], [], principal(id, 'db_datareader'), principal(id, 'db_datareader'), []);
    const planned = await new GrantService(sql).plan(profile(), request, signal);
    const done = await planned.run(signal);
    assert.equal(done.complete, false);
    assert.match(
      done.summary,
      /not all there: It has no EXECUTE on the database\. What it did add can be undone\./,
    );
    assert.match(done.report, /^-- The script ran, but/);
    assert.match(done.report, /Added by this run: the user, membership of db_datareader\./);
    assert.ok(done.undo);
    assert.match(done.undo.script, new RegExp(`sid = ${sidOfGuid(id)}\\)`));
    assert.match(done.undo.script, /DROP MEMBER \[app-orders\][\s\S]*DROP USER \[app-orders\]/);
    assert.doesNotMatch(done.undo.script, /REVOKE/);
    assert.match(await done.undo.run(signal), /no user in .* any more/);
    assert.equal(sql.ran.at(-1), done.undo.script);
  });

  it('has a report also when there is no user at all, and then nothing to undo', async () => {
    const planned = await new GrantService(database([], [], [])).plan(profile(), request, signal);
    const done = await planned.run(signal);
    assert.equal(done.complete, false);
    assert.match(done.summary, /There is no user "app-orders"\. It added nothing\./);
    assert.match(done.report, /no such principal/);
    assert.equal(done.undo, undefined);
  });
});

describe('a user that was there before', () => {
  it('is named with what it stands for, to be compared: its identity may have been made anew', async () => {
    const there = principal(id);
    const after = [...principal(id, 'db_datareader'), ['execute', 'EXECUTE', null, null, null]];
    const planned = await new GrantService(database(there, there, after)).plan(profile(), request, signal);
    const done = await planned.run(signal);
    assert.match(done.report, new RegExp(`stands for   ${id}`));
    assert.match(done.report, /was there before: check that it stands for the identity that you mean/);
    const made = await new GrantService(database([], [], after)).plan(profile(), request, signal);
    assert.doesNotMatch((await made.run(signal)).report, /was there before/);
  });

  it('is refused with the reason while a denial would win', async () => {
    const denied = [...principal(id), ['denied', 'EXECUTE', null, null, null]];
    await assert.rejects(
      new GrantService(database(denied)).plan(profile(), request, signal),
      /A denial wins over every grant, and "app-orders" is denied EXECUTE on the database/,
    );
  });
});

describe('the undo of a grant', () => {
  it('says so when the name is another principal’s by now', async () => {
    const after = [...principal(id, 'db_datareader'), ['execute', 'EXECUTE', null, null, null]];
    const stranger = principal(otherId, 'db_owner');
    const planned = await new GrantService(database([], [], after, stranger, stranger)).plan(
      profile(),
      request,
      signal,
    );
    const done = await planned.run(signal);
    assert.equal(done.complete, true);
    assert.match(done.summary, /can now read/);
    assert.ok(done.undo);
    assert.match(
      await done.undo.run(signal),
      /^Nothing was taken away: the user app-orders in app is another one/,
    );
  });
});
