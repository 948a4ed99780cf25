// Which connection strings must not be shown.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { secretIn, type SecretKind } from '../../../src/core/connectionStringSecrets.ts';

const holding: readonly (readonly [string, SecretKind])[] = [
  ['Server=tcp:a.database.windows.net,1433;Database=d;User Id=sa;Password=hunter2', 'password'],
  ['Server=a;Database=d;UID=sa; PWD = {a;b} ', 'password'],
  ["Server=a;Password='x;y';Database=d", 'password'],
  ['Driver={ODBC Driver 18 for SQL Server};Server=a;AccessToken=abc', 'accessToken'],
  ['jdbc:sqlserver://a:1433;database=d;AADSecurePrincipalSecret=x', 'password'],
  ['jdbc:sqlserver://a;trustStorePassword=x', 'password'],
  ['jdbc:sqlserver://a;keyStoreSecret=x', 'password'],
  ['mssql://sa:hunter2@a:1433/d', 'password'],
  ['mssql+pyodbc://sa:hunt%40er2@a/d?driver=x', 'password'],
  ['sqlserver://a?database=d&password=hunter2', 'password'],
  ['sqlserver://a/;password=hunter2', 'password'],
  ['mssql+pyodbc:///?odbc_connect=Driver%3Dx%3BServer%3Da%3BPwd%3Dhunter2', 'password'],
  ['Server=a;Database=d;Client Secret=x', 'password'],
  ['Server=a;DefaultEndpointsProtocol=https;AccountName=n;AccountKey=abc==', 'key'],
  ['Server=a;Shared_Access_Signature=sv', 'key'],
  ['Server=a;SharedAccessKey=k', 'key'],
  ['Server=a;Database=d;Whatever=eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln', 'accessToken'],
  ['Server=a;Database=d\npassword: x; Password=y', 'password'],
];

const free: readonly string[] = [
  '',
  'Server=tcp:a.database.windows.net,1433;Initial Catalog=d;Authentication=Active Directory Default;Encrypt=True',
  'Server=a;Database=d;User Id=2ff8edf0-dccb-4148-a649-2c1154e1e129;Connection Timeout=30',
  'Server=a;Database=d;Password=',
  'jdbc:sqlserver://a:1433;database=d;encrypt=true;authentication=ActiveDirectoryInteractive',
  'mssql://a:1433/d?encrypt=true',
  'sqlserver://sa@a:1433?database=d',
];

describe('a connection string', () => {
  for (const [text, kind] of holding)
    it(`is known to hold a secret: ${text.slice(0, 60).replaceAll('\n', ' ')}`, () =>
      assert.equal(secretIn(text), kind));
  for (const text of free)
    it(`is free of secrets: ${text.slice(0, 60)}`, () => assert.equal(secretIn(text), undefined));
});
