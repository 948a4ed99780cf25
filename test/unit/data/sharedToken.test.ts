// Two connections of one person share a token: what is known of it is told for both.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import { startFixture, type Fixture } from './fakeServer.ts';

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});

describe('a token that is there already', () => {
  it('is told of once for each connection that comes to use it', async () => {
    fixture = await startFixture({});
    const { sql, profile, asked } = fixture;
    const told: string[] = [];
    sql.onDidChangeToken(({ connectionId }) => told.push(connectionId));
    const other = { ...profile, id: 'other', name: 'Other' };
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.deepEqual(told, [profile.id]);
    await sql.query(other, { text: 'SELECT 1;' });
    await sql.query(other, { text: 'SELECT 1;' });
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.equal(asked.length, 1, 'the token is shared');
    assert.deepEqual(told, [profile.id, 'other']);
    assert.equal(sql.tokenFacts(other)?.who, sql.tokenFacts(profile)?.who);
  });
});
