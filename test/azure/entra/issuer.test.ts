// The issuer through the real @azure/identity credentials, and the tokens through the server's check.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CertificateAuthority } from '../ca/certificateAuthority.ts';
import { SqlError } from '../contract.ts';
import type { Directory, ServicePrincipal } from './directory.ts';
import { Issuer } from './issuer.ts';
import { ManagedIdentityEndpoint } from './managedIdentity.ts';
import { contoso, createSampleDirectory, fabrikam } from './sampleDirectory.ts';
import { isSubject, TokenAuthority } from './tokens.ts';

const audience = 'https://database.localhost/';
const verification = { tenant: contoso.id, audience };

describe('the local Entra', () => {
  let folder: string;
  let caFile: string;
  let directory: Directory;
  let tokens: TokenAuthority;
  let issuer: Issuer;
  let msi: ManagedIdentityEndpoint;
  let origin: string;
  let msiUrl: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'local-entra-'));
    const ca = new CertificateAuthority();
    caFile = await ca.writeTo(folder);
    directory = createSampleDirectory();
    tokens = await TokenAuthority.create(directory, { lifetime: 3600, clockSkew: 0 });
    issuer = new Issuer({ directory, tokens, tls: ca.issue() });
    origin = await issuer.start(0);
    msi = new ManagedIdentityEndpoint({ directory, tokens });
    msiUrl = await msi.start(0);
  });

  afterAll(async () => {
    await issuer.stop();
    await msi.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a program of its own: NODE_EXTRA_CA_CERTS is read at start, and the identity cache is global to a process. */
  function run(
    code: string,
    env: Record<string, string>,
  ): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        cwd: join(import.meta.dirname, '../../..'),
        env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ORIGIN: origin, TENANT: contoso.domain, ...env },
      });
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
      child.on('error', reject);
      child.on('close', (status) => {
        resolve({ code: status ?? -1, out, err });
      });
    });
  }

  function principal(name: string): ServicePrincipal {
    const found = directory.find(name);
    assert.ok(found?.kind === 'application' || found?.kind === 'managedIdentity');
    return found;
  }

  const secretProgram = `
    import { ClientSecretCredential } from '@azure/identity';
    const { TENANT, CLIENT, SECRET, ORIGIN } = process.env;
    const credential = new ClientSecretCredential(TENANT, CLIENT, SECRET, { authorityHost: ORIGIN, disableInstanceDiscovery: true });
    console.log((await credential.getToken('https://database.localhost/.default')).token);`;

  it('gives ClientSecretCredential a token that the server accepts', async () => {
    const app = principal('ci-deployer');
    const result = await run(secretProgram, { CLIENT: app.appId, SECRET: app.secrets[0] ?? '' });
    assert.equal(result.code, 0, result.err);
    const claims = await tokens.verify(result.out.trim(), verification);
    assert.equal(claims.oid, app.id);
    assert.equal(claims.appid, app.appId);
    assert.equal(claims.idtyp, 'app');
    assert.equal(claims.aud, 'https://database.localhost');
    assert.equal(decodeJwt(result.out.trim()).iss, `${origin}/${contoso.id}/`);
  });

  it('refuses a wrong secret as Entra does', async () => {
    const result = await run(secretProgram, { CLIENT: principal('ci-deployer').appId, SECRET: 'wrong' });
    assert.notEqual(result.code, 0);
    assert.match(result.err, /AADSTS7000215/);
  });

  it('gives nothing to a client that does not trust the CA', async () => {
    const program = `fetch(process.env.ORIGIN + '/common/discovery/keys').catch((error) => console.log(error.cause.code));`;
    const result = await run(program, { NODE_EXTRA_CA_CERTS: '' });
    assert.equal(result.out.trim(), 'SELF_SIGNED_CERT_IN_CHAIN');
  });

  it('accepts a client assertion signed with the app’s key, and no other', async () => {
    const app = principal('id-reports');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const program = `
      import { ClientAssertionCredential } from '@azure/identity';
      import { importPKCS8, SignJWT } from 'jose';
      const { TENANT, CLIENT, KEY, ORIGIN } = process.env;
      const key = await importPKCS8(KEY, 'RS256');
      const assertion = () => new SignJWT({ sub: 'repo:contoso/orders' }).setProtectedHeader({ alg: 'RS256' })
        .setAudience('api://AzureADTokenExchange').setIssuer('https://ci.example').setExpirationTime('5m').sign(key);
      const credential = new ClientAssertionCredential(TENANT, CLIENT, assertion, { authorityHost: ORIGIN, disableInstanceDiscovery: true });
      console.log((await credential.getToken('https://database.localhost/.default')).token);`;
    const env = { CLIENT: app.appId, KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    const before = await run(program, env);
    assert.match(before.err, /AADSTS700027/);
    app.assertionKeys.push(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const after = await run(program, env);
    assert.equal(after.code, 0, after.err);
    assert.equal((await tokens.verify(after.out.trim(), verification)).oid, app.id);
  });

  const msiProgram = `
    import { ManagedIdentityCredential } from '@azure/identity';
    const options = process.env.CLIENT ? { clientId: process.env.CLIENT } : {};
    const token = await new ManagedIdentityCredential(options).getToken('https://database.localhost/.default');
    console.log(JSON.stringify(token));`;

  it('gives ManagedIdentityCredential the app’s own identity, or the one asked for by client id', async () => {
    const app = principal('app-orders');
    const env = { IDENTITY_ENDPOINT: msiUrl, IDENTITY_HEADER: app.identityHeader ?? '' };
    const own = await run(msiProgram, env);
    assert.equal(own.code, 0, own.err);
    const token = JSON.parse(own.out) as { token: string; expiresOnTimestamp: number };
    const claims = await tokens.verify(token.token, verification);
    assert.equal(claims.oid, app.id);
    assert.equal(token.expiresOnTimestamp, claims.exp * 1000);
    const reports = await run(msiProgram, { ...env, CLIENT: principal('id-reports').appId });
    const assigned = JSON.parse(reports.out) as { token: string };
    assert.equal((await tokens.verify(assigned.token, verification)).oid, principal('id-reports').id);
  });

  it('does not lend one app’s system-assigned identity to another', async () => {
    const url = `${msiUrl}?api-version=2019-08-01&resource=${audience}&client_id=${principal('app-orders/slots/staging').appId}`;
    const response = await fetch(url, {
      headers: { 'x-identity-header': principal('app-orders').identityHeader ?? '' },
    });
    assert.equal(response.status, 400);
    assert.equal((await fetch(url, { headers: { 'x-identity-header': 'guess' } })).status, 401);
  });

  async function tokenOf(
    name: string,
    more: Partial<Parameters<TokenAuthority['issue']>[0]> = {},
  ): Promise<string> {
    const subject = directory.find(name);
    assert.ok(isSubject(subject));
    return (await tokens.issue({ subject, audience, ...more })).accessToken;
  }

  it('puts group memberships, also through groups, into the token', async () => {
    const readers = directory.find('SQL Readers');
    const outer = directory.add({ kind: 'group', displayName: 'Everybody', members: [readers?.id ?? ''] });
    const claims = await tokens.verify(await tokenOf('linus@contoso.example'), verification);
    assert.deepEqual(claims.groups, [readers?.id, outer.id]);
    assert.equal(claims.upn, 'linus@contoso.example');
  });

  const refusals: [string, () => Promise<string>, string, number][] = [
    ['an expired token', () => tokenOf('ada@contoso.example', { lifetime: -5 }), ' Token is expired.', 233],
    [
      'another audience',
      () => tokenOf('ada@contoso.example', { audience: 'https://management.azure.com/' }),
      ' Incorrect or invalid token.',
      1,
    ],
    [
      'another tenant',
      () => tokenOf('kim@fabrikam.example', { claims: { oid: 'x' } }),
      ' The server is not currently configured to accept this token.',
      235,
    ],
    [
      'a token that is not valid yet',
      () => tokenOf('ada@contoso.example', { claims: { nbf: 4_000_000_000 } }),
      ' Incorrect or invalid token.',
      1,
    ],
    [
      'a broken signature',
      async () => `${(await tokenOf('ada@contoso.example')).slice(0, -8)}AAAAAAAA`,
      ' Incorrect or invalid token.',
      1,
    ],
    ['no token at all', () => Promise.resolve('hello'), ' Incorrect or invalid token.', 1],
  ];
  for (const [what, token, reason, state] of refusals) {
    it(`refuses ${what} with 18456 in the server's words`, async () => {
      const text = await token();
      await assert.rejects(tokens.verify(text, verification), (error) => {
        assert.ok(error instanceof SqlError);
        assert.deepEqual(error.detail, {
          number: 18456,
          state,
          class: 14,
          message: `Login failed for user '<token-identified principal>'.${reason}`,
          line: 1,
        });
        return true;
      });
    });
  }

  it('finds the second tenant by domain and by id', () => {
    assert.equal(directory.tenant('fabrikam.example'), fabrikam);
    assert.equal(directory.tenant(fabrikam.id), fabrikam);
    assert.equal(directory.named(contoso.id, 'KIM@fabrikam.example').length, 1);
  });
});
