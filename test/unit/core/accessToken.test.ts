import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { checkAccessToken, expectedTenant, readAccessToken } from '../../../src/core/accessToken.ts';
import { builtInClouds, type Cloud } from '../../../src/core/cloud.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const other = '99999999-2222-4333-8444-555555555555';
const [cloud] = builtInClouds as readonly [Cloud];
const jwt = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const good = {
  aud: 'https://database.windows.net/',
  tid: tenant,
  oid: 'o',
  upn: 'zoë@contoso.example',
  iat: 100,
  exp: 3700,
};

describe('readAccessToken', () => {
  it('reads times in milliseconds and who it stands for', () => {
    const { token: _, ...facts } = readAccessToken(jwt(good), 0);
    assert.deepEqual(facts, {
      expiresOn: 3_700_000,
      issuedOn: 100_000,
      audience: 'https://database.windows.net/',
      tenant,
      objectId: 'o',
      who: 'zoë@contoso.example',
    });
  });
  it('calls an application by its name, else by its id', () => {
    assert.equal(
      readAccessToken(jwt({ ...good, idtyp: 'app', app_displayname: 'app-orders', appid: 'a' }), 0).who,
      'app-orders',
    );
    const slot = '/subscriptions/s/resourcegroups/g/providers/Microsoft.Web/sites/app-orders/slots/staging';
    assert.equal(
      readAccessToken(jwt({ ...good, idtyp: 'app', xms_mirid: slot, appid: 'a' }), 0).who,
      'app-orders/slots/staging',
    );
    assert.equal(readAccessToken(jwt({ ...good, upn: undefined, appid: 'a' }), 0).who, 'a');
  });
  for (const text of ['', 'opaque', 'a.b.c', jwt({ aud: 'x' }), jwt([]), `${jwt(good)}.more`]) {
    it(`refuses ${JSON.stringify(text.slice(0, 12))} without repeating it`, () => {
      assert.throws(
        () => readAccessToken(text, 0),
        (error: Error) => error.name === 'AppError' && (text === '' || !error.message.includes(text)),
      );
    });
  }
});

describe('checkAccessToken', () => {
  const check = (
    claims: object,
    credential: Parameters<typeof checkAccessToken>[2] = { kind: 'vscode' },
  ): void => checkAccessToken(readAccessToken(jwt({ ...good, ...claims }), 0), cloud, credential);
  it('takes the audience with and without its slash, and the application id of Azure SQL', () => {
    assert.doesNotThrow(() => check({}));
    assert.doesNotThrow(() => check({ aud: 'https://database.windows.net' }));
    assert.doesNotThrow(() => check({ aud: '022907d3-0f1b-48f7-badc-1ba6abab6d66' }));
  });
  for (const aud of [
    'https://management.azure.com/',
    'https://database.windows.net.evil.example/',
    'https://database.usgovcloudapi.net/',
    'https://ossrdbms-aad.database.windows.net',
  ]) {
    it(`refuses the audience ${aud}`, () => assert.throws(() => check({ aud }), { code: 'wrongAudience' }));
  }
  it('refuses another tenant than the one chosen, or than the account’s home', () => {
    assert.doesNotThrow(() => check({}, { kind: 'azureCli', tenant: tenant.toUpperCase() }));
    assert.doesNotThrow(() => check({}, { kind: 'vscode', account: { id: `oid.${tenant}`, label: 'a' } }));
    assert.throws(() => check({}, { kind: 'azureCli', tenant: other }), { code: 'wrongTenant' });
    assert.throws(() => check({}, { kind: 'vscode', account: { id: `oid.${other}`, label: 'a' } }), {
      code: 'wrongTenant',
    });
  });
  it('cannot know a tenant that is given as a domain, or that a personal account has', () => {
    assert.equal(expectedTenant({ kind: 'vscode', tenant: 'contoso.example' }), undefined);
    assert.equal(
      expectedTenant({
        kind: 'vscode',
        account: { id: 'o.9188040d-6c67-4c5b-b112-36a304b66dad', label: 'a' },
      }),
      undefined,
    );
  });
});
