// Every kind of connection string that people paste, and what must never come through.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { readConnectionString } from '../../../src/core/connectionString.ts';

const read = (text: string) => {
  const reading = readConnectionString(text);
  assert.ok(reading, `not understood: ${text}`);
  return reading;
};
const clientId = '2ff8edf0-dccb-4148-a649-2c1154e1e129';

describe('connection strings', () => {
  const table: [name: string, text: string, expected: object][] = [
    [
      'ADO.NET of the portal',
      'Server=tcp:shop.database.windows.net,1433;Initial Catalog=app;Encrypt=True;TrustServerCertificate=False;Connection Timeout=30;Authentication="Active Directory Default";',
      {
        server: 'shop.database.windows.net',
        port: 1433,
        database: 'app',
        connectTimeout: 30,
        credential: { kind: 'vscode' },
      },
    ],
    [
      'ADO.NET with a user-assigned identity',
      `Data Source=shop.database.windows.net;Database=app;Authentication=Active Directory Managed Identity;User Id=${clientId};Max Pool Size=50;Application Name=shop`,
      {
        server: 'shop.database.windows.net',
        port: 1433,
        database: 'app',
        maxPoolSize: 50,
        applicationName: 'shop',
        credential: { kind: 'managedIdentity', clientId },
      },
    ],
    [
      'ODBC',
      'Driver={ODBC Driver 18 for SQL Server};Server=tcp:shop.database.windows.net,1433;Database=app;Encrypt=strict;Authentication=ActiveDirectoryMsi;LoginTimeout=20',
      {
        server: 'shop.database.windows.net',
        port: 1433,
        database: 'app',
        encryption: 'strict',
        connectTimeout: 20,
        credential: { kind: 'managedIdentity' },
      },
    ],
    [
      'JDBC',
      'jdbc:sqlserver://shop.database.windows.net:11433;databaseName={a;b}}c};authentication=ActiveDirectoryInteractive;queryTimeout=90',
      {
        server: 'shop.database.windows.net',
        port: 11433,
        database: 'a;b}c',
        requestTimeout: 90,
        credential: { kind: 'vscode' },
      },
    ],
    [
      'SQLAlchemy',
      'mssql+pyodbc://@shop.database.windows.net:1433/app?driver=ODBC+Driver+18+for+SQL+Server&Authentication=ActiveDirectoryMsi',
      {
        server: 'shop.database.windows.net',
        port: 1433,
        database: 'app',
        credential: { kind: 'managedIdentity' },
      },
    ],
    [
      'SQLAlchemy with an ODBC string inside',
      `mssql+pyodbc:///?odbc_connect=${encodeURIComponent('Driver={ODBC Driver 18 for SQL Server};Server=shop.database.windows.net;Database=app')}`,
      { server: 'shop.database.windows.net', port: 1433, database: 'app', credential: { kind: 'vscode' } },
    ],
    [
      'mssql for Node',
      'mssql://shop.database.windows.net:1433/app?encrypt=true&connectTimeout=30000',
      {
        server: 'shop.database.windows.net',
        port: 1433,
        database: 'app',
        connectTimeout: 30,
        credential: { kind: 'vscode' },
      },
    ],
    [
      'go-mssqldb',
      'sqlserver://shop.database.windows.net?database=app&fedauth=ActiveDirectoryAzCli',
      { server: 'shop.database.windows.net', port: 1433, database: 'app', credential: { kind: 'azureCli' } },
    ],
  ];
  for (const [name, text, expected] of table) {
    it(`are read: ${name}`, () => assert.deepEqual(read(text).settings, expected));
  }

  it('drops a password whatever the quoting, and says so without quoting it', () => {
    for (const text of [
      'Server=s.database.windows.net;Database=d;User ID=sa;Password=geheim;x=1',
      'Server=s.database.windows.net;Database=d;Uid=sa;Pwd={gehe}}im;=};',
      `Server=s.database.windows.net;Database=d;Password="gehe;""im"`,
      'jdbc:sqlserver://s.database.windows.net;database=d;user=sa;password={geheim}',
      'mssql://sa:gehe%40im@s.database.windows.net/d',
      'mssql+pyodbc://sa:gehe%im@s.database.windows.net/d',
    ]) {
      const reading = read(text);
      assert.ok(reading.dropped.includes('the password'), text);
      assert.doesNotMatch(JSON.stringify(reading), /gehe/);
      assert.equal(reading.settings.database, 'd');
    }
  });

  it('never turns encryption or verification off, and says so', () => {
    const { settings, dropped } = read(
      'Server=s.database.windows.net;Database=d;Encrypt=False;TrustServerCertificate=True',
    );
    assert.equal(settings.encryption, undefined);
    assert.match(dropped.join(), /always encrypted/);
    assert.match(dropped.join(), /always verified/);
  });

  it('is not fooled by text that is none', () => {
    for (const text of [
      '',
      'hello',
      'localhost',
      'a=b',
      'Server=',
      'Server=a b;',
      'mssql:///?x=1',
      'Server=x"; DROP',
      '{',
      'Server=s;Pwd={open',
    ])
      assert.equal(readConnectionString(text), undefined, text);
  });

  it('answers any text without throwing or hanging', () => {
    const fragment = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'Server=',
        ';',
        '{',
        '}',
        '}}',
        '"',
        "'",
        'mssql://',
        'jdbc:sqlserver://',
        '@',
        ':',
        '%',
        'odbc_connect=',
        '?',
        'Password=',
      ),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), (parts) => {
        const reading = readConnectionString(parts.join(''));
        assert.ok(reading === undefined || typeof reading.settings.server === 'string');
      }),
    );
  });

  it('keeps a database name and loses a password of any characters', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => text.isWellFormed() && !text.includes('\0'));
    fc.assert(
      fc.property(name, fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 }), (database, secret) => {
        const quoted = (value: string): string => `{${value.replaceAll('}', '}}')}}`;
        const reading = read(
          `Server=s.database.windows.net;Database=${quoted(database)};Pwd=${quoted(`!${secret}!`)}`,
        );
        assert.equal(reading.settings.database, database);
        assert.ok(!Object.values(reading.settings).includes(`!${secret}!`));
      }),
    );
  });
});
