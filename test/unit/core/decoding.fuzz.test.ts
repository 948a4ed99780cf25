// Whatever we decode ourselves comes from outside: no text, claim or setting may crash it, hang it, or come out in a message.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { checkAccessToken, readAccessToken } from '../../../src/core/accessToken.ts';
import { builtInClouds } from '../../../src/core/cloud.ts';
import { readConnectionString } from '../../../src/core/connectionString.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { believedTenant } from '../../../src/core/fedAuthInfo.ts';
import { onlyReads } from '../../../src/core/onlyReads.ts';
import { isHostName, readClouds, readProfiles } from '../../../src/core/settings.ts';

const runs = { numRuns: 2000 };
const [cloud] = builtInClouds;
assert.ok(cloud);
const now = Date.parse('2026-01-05T08:00:00Z');
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

/** What `act` throws must be a known failure; what it returns is handed back. */
function known<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!isAppError(error)) throw error;
    assert.ok(error.message.length < 1500, 'a message that can be read');
    return undefined;
  }
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
);

describe('an access token', () => {
  it('of any text is read or refused, and never repeated', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        try {
          readAccessToken(text, now);
        } catch (error) {
          assert.ok(isAppError(error, 'credentialUnavailable'));
          assert.ok(text.length < 8 || !error.message.includes(text));
        }
      }),
      runs,
    );
  });

  it('with any claims is read or refused', () => {
    const claim = fc.oneof(fc.jsonValue(), anyText, fc.double(), fc.constantFrom(Number.MAX_VALUE, -1, 0));
    const some = fc.dictionary(
      fc.constantFrom(
        'exp',
        'iat',
        'aud',
        'tid',
        'oid',
        'upn',
        'name',
        'appid',
        'xms_mirid',
        'idtyp',
        '__proto__',
      ),
      claim,
    );
    const whole = fc.tuple(some, claim, claim).map(([rest, exp, iat]) => ({
      aud: cloud.audience,
      tid: 't',
      exp,
      iat,
      ...rest,
    }));
    const claims = fc.oneof(fc.jsonValue(), some, whole);
    fc.assert(
      fc.property(claims, (value) => {
        const token = known(() => readAccessToken(`e30.${encode(value)}.c2ln`, now));
        if (token === undefined) return;
        assert.ok(Number.isFinite(token.expiresOn) && Number.isFinite(token.issuedOn));
        assert.ok(token.issuedOn <= token.expiresOn);
        known(() => checkAccessToken(token, cloud, { kind: 'vscode' }));
      }),
      runs,
    );
  });

  it('of another audience never passes', () => {
    fc.assert(
      fc.property(anyText, (aud) => {
        fc.pre(aud.replace(/\/$/, '').toLowerCase() !== cloud.audience && aud !== '');
        const token = known(() =>
          readAccessToken(`e30.${encode({ aud, tid: 't', exp: now / 1000 + 60 })}.c2ln`, now),
        );
        fc.pre(token !== undefined);
        assert.throws(() => checkAccessToken(token, cloud, { kind: 'vscode' }), { code: 'wrongAudience' });
      }),
      runs,
    );
  });
});

describe('what a server says about sign-in', () => {
  it('of any kind gives a tenant of the cloud, or stops the login', () => {
    const hosts = ['login.microsoftonline.com', 'login.windows.net', 'evil.example', '', '@', '::1', 'xn--'];
    const url = fc.oneof(
      anyText,
      fc.webUrl(),
      fc
        .tuple(
          fc.constantFrom('https://', 'http://', '', 'https:\\\\', 'HTTPS://'),
          fc.constantFrom(...hosts),
          anyText,
        )
        .map((parts) => parts.join('')),
    );
    const spn = fc.oneof(anyText, fc.constantFrom(cloud.audience, `${cloud.audience}/`));
    fc.assert(
      fc.property(fc.option(url, { nil: undefined }), fc.option(spn, { nil: undefined }), (stsUrl, name) => {
        const tenant = known(() => believedTenant({ stsUrl, spn: name }, cloud, 'server'));
        if (tenant === undefined) return;
        assert.match(tenant, /^[0-9a-f-]{36}$/);
        assert.match(new URL(stsUrl ?? '').hostname, /(microsoftonline\.com|windows\.net|microsoft\.com)$/);
      }),
      runs,
    );
  });
});

describe('a connection string', () => {
  it('of any text is read or refused, and no password comes out', () => {
    const key = fc.constantFrom(
      'Server',
      'Data Source',
      'Password',
      'PWD',
      'Database',
      'jdbc:sqlserver:',
      'Uid',
    );
    const pair = fc.tuple(key, anyText).map(([name, value]) => `${name}=${value}`);
    const text = fc.oneof(
      anyText,
      fc.array(pair, { maxLength: 8 }).map((pairs) => pairs.join(';')),
      anyText.map((rest) => `jdbc:sqlserver://${rest}`),
      anyText.map((rest) => `mssql+pyodbc://user:SECRET-1234@host/db?${rest}`),
      anyText.map((rest) => `mssql://user:SECRET-1234@${rest}`),
    );
    fc.assert(
      fc.property(text, (value) => {
        const read = known(() => readConnectionString(value));
        assert.ok(!JSON.stringify(read ?? '').includes('SECRET-1234'));
      }),
      runs,
    );
  });
});

describe('settings', () => {
  it('of any shape are read, with problems named', () => {
    const field = fc.oneof(fc.jsonValue(), anyText);
    const profile = fc.dictionary(
      fc.constantFrom(
        'id',
        'name',
        'server',
        'port',
        'database',
        'cloud',
        'credential',
        'tables',
        'connectTimeout',
        '__proto__',
      ),
      field,
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(profile)), (value) => {
        for (const { server } of readProfiles(value).profiles) assert.ok(isHostName(server));
        for (const { authority } of readClouds(value).clouds) assert.ok(URL.canParse(authority));
      }),
      runs,
    );
  });
});

describe('a statement', () => {
  it('of any text is taken for a write unless it begins like a read', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        assert.ok(!onlyReads(text) || /select|with/i.test(text));
      }),
      runs,
    );
  });
});
