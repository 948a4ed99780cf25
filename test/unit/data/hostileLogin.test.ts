// A server that plays tricks with the login gets no token, neither when it is only asked for its tenant nor when somebody logs in.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'vitest';
import { audience, cloud, failure, startFixture, tenant } from './fakeServer.ts';
import { failed, fedAuthInfo, loginAck, routing, scriptedLogin } from './scriptedLogin.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

const sts = `${cloud.authority}/${tenant}`;
const honest = fedAuthInfo(sts, `${audience}/`);
const graph = fedAuthInfo(sts, 'https://graph.microsoft.com/');

const tricks: readonly (readonly [string, Buffer, { more?: Buffer; code: string }])[] = [
  ['asks for nothing and fails', failed, { code: 'loginRejected' }],
  [
    'asks twice, the second time for another audience',
    Buffer.concat([honest, graph]),
    { code: 'hostNotConfirmed' },
  ],
  [
    'asks twice, the first time for another audience',
    Buffer.concat([graph, honest]),
    { code: 'hostNotConfirmed' },
  ],
  ['asks twice for the same', Buffer.concat([honest, honest]), { code: 'hostNotConfirmed' }],
  [
    'names a place to sign in of a million characters',
    fedAuthInfo(`${sts}/${'x'.repeat(1e6)}`, `${audience}/`),
    { code: 'hostNotConfirmed' },
  ],
  [
    'never ends what it has to say',
    fedAuthInfo(sts, `${audience}/`, 0x7f_ff_ff_ff),
    { more: Buffer.alloc(40_000), code: 'hostNotConfirmed' },
  ],
  [
    'says that it has more to say than it has',
    fedAuthInfo(sts, `${audience}/`, 100_000),
    { code: 'loginRejected' },
  ],
  [
    'counts four thousand million things it wants',
    Buffer.from([0xee, 4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    { code: 'connectionLost' },
  ],
  [
    'names our sign-in at another port',
    fedAuthInfo(`${cloud.authority}:8443/${tenant}`, `${audience}/`),
    { code: 'hostNotConfirmed' },
  ],
  [
    'sends the login elsewhere before it asks',
    Buffer.concat([routing('evil.example', 1433), loginAck()]),
    { code: 'hostNotConfirmed' },
  ],
  [
    'sends the login to something that is no name',
    Buffer.concat([routing('a b', 1433), loginAck()]),
    { code: 'hostNotConfirmed' },
  ],
];

for (const [what, credential] of [
  ['asked for its tenant', { kind: 'vscode' as const }],
  ['logged in to', { kind: 'vscode' as const, tenant }],
] as const) {
  describe(`a server that is ${what} gets no token`, () => {
    for (const [trick, reply, { more, code }] of tricks) {
      it(`when it ${trick}`, async () => {
        const server = await scriptedLogin(reply, more);
        const fixture = await startFixture({
          profile: { port: server.port, encryption: 'strict', credential },
        });
        ends.push(
          () => fixture.end(),
          () => server.close(),
        );
        const error = await failure(
          fixture.sql.query(fixture.profile, { text: 'SELECT 1;' }, { gesture: true }),
        );
        assert.equal(error.code, code, error.message);
        assert.ok(error.message.length < 500);
        assert.ok(server.seen.logins > 0);
        assert.equal(server.seen.tokens, 0);
      });
    }
  });
}
