// What ships has no switch for tests: nothing of the local Azure is in it, and no variable of the environment changes whom it believes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest';
import { bundles } from '../../scripts/build.ts';
import { IdentityTokenSource } from '../../src/data/credentialSources.ts';
import { CertificateAuthority } from '../azure/ca/certificateAuthority.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../azure/process.ts';
import { failure, openDoor } from './hostile/hostileDoor.ts';
import { localCloud } from '../localCloud.ts';

const root = join(import.meta.dirname, '../..');

describe('what ships', () => {
  let texts: [file: string, text: string][];
  let inputs: string[];
  beforeAll(async () => {
    const built = await Promise.all(
      bundles().map((options) => esbuild.build({ ...options, write: false, metafile: true })),
    );
    texts = built.flatMap(({ outputFiles }) =>
      (outputFiles ?? []).map(({ path, text }): [string, string] => [path, text]),
    );
    inputs = [...new Set(built.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {})))];
    for (const name of ['extension.cjs', 'commands.cjs', 'data.cjs', 'identity.cjs'])
      assert.ok(
        texts.some(([file]) => file.endsWith(name)),
        `${name} was not seen`,
      );
  });

  it('is made of the sources and packages, never of tests or scripts', () => {
    assert.deepEqual(
      inputs.filter((file) => !/^(src|media|node_modules|left-out:)/.test(file)),
      [],
    );
  });

  it.each<[string, RegExp]>([
    ['the local Azure', /local[ -]?azure|database\.localhost|AZURE_UPSTREAM/i],
    ['its tenants and people', /contoso\.example|fabrikam|0c0ffee0/i],
    ['a test tool', /vitest|playwright|VSCODE_TEST|NODE_ENV\W{1,4}test/i],
    ['a variable that changes TLS', /NODE_TLS_REJECT_UNAUTHORIZED|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE/],
    [
      'a connection that believes every certificate',
      /trustServerCertificate:(!0|true)|rejectUnauthorized:(!1|false)/,
    ],
  ])('names nowhere %s', (_what, pattern) => {
    for (const [file, text] of texts) {
      const found = pattern.exec(text);
      const at = found?.index ?? 0;
      assert.equal(found?.[0], undefined, `${file}: ${text.slice(Math.max(0, at - 60), at + 60)}`);
    }
  });

  it('reads of the environment only what Azure’s own credentials are told there', () => {
    const own = inputs.filter((file) => /^(src|media)\//.test(file) && file.endsWith('.ts'));
    assert.ok(own.length > 100, `${own.length} sources seen`);
    const sources = own.map((file): [string, string] => [file, readFileSync(join(root, file), 'utf8')]);
    assert.deepEqual(
      sources
        .filter(([, text]) => /process\.env|\benv\[/.test(text))
        .map(([file]) => file)
        .sort(),
      ['src/data/credentialAdvice.ts', 'src/data/credentialFailure.ts', 'src/data/credentialKinds.ts'],
    );
    const names = sources.flatMap(([, text]) => text.match(/'(AZURE|IDENTITY|PASSWORDLESS)_[A-Z_]+'/g) ?? []);
    assert.deepEqual(
      [...new Set(names)].sort(),
      [
        'AZURE_CLIENT_CERTIFICATE_PASSWORD',
        'AZURE_CLIENT_CERTIFICATE_PATH',
        'AZURE_CLIENT_ID',
        'AZURE_CLIENT_SECRET',
        'AZURE_FEDERATED_TOKEN_FILE',
        'AZURE_PASSWORD',
        'AZURE_TENANT_ID',
        'AZURE_TOKEN_CREDENTIALS',
        'AZURE_USERNAME',
        'IDENTITY_HEADER',
      ].map((name) => `'${name}'`),
    );
  });
});

describe('the environment', () => {
  let azure: LocalAzureProcess;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    azure = await spawnLocalAzure();
  });
  afterAll(() => azure.stop());
  beforeEach(() => {
    environment = { ...process.env };
  });
  afterEach(() => {
    process.env = environment;
  });

  it('does not make a server believed whose certificate is not', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const folder = await mkdtemp(join(tmpdir(), 'other-ca-'));
    const caFile = await new CertificateAuthority().writeTo(folder);
    const door = openDoor(Object.assign(Object.create(azure) as LocalAzureProcess, { caFile }));
    try {
      assert.equal((await failure(door.rows('SELECT 1;'))).code, 'certificateNotTrusted');
    } finally {
      await door.sql.dispose();
      await rm(folder, { recursive: true });
    }
  });

  it('does not say who makes the tokens of a cloud', async () => {
    const [app] = azure.applications;
    assert.ok(app);
    process.env['AZURE_TENANT_ID'] = azure.tenant.id;
    process.env['AZURE_CLIENT_ID'] = app.appId;
    process.env['AZURE_CLIENT_SECRET'] = app.secret;
    process.env['AZURE_AUTHORITY_HOST'] = 'https://login.evil.invalid';
    const cloud = localCloud(azure);
    const { token } = await new IdentityTokenSource('environment').getToken({
      cloud,
      credential: { kind: 'environment' },
      mode: 'silent',
    });
    const [, payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    assert.deepEqual([claims['iss'], claims['appid']], [`${azure.issuer}/${azure.tenant.id}/`, app.appId]);
  });
});
