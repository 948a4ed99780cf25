// How much of what a server says about sign-in is believed.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { builtInClouds, type Cloud } from '../../../src/core/cloud.ts';
import { believedTenant } from '../../../src/core/fedAuthInfo.ts';

const tenant = '2ff8edf0-dccb-4148-a649-2c1154e1e129';
const cloud = (id: string): Cloud => {
  const found = builtInClouds.find((one) => one.id === id);
  assert.ok(found);
  return found;
};
const spn = 'https://database.windows.net/';
const ask = (info: { stsUrl?: string; spn?: string }, id = 'public'): string | undefined =>
  believedTenant({ stsUrl: info.stsUrl, spn: info.spn }, cloud(id), 's.database.windows.net');

describe('what a server says about sign-in', () => {
  for (const host of ['login.microsoftonline.com', 'login.windows.net', 'sts.windows.net']) {
    it(`gives its tenant at ${host}`, () => {
      assert.equal(ask({ spn, stsUrl: `https://${host}/${tenant.toUpperCase()}` }), tenant);
    });
  }

  it('gives the tenant of the other clouds', () => {
    assert.equal(
      ask(
        { spn: 'https://database.usgovcloudapi.net/', stsUrl: `https://login.microsoftonline.us/${tenant}/` },
        'usgov',
      ),
      tenant,
    );
    assert.equal(
      ask(
        { spn: 'https://database.chinacloudapi.cn', stsUrl: `https://login.chinacloudapi.cn/${tenant}` },
        'china',
      ),
      tenant,
    );
  });

  it('gives none when it names none by id', () => {
    for (const path of ['', '/', '/common', '/organizations/', '/contoso.example']) {
      assert.equal(ask({ spn, stsUrl: `https://login.windows.net${path}` }), undefined);
    }
  });

  for (const stsUrl of [
    undefined,
    '',
    'nonsense',
    `http://login.windows.net/${tenant}`,
    `https://login.windows.net.evil.example/${tenant}`,
    `https://evil.example/login.windows.net/${tenant}`,
    `https://login.windows.net@evil.example/${tenant}`,
    `https://user@login.windows.net/${tenant}`,
    `https://login.windows.net:8443/${tenant}`,
    `https://login.microsoftonline.us/${tenant}`,
    `https://xn--lgin-windows-net/${tenant}`,
  ]) {
    it(`stops everything for ${stsUrl}`, () => {
      assert.throws(() => ask({ spn, ...(stsUrl === undefined ? {} : { stsUrl }) }), {
        code: 'hostNotConfirmed',
        message: /was not sent/,
      });
    });
  }

  for (const other of [
    undefined,
    '',
    'https://graph.microsoft.com/',
    'https://database.usgovcloudapi.net/',
    `${spn}x`,
  ]) {
    it(`stops everything for the SPN ${other}`, () => {
      const stsUrl = `https://login.windows.net/${tenant}`;
      assert.throws(() => ask({ stsUrl, ...(other === undefined ? {} : { spn: other }) }), {
        code: 'hostNotConfirmed',
        message: /was not sent/,
      });
    });
  }

  it('puts nothing into a message that is long or breaks lines', () => {
    assert.throws(
      () => ask({ spn: `${'x'.repeat(5000)}\n\u202e`, stsUrl: 'https://login.windows.net/' }),
      (error: Error) => error.message.length < 500 && !/[\n\u202e]/.test(error.message),
    );
  });
});
