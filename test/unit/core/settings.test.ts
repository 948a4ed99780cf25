// Settings are untrusted: what a hand or a hostile workspace writes must not widen where tokens go, nor break the rest.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { builtInClouds } from '../../../src/core/cloud.ts';
import { readClouds, readPageSize, readProfiles } from '../../../src/core/settings.ts';

const profile = { id: 'a', server: 'shop.database.windows.net', database: 'app' };
const cloud = {
  name: 'lab',
  hostSuffix: 'sql.lab.example',
  audience: 'https://database.lab.example/',
  authority: 'https://login.lab.example/',
};

describe('saved connections', () => {
  it('fill in what was left out', () => {
    const { profiles, problems } = readProfiles([profile]);
    assert.deepEqual(problems, []);
    assert.deepEqual(profiles, [
      {
        ...profile,
        name: 'app on shop.database.windows.net',
        port: 1433,
        cloud: 'public',
        credential: { kind: 'vscode' },
        encryption: 'tls',
        connectTimeout: 15,
        requestTimeout: 0,
        maxPoolSize: 10,
        tables: [{ schema: 'dbo', name: 'user' }],
      },
    ]);
  });

  it('are refused one by one, each with a sentence, and the others stay', () => {
    const bad: [unknown, RegExp][] = [
      [null, /not an object/],
      [{ ...profile, id: '' }, /no id/],
      [{ ...profile, server: 'a b' }, /no host name/],
      [{ ...profile, server: 'evil.example/database.windows.net' }, /no host name/],
      [{ ...profile, database: undefined }, /no database/],
      [{ ...profile, database: 'x'.repeat(129) }, /129 characters/],
      [{ ...profile, credential: { kind: 'password' } }, /no known kind/],
      [{ ...profile, credential: { kind: 'vscode', tenant: 'a/../b' } }, /neither a domain nor a GUID/],
      [{ ...profile, credential: { kind: 'managedIdentity', clientId: 'x' } }, /no GUID/],
    ];
    for (const [entry, expected] of bad) {
      const { profiles, problems } = readProfiles([entry, { ...profile, id: 'good' }]);
      assert.deepEqual(
        profiles.map(({ id }) => id),
        ['good'],
      );
      assert.match(problems.join(), expected);
    }
    assert.match(readProfiles([profile, profile]).problems.join(), /same id/);
  });

  it('have a name on one line that turns nothing around', () => {
    const named = (name: string) =>
      readProfiles([{ id: 'a', server: 's.example', database: 'app', name }]).profiles[0]?.name;
    assert.equal(named('one\n\u0007two \u202egnp.exe'), 'one two gnp.exe');
    assert.equal(named('\u202e\u2066'), 'app on s.example');
    assert.equal(named('שלום'), 'שלום');
  });

  it('never carry a secret further', () => {
    const { profiles } = readProfiles([
      { ...profile, password: 'geheim', credential: { kind: 'environment', clientSecret: 'geheim' } },
    ]);
    assert.equal(profiles.length, 1);
    assert.doesNotMatch(JSON.stringify(profiles), /geheim/);
  });

  it('survive any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        readProfiles(value);
        const { clouds } = readClouds(value);
        assert.deepEqual(clouds.slice(-builtInClouds.length), builtInClouds);
      }),
    );
  });
});

describe('the rows of a page', () => {
  it('are what the manifest allows, whoever wrote the setting', () => {
    assert.equal(readPageSize(250), 250);
    for (const value of ['huge', 1e9, 0, -1, 2.5, Number.NaN, null, undefined, [100]])
      assert.equal(readPageSize(value), 100, String(value));
  });
});

describe('custom clouds', () => {
  it('are read, slashes trimmed, before the built-in ones', () => {
    const { clouds, problems } = readClouds([cloud]);
    assert.deepEqual(problems, []);
    assert.equal(clouds[0]?.audience, 'https://database.lab.example');
    assert.equal(clouds[0]?.hostSuffix, 'sql.lab.example');
    assert.deepEqual(clouds.slice(1), builtInClouds);
  });

  it('cannot cover whole domains, addresses, or Azure itself', () => {
    const bad: [object, RegExp][] = [
      [{ hostSuffix: 'com' }, /too wide/],
      [{ hostSuffix: '' }, /no host name/],
      [{ hostSuffix: '127.0.0.1' }, /address/],
      [{ hostSuffix: 'windows.net' }, /overlaps with Azure/],
      [{ hostSuffix: 'x.database.windows.net' }, /overlaps with Azure/],
      [{ audience: 'http://database.lab.example' }, /audience/],
      [{ authority: 'https://user:secret@login.lab.example' }, /authority/],
      [{ name: 'public' }, /already/],
    ];
    for (const [change, expected] of bad) {
      const { clouds, problems } = readClouds([{ ...cloud, ...change }]);
      assert.deepEqual(clouds, builtInClouds);
      assert.match(problems.join(), expected);
    }
  });
});
