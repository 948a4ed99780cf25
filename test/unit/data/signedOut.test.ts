// Signing out of a connection ends what is known of its token: the next use has to ask for one again.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import { startFixture, type Fixture } from './fakeServer.ts';

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.end();
  fixture = undefined;
});

describe('a connection that somebody signed out of', () => {
  it('keeps no token', async () => {
    fixture = await startFixture();
    const { sql, profile, asked } = fixture;
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.notEqual(sql.tokenFacts(profile), undefined);
    await sql.signOut(profile.id);
    assert.equal(sql.tokenFacts(profile), undefined);
    await sql.query(profile, { text: 'SELECT 1;' });
    assert.equal(asked.length, 2);
  });
});
