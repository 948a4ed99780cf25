import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import { IdentityTokenSource } from '../../../src/data/credentialSources.ts';
import { cloud, jwt, tenant } from './fakeServer.ts';

let folder = '';
let environment: NodeJS.ProcessEnv = {};
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'credential-test-'));
  environment = { ...process.env };
});
afterEach(() => {
  server?.close();
  server = undefined;
  process.env = environment;
  rmSync(folder, { recursive: true });
});

/** A stand-in for `az` on the PATH; `script` is shell. */
function fakeAz(script: string): void {
  const file = join(folder, 'az');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  process.env['PATH'] = `${folder}${delimiter}${process.env['PATH'] ?? ''}`;
}

describe.skipIf(process.platform === 'win32')('Azure CLI', () => {
  it('asks for the audience of our own cloud and the chosen tenant', async () => {
    const token = jwt();
    fakeAz(
      `echo "$@" > ${folder}/asked; echo '{"accessToken":"${token}","expires_on":${Math.floor(Date.now() / 1000) + 3600}}'`,
    );
    const source = new IdentityTokenSource('azureCli');
    assert.equal(
      (await source.getToken({ cloud, credential: { kind: 'azureCli', tenant }, mode: 'silent' })).token,
      token,
    );
    const asked = readFileSync(join(folder, 'asked'), 'utf8');
    assert.match(asked, /account get-access-token --output json --resource https:\/\/database\.localhost/);
    assert.match(asked, new RegExp(`--tenant ${tenant}`));
  });

  it('says what to run when nobody is signed in', async () => {
    fakeAz(`echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    const error = await new IdentityTokenSource('azureCli')
      .getToken({ cloud, credential: { kind: 'azureCli', tenant: 'contoso.example' }, mode: 'silent' })
      .catch((failure: unknown) => failure);
    assert.ok(isAppError(error, 'credentialUnavailable'), String(error));
    assert.match(error.message, /az login --tenant contoso\.example/);
  });

  it('repeats no token in what it says', async () => {
    const token = jwt();
    fakeAz(`echo "ERROR: bad token ${token}" >&2; exit 1`);
    const error = await new IdentityTokenSource('azureCli')
      .getToken({ cloud, credential: { kind: 'azureCli' }, mode: 'silent' })
      .catch((failure: unknown) => failure);
    assert.ok(isAppError(error, 'credentialUnavailable'));
    assert.ok(!error.message.includes(token.split('.')[1] ?? 'x'));
  });

  it('ends when the caller gives up', async () => {
    // It ends when this test's folder goes, and is never waited for.
    fakeAz(`while [ -d ${folder} ]; do sleep 0.1; done`);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    await assert.rejects(
      new IdentityTokenSource('azureCli').getToken({
        cloud,
        credential: { kind: 'azureCli' },
        mode: 'silent',
        signal: abort.signal,
      }),
      { code: 'cancelled' },
    );
  });
});

describe('managed identity', () => {
  it('asks the endpoint of App Service for the user-assigned identity', async () => {
    const token = jwt();
    const asked: string[] = [];
    server = createServer((request, response) => {
      asked.push(`${request.url} ${String(request.headers['x-identity-header'])}`);
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ access_token: token, expires_on: String(Math.floor(Date.now() / 1000) + 3600) }),
      );
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    process.env['IDENTITY_ENDPOINT'] = `http://127.0.0.1:${port}/msi/token`;
    process.env['IDENTITY_HEADER'] = 'secret-header';
    const clientId = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
    assert.equal(
      (
        await new IdentityTokenSource('managedIdentity').getToken({
          cloud,
          credential: { kind: 'managedIdentity', clientId },
          mode: 'silent',
        })
      ).token,
      token,
    );
    assert.match(asked[0] ?? '', /resource=https%3A%2F%2Fdatabase\.localhost/);
    assert.match(asked[0] ?? '', new RegExp(clientId));
    assert.match(asked[0] ?? '', /secret-header$/);
  });
});

describe('VisualStudioCodeCredential', () => {
  it('says why it is unavailable and what to choose instead', async () => {
    const error = await new IdentityTokenSource('visualStudioCode')
      .getToken({ cloud, credential: { kind: 'visualStudioCode' }, mode: 'silent' })
      .catch((failure: unknown) => failure);
    assert.ok(isAppError(error, 'credentialUnavailable'), String(error));
    assert.match(error.message, /@azure\/identity-vscode.*VS Code account/);
  });
});
