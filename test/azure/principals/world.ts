// For tests: the engine with its principals and a directory, and sessions of anybody in it.
import assert from 'node:assert/strict';
import { SqlError, type Backend, type SqlMessage } from '../contract.ts';
import type { Directory } from '../entra/directory.ts';
import { contoso, createSampleDirectory } from '../entra/sampleDirectory.ts';
import { isSubject } from '../entra/tokens.ts';
import { TestSession, type Answer } from '../engine/interpreter/engineFixture.ts';
import { openEngine } from '../openEngine.ts';
import type { RunningBackend } from '../openUpstream.ts';
import type { LogicalServer } from './dcl.ts';

export class World {
  readonly directory: Directory;
  readonly server: LogicalServer;
  readonly #engine: RunningBackend;
  readonly #sessions = new Map<string, TestSession>();

  private constructor(directory: Directory, server: LogicalServer, engine: RunningBackend) {
    this.directory = directory;
    this.server = server;
    this.#engine = engine;
  }

  /** With the database appdb, whose owner ada@contoso.example is. */
  static async start(): Promise<World> {
    const directory = createSampleDirectory();
    const server = { directoryReaders: false, admin: directory.find('ada@contoso.example')?.id };
    const engine = await openEngine({
      databases: ['appdb'],
      serverName: 'local',
      principals: {
        directory,
        server,
        tenant: contoso.id,
        sqlLogin: { user: 'sqladmin', password: 'right' },
        sqlLoginImpersonates: false,
      },
    });
    return new World(directory, server, engine);
  }

  async stop(): Promise<void> {
    await this.#engine.stop();
  }

  get backend(): Backend {
    return this.#engine.backend;
  }

  /** A new session; the groups in its token are those of now. @throws SqlError 18456 … */
  async login(name: string): Promise<TestSession> {
    const subject = this.directory.find(name);
    assert.ok(isSubject(subject), `nobody is called ${name}`);
    const claims = {
      aud: '',
      tid: contoso.id,
      oid: subject.id,
      exp: 0,
      groups: this.directory.groupsOf(subject.id),
      ...(subject.kind === 'user'
        ? { upn: subject.upn, idtyp: 'user' as const }
        : { appid: subject.appId, idtyp: 'app' as const }),
    };
    const { session } = await this.backend.open({
      database: 'appdb',
      caller: { kind: 'entra', claims },
      applicationName: 'test',
      hostName: 'host',
      serverName: 'local',
      language: '',
      readOnlyIntent: false,
      clientAddress: '127.0.0.1',
    });
    return new TestSession(session);
  }

  /** What a statement answers to somebody, in one session each. */
  async run(name: string, text: string): Promise<Answer> {
    const session = this.#sessions.get(name) ?? (await this.login(name));
    this.#sessions.set(name, session);
    return await session.run(text);
  }

  /** The batches of the server's administrator, one a line, which must succeed. */
  async admin(...batches: string[]): Promise<void> {
    for (const text of batches) {
      assert.deepEqual((await this.run('ada@contoso.example', text)).errors, [], text);
    }
  }

  /** Numbers of the errors. */
  async errors(name: string, text: string): Promise<number[]> {
    return (await this.run(name, text)).errors.map(({ number }) => number);
  }

  /** "229/14/5: The SELECT permission …" of the first error. */
  async refusal(name: string, text: string): Promise<string | undefined> {
    const [error] = (await this.run(name, text)).errors;
    return error === undefined ? undefined : shown(error);
  }

  async rows(name: string, text: string): Promise<unknown[][]> {
    const { errors, results } = await this.run(name, text);
    assert.deepEqual(errors, [], text);
    return results.at(-1)?.rows ?? [];
  }

  /** The number of the error that a login ends in; 0: none. */
  async entering(name: string): Promise<number> {
    try {
      await (await this.login(name)).session.close();
      return 0;
    } catch (error) {
      if (error instanceof SqlError) return error.detail.number;
      throw error;
    }
  }
}

export const shown = ({ number, class: severity, state, message }: SqlMessage): string =>
  `${number}/${severity}/${state}: ${message}`;
