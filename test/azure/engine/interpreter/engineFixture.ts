// For the engine's own tests: a cluster, a database, sessions of somebody who may do everything, and answers as plain data.
import type {
  BulkLoad,
  ClientRequest,
  ResponseWriter,
  ResultColumn,
  SqlMessage,
  SqlType,
  SqlValue,
} from '../../contract.ts';
import { EngineBackend } from '../backend.ts';
import type { EngineBackendOptions } from '../backend.ts';
import { Cluster } from '../postgres/cluster.ts';
import type { Authorization } from '../session.ts';
import type { BackendSession } from '../../contract.ts';

export interface Answer {
  results: { columns: ResultColumn[]; rows: SqlValue[][]; order?: readonly number[] }[];
  messages: SqlMessage[];
  /** Row counts of the DONEs that had one. */
  counts: (number | bigint)[];
  errors: SqlMessage[];
  status: number | undefined;
  returned: Record<string, SqlValue>;
  environment: string[];
  /** How many messages and errors there were each time the rest was not waited for. */
  flushed: number[];
}

/** An owner of the database, and nobody asks further. */
export const everythingAllowed: Authorization = {
  login: () =>
    Promise.resolve({
      originalLogin: 'tester',
      loginName: 'tester',
      userName: 'dbo',
      userId: 1,
      defaultSchema: 'dbo',
    }),
  check: () => Promise.resolve(),
  executeDcl: () => Promise.resolve(),
  executeAs: (context) => Promise.resolve(context),
  revert: (context) => context,
  scalar: (name, _args, context) => Promise.resolve(name === 'user_name' ? context.userName : null),
};

export class EngineFixture {
  readonly cluster: Cluster;
  readonly backend: EngineBackend;

  private constructor(cluster: Cluster, backend: EngineBackend) {
    this.cluster = cluster;
    this.backend = backend;
  }

  static async start(options: Partial<EngineBackendOptions> = {}): Promise<EngineFixture> {
    const cluster = await Cluster.start();
    await cluster.createDatabase('app');
    const backend = new EngineBackend({
      cluster,
      authorization: everythingAllowed,
      serverName: 'local',
      ...options,
    });
    return new EngineFixture(cluster, backend);
  }

  async open(database = 'app'): Promise<TestSession> {
    const { session } = await this.backend.open({
      database,
      caller: { kind: 'sql', user: 'tester', password: '' },
      applicationName: 'test',
      hostName: 'host',
      serverName: 'local',
      language: '',
      readOnlyIntent: false,
      clientAddress: '127.0.0.1',
    });
    return new TestSession(session);
  }

  async stop(): Promise<void> {
    await this.backend.close();
    await this.cluster.stop();
  }
}

export class TestSession {
  readonly session: BackendSession;

  constructor(session: BackendSession) {
    this.session = session;
  }

  run(text: string, signal?: AbortSignal): Promise<Answer> {
    return this.send({ kind: 'batch', text }, signal);
  }

  call(
    procedure: string,
    parameters: { name?: string; type: SqlType; value: SqlValue; output?: boolean }[],
  ): Promise<Answer> {
    return this.send({
      kind: 'rpc',
      procedure,
      noMetadata: false,
      parameters: parameters.map(({ name, type, value, output }) => ({
        name: name ?? '',
        type,
        value,
        output: output ?? false,
        useDefault: false,
      })),
    });
  }

  send(request: ClientRequest, signal = new AbortController().signal): Promise<Answer> {
    return gather((out) => this.session.execute(request, out, signal));
  }

  /** The rows after INSERT BULK. */
  bulk(load: BulkLoad): Promise<Answer> {
    return gather(async (out) => {
      await this.session.bulk?.(load, out, new AbortController().signal);
    });
  }
}

/** What `work` answers. */
async function gather(work: (out: ResponseWriter) => Promise<void>): Promise<Answer> {
  const answer: Answer = {
    results: [],
    messages: [],
    counts: [],
    errors: [],
    status: undefined,
    returned: {},
    environment: [],
    flushed: [],
  };
  const out: ResponseWriter = {
    columns: (columns, order = []) => {
      answer.results.push({ columns, rows: [], ...(order.length > 0 ? { order } : {}) });
    },
    row: (values) => {
      answer.results.at(-1)?.rows.push(values);
      return undefined;
    },
    encodedRows: (_tokens, count) => {
      for (let i = 0; i < count; i++) answer.results.at(-1)?.rows.push(['encoded']);
      return undefined;
    },
    done: ({ rowCount }) => {
      if (rowCount !== undefined) answer.counts.push(rowCount);
    },
    message: (message) => {
      (message.class > 10 ? answer.errors : answer.messages).push(message);
    },
    flush: () => {
      answer.flushed.push(answer.messages.length + answer.errors.length);
    },
    returnStatus: (value) => {
      answer.status = value;
    },
    returnValue: (name, _ordinal, _type, value) => {
      answer.returned[name] = value;
    },
    environment: ({ type }) => {
      answer.environment.push(type);
    },
    encodeRow: () => new Uint8Array(1),
  };
  await work(out);
  return answer;
}

/** `name type[(…)] [not null]`, as the tests write it. */
export function showColumn({ name, type, nullable }: ResultColumn): string {
  const size =
    type.length !== undefined
      ? `(${type.length === -1 ? 'max' : String(type.length)})`
      : type.precision !== undefined
        ? `(${String(type.precision)},${String(type.scale ?? 0)})`
        : type.scale !== undefined
          ? `(${String(type.scale)})`
          : '';
  return `${name} ${type.name}${size}${nullable ? '' : ' not null'}`.trim();
}
