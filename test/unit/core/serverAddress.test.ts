// Servers as people type them, and the names that connections get from them.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { builtInClouds, type Cloud } from '../../../src/core/cloud.ts';
import { defaultName, readServerAddress } from '../../../src/core/serverAddress.ts';
import { readProfiles } from '../../../src/core/settings.ts';

const local: Cloud = { ...builtInClouds[0]!, id: 'local', hostSuffix: 'localhost' };
const clouds: readonly Cloud[] = [local, ...builtInClouds];

describe('a server that is typed', () => {
  it('is taken in every form, with its port', () => {
    const taken: [string, string, number][] = [
      ['contoso.database.windows.net', 'contoso.database.windows.net', 1433],
      [' tcp:contoso.database.windows.net,1434 ', 'contoso.database.windows.net', 1434],
      ['TCP:sql.example:3342', 'sql.example', 3342],
      ['contoso', 'contoso.database.windows.net', 1433],
      ['localhost, 65535', 'localhost', 65_535],
      ['10.0.0.4', '10.0.0.4', 1433],
      ['contoso.database.windows.net.', 'contoso.database.windows.net.', 1433],
    ];
    for (const [text, server, port] of taken)
      assert.deepEqual(readServerAddress(text, clouds), { server, port }, text);
  });

  it('is refused when the settings would not take it', () => {
    const refused = [
      '',
      'my_server',
      'my_server.example',
      '_sql',
      'sql-',
      '-sql.example',
      'a..b',
      '.',
      'a b',
    ];
    for (const text of [
      ...refused,
      'sql..',
      'sql.example,0',
      'sql.example,65536',
      'sql,99999',
      'sql;x',
      'a/b',
    ])
      assert.equal(readServerAddress(text, clouds), undefined, text);
    assert.equal(readServerAddress('a'.repeat(250), clouds), undefined, 'too long with its suffix');
  });

  it('is read back from the settings as it was taken', () => {
    for (const text of [
      'contoso',
      'sql.example.',
      '127.0.0.1,1434',
      'LOCALHOST',
      'x-1.example:1',
      'a_b',
      'a.',
      '.a',
    ]) {
      const address = readServerAddress(text, clouds);
      const { profiles } = readProfiles([{ id: 'c', database: 'd', ...(address ?? { server: text }) }]);
      assert.deepEqual(
        profiles.map(({ server, port }) => ({ server, port })),
        address ? [address] : [],
        text,
      );
    }
  });
});

describe('a connection without a name of its own', () => {
  it('is called after its database and the first label of its server', () => {
    assert.equal(
      defaultName({ server: 'contoso.database.windows.net', database: 'appdb' }),
      'appdb on contoso',
    );
    assert.equal(defaultName({ server: 'localhost', database: 'appdb' }), 'appdb on localhost');
  });

  it('keeps an address whole', () =>
    assert.equal(defaultName({ server: '10.0.0.4', database: 'appdb' }), 'appdb on 10.0.0.4'));
});
