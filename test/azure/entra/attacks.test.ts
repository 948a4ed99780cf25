// Tokens that somebody made up, and requests that Entra refuses: each in the words and with the number of the real one.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { request } from 'node:https';
import { decodeJwt, exportJWK, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CertificateAuthority } from '../ca/certificateAuthority.ts';
import { SqlError } from '../contract.ts';
import type { Directory, ServicePrincipal } from './directory.ts';
import { Issuer } from './issuer.ts';
import { ManagedIdentityEndpoint } from './managedIdentity.ts';
import { contoso, createSampleDirectory } from './sampleDirectory.ts';
import { isSubject, TokenAuthority } from './tokens.ts';

const audience = 'https://database.localhost/';

let ca: string;
let directory: Directory;
let tokens: TokenAuthority;
let issuer: Issuer;
let msi: ManagedIdentityEndpoint;
let origin: string;
let msiUrl: string;
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

beforeAll(async () => {
  const authority = new CertificateAuthority();
  ca = authority.pem;
  directory = createSampleDirectory();
  tokens = await TokenAuthority.create(directory, { lifetime: 3600, clockSkew: 0 });
  issuer = new Issuer({ directory, tokens, tls: authority.issue() });
  origin = await issuer.start(0);
  msi = new ManagedIdentityEndpoint({ directory, tokens });
  msiUrl = await msi.start(0);
});
afterAll(async () => {
  await issuer.stop();
  await msi.stop();
});

async function genuine(claims: Record<string, unknown> = {}): Promise<string> {
  const subject = directory.find('ada@contoso.example');
  assert.ok(isSubject(subject));
  return (await tokens.issue({ subject, audience, claims })).accessToken;
}
const kid = (): string => tokens.jwks().keys[0]?.kid ?? '';
const withPayload = (token: string, change: JWTPayload): string => {
  const [header = '', , signature = ''] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ ...decodeJwt(token), ...change })).toString('base64url');
  return [header, payload, signature].join('.');
};
const signed = (
  payload: JWTPayload,
  header: { alg: string; kid?: string; jwk?: object },
  key: KeyObject | Uint8Array,
): Promise<string> => new SignJWT(payload).setProtectedHeader(header).sign(key);

describe('the server', () => {
  const forged: [string, () => Promise<string>][] = [
    ['without a signature', async () => new UnsecuredJWT(decodeJwt(await genuine())).encode()],
    [
      'without a signature under the name of RS256',
      async () => `${(await genuine()).split('.').slice(0, 2).join('.')}.`,
    ],
    [
      'signed with the public key as if it were a secret',
      async () => {
        const [jwk] = tokens.jwks().keys;
        assert.ok(jwk);
        const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        return signed(decodeJwt(await genuine()), { alg: 'HS256', kid: kid() }, Buffer.from(pem));
      },
    ],
    [
      'signed with a stranger’s key under the issuer’s key id',
      async () => signed(decodeJwt(await genuine()), { alg: 'RS256', kid: kid() }, stranger.privateKey),
    ],
    [
      'that brings its own key',
      async () =>
        signed(
          decodeJwt(await genuine()),
          { alg: 'RS256', jwk: await exportJWK(stranger.publicKey) },
          stranger.privateKey,
        ),
    ],
    [
      'with an unknown key id',
      async () => signed(decodeJwt(await genuine()), { alg: 'RS256', kid: 'other' }, stranger.privateKey),
    ],
    [
      'that became somebody else’s',
      async () => withPayload(await genuine(), { oid: directory.find('mallory@contoso.example')?.id }),
    ],
    [
      'that lives longer than it was made for',
      async () => withPayload(await genuine(), { exp: 4_000_000_000 }),
    ],
    ['without an end', () => genuine({ exp: undefined })],
    ['without an object id', () => genuine({ oid: undefined })],
    ['for two audiences', () => genuine({ aud: [audience, 'https://management.azure.com/'] })],
    [
      'for an audience that only begins like it',
      () => genuine({ aud: 'https://database.localhost.evil.example' }),
    ],
    ['of five parts', () => Promise.resolve('a.b.c.d.e')],
    ['that is empty', () => Promise.resolve('')],
  ];
  it.each(forged)('does not take a token %s', async (_what, make) => {
    await assert.rejects(tokens.verify(await make(), { tenant: contoso.id, audience }), (error) => {
      assert.ok(error instanceof SqlError, String(error));
      const { number, state, message } = error.detail;
      assert.deepEqual(
        [number, state, message],
        [18456, 1, "Login failed for user '<token-identified principal>'. Incorrect or invalid token."],
      );
      return true;
    });
  });

  it.each(['https://database.localhost', 'https://database.localhost/'])('takes one for %s', async (aud) => {
    const claims = await tokens.verify(await genuine({ aud }), { tenant: contoso.id, audience });
    assert.equal(claims.upn, 'ada@contoso.example');
  });

  it.each<[string, Record<string, unknown>]>([
    ['another tenant', { tid: '0fab0fab-2222-4222-8222-c0de00000002' }],
    ['another issuer', { iss: 'https://sts.example/0c0ffee0-1111-4111-8111-c0de00000001/' }],
  ])('is not set up for %s', async (_what, claims) => {
    await assert.rejects(tokens.verify(await genuine(claims), { tenant: contoso.id, audience }), (error) => {
      assert.ok(error instanceof SqlError);
      assert.deepEqual(
        [error.detail.state, error.message],
        [
          235,
          "Login failed for user '<token-identified principal>'. The server is not currently configured to accept this token.",
        ],
      );
      return true;
    });
  });

  it('sees in a guest’s token whom it was given to, in this tenant', async () => {
    const guest = directory.find('kim@fabrikam.example', contoso.id);
    assert.ok(isSubject(guest));
    const { accessToken } = await tokens.issue({ subject: guest, audience });
    const claims = await tokens.verify(accessToken, { tenant: contoso.id, audience });
    assert.deepEqual([claims.oid, claims.tid, claims.upn], [guest.id, contoso.id, 'kim@fabrikam.example']);
    assert.equal(decodeJwt(accessToken)['upn'], undefined);
  });
});

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

function post(path: string, form: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, origin),
      { ca, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(new URLSearchParams(form).toString());
  });
}

function app(name: string): ServicePrincipal {
  const found = directory.find(name);
  assert.ok(found?.kind === 'application' || found?.kind === 'managedIdentity');
  return found;
}

describe('the token endpoint', () => {
  const token = `/${contoso.id}/oauth2/v2.0/token`;
  const form = (more: Record<string, string | undefined> = {}): Record<string, string> => {
    const all: Record<string, string | undefined> = {
      grant_type: 'client_credentials',
      client_id: app('ci-deployer').appId,
      client_secret: app('ci-deployer').secrets[0],
      scope: 'https://database.localhost/.default',
      ...more,
    };
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  };

  it.each<[string, Record<string, string | undefined>, number, string, number, RegExp]>([
    ['no grant type', { grant_type: undefined }, 400, 'invalid_request', 900144, /parameter: 'grant_type'/],
    ['no client id', { client_id: undefined }, 400, 'invalid_request', 900144, /parameter: 'client_id'/],
    ['no scope', { scope: undefined }, 400, 'invalid_request', 900144, /parameter: 'scope'/],
    [
      'another grant type',
      { grant_type: 'password' },
      400,
      'unsupported_grant_type',
      70003,
      /grant type 'password'/,
    ],
    [
      'a scope without .default',
      { scope: 'https://database.localhost/user_impersonation' },
      400,
      'invalid_scope',
      1002012,
      /\/\.default suffixed/,
    ],
    [
      'an unknown resource',
      { scope: 'https://nobody.example/.default' },
      400,
      'invalid_resource',
      500011,
      /resource principal named https:\/\/nobody\.example was not found/,
    ],
    [
      'an unknown app',
      { client_id: '11111111-1111-1111-1111-111111111111' },
      400,
      'unauthorized_client',
      700016,
      /was not found in the directory 'contoso\.example'/,
    ],
    [
      'no secret',
      { client_secret: undefined },
      401,
      'invalid_client',
      7000216,
      /'client_assertion', 'client_secret' or 'request' is required/,
    ],
    [
      'a wrong secret',
      { client_secret: 'guess' },
      401,
      'invalid_client',
      7000215,
      /Invalid client secret provided/,
    ],
  ])('refuses %s', async (_what, change, status, error, code, text) => {
    const answer = await post(token, form(change));
    assert.deepEqual(
      [answer.status, answer.body['error'], answer.body['error_codes']],
      [status, error, [code]],
    );
    const description = String(answer.body['error_description']);
    assert.match(description, new RegExp(`^AADSTS${code}: `));
    assert.match(description, text);
    assert.match(
      description,
      / Trace ID: [0-9a-f-]{36} Correlation ID: [0-9a-f-]{36} Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/,
    );
  });

  it('refuses an unknown tenant', async () => {
    const { status, body } = await post('/nobody.example/oauth2/v2.0/token', form());
    assert.deepEqual([status, body['error'], body['error_codes']], [400, 'invalid_request', [90002]]);
  });

  it('gives a token for what it knows, with the slash that was asked for', async () => {
    for (const [scope, aud] of [
      ['https://database.localhost/.default', 'https://database.localhost'],
      ['https://database.localhost//.default', 'https://database.localhost/'],
    ]) {
      const { status, body } = await post(token, form({ scope: scope ?? '' }));
      assert.equal(status, 200);
      assert.equal(decodeJwt(String(body['access_token'])).aud, aud);
    }
  });

  describe('with a client assertion', () => {
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const assertion = async (
      more: JWTPayload = {},
      key: KeyObject | Uint8Array = own.privateKey,
      alg = 'RS256',
    ): Promise<Record<string, string>> => {
      const client = app('id-reports');
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        iss: client.appId,
        sub: client.appId,
        aud: `${origin}${token}`,
        exp: now + 300,
        ...more,
      };
      return form({
        client_id: client.appId,
        client_secret: undefined,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await signed(payload, { alg }, key),
      });
    };
    beforeAll(() => {
      const pem = own.publicKey.export({ type: 'spki', format: 'pem' }).toString();
      app('id-reports').assertionKeys.push(pem);
    });

    it('takes one that the app signed for this endpoint', async () => {
      assert.equal((await post(token, await assertion())).status, 200);
    });

    it.each<[string, () => Promise<Record<string, string>>, number]>([
      ['a stranger’s signature', () => assertion({}, stranger.privateKey), 700027],
      [
        'the public key used as a secret',
        () => assertion({}, Buffer.from(own.publicKey.export({ type: 'spki', format: 'pem' })), 'HS256'),
        700027,
      ],
      ['another subject', () => assertion({ sub: app('ci-deployer').appId }), 700027],
      ['another audience', () => assertion({ aud: 'https://login.evil.example/token' }), 700027],
      ['one that has ended', () => assertion({ exp: Math.floor(Date.now() / 1000) - 3600 }), 700024],
    ])('refuses %s', async (_what, make, code) => {
      const { status, body } = await post(token, await make());
      assert.deepEqual([status, body['error'], body['error_codes']], [401, 'invalid_client', [code]]);
    });
  });
});

describe('the managed-identity endpoint', () => {
  const ask = async (query: string, header?: string): Promise<Answer> => {
    const response = await fetch(
      `${msiUrl}?${query}`,
      header === undefined ? {} : { headers: { 'x-identity-header': header } },
    );
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const query = (more: Record<string, string> = {}): string =>
    new URLSearchParams({ 'api-version': '2019-08-01', resource: audience, ...more }).toString();
  const header = (): string => app('app-orders').identityHeader ?? '';

  it.each<[string, () => Promise<Answer>, number, RegExp]>([
    ['without the header', () => ask(query()), 401, /X-IDENTITY-HEADER/],
    ['with a wrong header', () => ask(query(), 'guess'), 401, /X-IDENTITY-HEADER/],
    ['in another version', () => ask(query({ 'api-version': '2018-02-01' }), header()), 400, /api-version/],
    ['without a resource', () => ask('api-version=2019-08-01', header()), 400, /resource/],
    [
      'for an unknown resource',
      () => ask(query({ resource: 'https://nobody.example' }), header()),
      400,
      /AADSTS500011/,
    ],
    [
      'for an unknown identity',
      () => ask(query({ client_id: '11111111-1111-1111-1111-111111111111' }), header()),
      400,
      /^No User Assigned or Delegated Managed Identity found for specified ClientId\/ResourceId\/PrincipalId\.$/,
    ],
    [
      'for an app that is no identity',
      () => ask(query({ client_id: app('ci-deployer').appId }), header()),
      400,
      /No User Assigned/,
    ],
  ])('gives nothing %s', async (_what, asked, status, text) => {
    const answer = await asked();
    assert.equal(answer.status, status);
    assert.match(String(answer.body['message']), text);
    assert.equal(answer.body['access_token'], undefined);
  });

  it.each<[string, (identity: ServicePrincipal) => Record<string, string>]>([
    ['client id', ({ appId }) => ({ client_id: appId.toUpperCase() })],
    ['object id', ({ id }) => ({ principal_id: id })],
    ['resource id', ({ resourceId }) => ({ mi_res_id: resourceId ?? '' })],
  ])('finds a user-assigned identity by its %s', async (_what, by) => {
    const { status, body } = await ask(query(by(app('id-reports'))), header());
    assert.equal(status, 200);
    const claims = decodeJwt(String(body['access_token']));
    assert.deepEqual(
      [claims['oid'], claims['appid'], claims['idtyp']],
      [app('id-reports').id, app('id-reports').appId, 'app'],
    );
  });
});
