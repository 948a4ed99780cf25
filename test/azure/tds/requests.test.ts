// Requests through tedious: batches, procedures, transactions, attention, reset, bulk load, back-pressure and ordered faults.
import assert from 'node:assert/strict';
import { ISOLATION_LEVEL, Request, TYPES } from 'tedious';
import type { Connection } from 'tedious';
import { afterEach, beforeEach, describe, it } from 'vitest';
import type { ClientRequest, ResultColumn, SqlValue } from '../contract.ts';
import { SqlError } from '../contract.ts';
import type { Fault } from './faults.ts';
import { connect, query, startTestServer, until } from './testServer.ts';
import type { TestServer } from './testServer.ts';

const NUMBER: ResultColumn[] = [{ name: 'n', type: { name: 'int' }, nullable: false }];

describe('TDS requests', () => {
  let fixture: TestServer;
  let connection: Connection;
  let fault: Fault | undefined;

  beforeEach(async () => {
    fault = undefined;
    // Not for the login, nor for the SET batch that tedious sends as part of connecting.
    fixture = await startTestServer({
      faults: (one, stage) => (stage === 'login' || one.requests === 1 ? undefined : fault),
    });
    connection = await connect(fixture.config());
  });

  afterEach(async () => {
    connection.close();
    await fixture.server.close();
  });

  it('answers several statements with their own counts, and only the last one ends the message', async () => {
    fixture.backend.execute = (_request, out) => {
      for (const n of [1, 2, 3]) {
        out.columns(NUMBER);
        void out.row([n]);
        out.done({ kind: 'statement', rowCount: 1 });
      }
      out.message({ number: 0, state: 1, class: 0, message: 'printed', line: 4 });
      out.done({ kind: 'statement' });
    };
    const done: unknown[] = [];
    const infos: string[] = [];
    connection.on('infoMessage', (token) => infos.push(`${token.lineNumber}: ${token.message}`));
    const result = await query(connection, 'four statements', (request) =>
      request.on('done', (rowCount, more) => done.push([rowCount, more])),
    );
    assert.deepEqual(result.rows, [[1], [2], [3]]);
    assert.deepEqual(done, [
      [1, true],
      [1, true],
      [1, true],
      [undefined, false],
    ]);
    assert.deepEqual(infos, ['4: printed']);
  });

  it('tells the order of a result, and only where there is one', async () => {
    fixture.backend.execute = (_request, out) => {
      const columns = ['a', 'b', 'c'].map(
        (name) => ({ name, type: { name: 'int' }, nullable: false }) as const,
      );
      for (const order of [[3, 1], []]) {
        out.columns([...columns], order);
        void out.row([1, 2, 3]);
        out.done({ kind: 'statement', rowCount: 1 });
      }
    };
    const orders: number[][] = [];
    const result = await query(connection, 'SELECT a, b, c FROM t ORDER BY c, a', (request) =>
      request.on('order', (columns) => orders.push(columns)),
    );
    assert.deepEqual(result.rows, [
      [1, 2, 3],
      [1, 2, 3],
    ]);
    assert.deepEqual(orders, [[3, 1]]);
  });

  it('hands over what was flushed while the request goes on', async () => {
    let goOn = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    fixture.backend.execute = async (_request, out) => {
      out.columns(NUMBER);
      void out.row([1]);
      out.done({ kind: 'statement', rowCount: 1 });
      out.message({ number: 50_000, state: 1, class: 0, message: 'half', line: 1 });
      out.flush?.();
      // Only the message's arrival ends the request.
      await gate;
      out.columns(NUMBER);
      void out.row([2]);
      out.done({ kind: 'statement', rowCount: 1 });
    };
    connection.on('infoMessage', (token) => {
      if (token.message === 'half') goOn();
    });
    assert.deepEqual((await query(connection, 'halves')).rows, [[1], [2]]);
  });

  it('sends errors with number, state, class, line and procedure, and goes on', async () => {
    const detail = { number: 2627, state: 2, class: 14, message: 'Violation', procedure: 'dbo.p', line: 7 };
    fixture.backend.execute = () => {
      throw new SqlError(detail, [{ number: 3621, state: 0, class: 0, message: 'terminated', line: 1 }]);
    };
    const failure: unknown = await query(connection, 'INSERT').catch((error: unknown) => error);
    assert.ok(failure instanceof Error && 'number' in failure);
    const {
      number,
      state,
      class: severity,
      message,
      procName,
      lineNumber,
    } = failure as Error & Record<string, unknown>;
    assert.deepEqual(
      { number, state, class: severity, message, procedure: procName, line: lineNumber },
      detail,
    );
    fixture.backend.execute = (_request, out) => out.done({ kind: 'statement', rowCount: 5 });
    assert.equal((await query(connection, 'UPDATE')).rowCount, 5);
  });

  it('carries a batch of several megabytes', async () => {
    const text = `SELECT N'${'漢x'.repeat(2_000_000)}'`;
    await query(connection, text);
    assert.deepEqual(fixture.backend.requests, [{ kind: 'batch', text }]);
  });

  it('knows sp_executesql, sp_prepare, sp_execute and sp_unprepare by number', async () => {
    fixture.backend.execute = (request, out) => {
      assert.ok(request.kind === 'rpc');
      out.returnStatus(0);
      if (request.procedure === 'sp_prepare') out.returnValue('@handle', 0, { name: 'int' }, 17);
      out.done({ kind: 'procedure' });
    };
    await query(
      connection,
      'SELECT @a',
      (request) => request.addParameter('a', TYPES.Int, 1),
      (request) => connection.execSql(request),
    );
    const prepared = new Request('SELECT @a', () => undefined);
    prepared.addParameter('a', TYPES.Int, undefined);
    await new Promise((resolve) => {
      prepared.once('prepared', resolve);
      connection.prepare(prepared);
    });
    await new Promise<void>((resolve) => {
      prepared.on('requestCompleted', () => resolve());
      connection.execute(prepared, { a: 5 });
    });
    await new Promise<void>((resolve) => {
      prepared.on('requestCompleted', () => resolve());
      connection.unprepare(prepared);
    });
    const calls = fixture.backend.requests.map((request) =>
      request.kind === 'rpc' ? [request.procedure, ...request.parameters.map((one) => one.value)] : [],
    );
    assert.deepEqual(calls, [
      ['sp_executesql', 'SELECT @a', '@a int', 1],
      ['sp_prepare', null, '@a int', 'SELECT @a'],
      ['sp_execute', 17, 5],
      ['sp_unprepare', 17],
    ]);
  });

  /** Follows the transaction requests as an engine would. */
  function transactional(): void {
    fixture.backend.execute = (request, out) => {
      if (request.kind === 'transaction') {
        if (request.request === 'begin') out.environment({ type: 'beginTransaction' });
        if (request.request === 'commit') out.environment({ type: 'commitTransaction' });
        if (request.request === 'rollback' && request.name !== 'here')
          out.environment({ type: 'rollbackTransaction' });
      }
      out.done({ kind: 'statement' });
    };
  }

  const step = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())));

  it('runs transactions with isolation level, savepoints and names', async () => {
    transactional();
    await step((done) => connection.beginTransaction(done, 'outer', ISOLATION_LEVEL.SERIALIZABLE));
    assert.equal(fixture.server.connections[0]?.inTransaction, true);
    await query(connection, 'SELECT 1');
    await step((done) => connection.saveTransaction(done, 'here'));
    await step((done) => connection.rollbackTransaction(done, 'here'));
    assert.equal(fixture.server.connections[0]?.inTransaction, true);
    await step((done) => connection.commitTransaction(done, 'outer'));
    assert.equal(fixture.server.connections[0]?.inTransaction, false);
    await step((done) => connection.beginTransaction(done, '', ISOLATION_LEVEL.NO_CHANGE));
    await step((done) => connection.rollbackTransaction(done));
    const wanted: ClientRequest[] = [
      { kind: 'transaction', request: 'begin', name: 'outer', isolation: 4, beginNext: false },
      { kind: 'batch', text: 'SELECT 1' },
      { kind: 'transaction', request: 'save', name: 'here', beginNext: false },
      { kind: 'transaction', request: 'rollback', name: 'here', beginNext: false },
      { kind: 'transaction', request: 'commit', name: 'outer', beginNext: false },
      { kind: 'transaction', request: 'begin', name: '', beginNext: false },
      { kind: 'transaction', request: 'rollback', name: '', beginNext: false },
    ];
    assert.deepEqual(fixture.backend.requests, wanted);
  });

  it('stops a running statement at the attention and keeps the connection', async () => {
    let aborted = false;
    fixture.backend.execute = (_request, out, signal) => {
      out.columns(NUMBER);
      void out.row([1]);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          void out.row([2]);
          resolve();
        });
      });
    };
    const request = new Request('WAITFOR', () => undefined);
    const ended = new Promise<unknown>((resolve) => {
      request.callback = resolve;
    });
    connection.execSqlBatch(request);
    await until(() => fixture.server.connections[0]?.executing === true);
    connection.cancel();
    const error = await ended;
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'ECANCEL');
    assert.equal(aborted, true);
    fixture.backend.execute = (_request, out) => out.done({ kind: 'statement', rowCount: 3 });
    assert.equal((await query(connection, 'SELECT 1')).rowCount, 3);
  });

  it('stops a client that does not read from filling memory, and an attention frees the backend', async () => {
    const LIMIT = 64 * 1024 * 1024;
    let sent = 0;
    let waits = 0;
    fixture.backend.execute = async (_request, out, signal) => {
      out.columns([{ name: 'c', type: { name: 'nvarchar', length: 4000 }, nullable: false }]);
      const value = 'x'.repeat(4000);
      while (!signal.aborted && sent < LIMIT) {
        sent += 8000;
        const wait = out.row([value]);
        if (wait) {
          waits += 1;
          await wait;
        }
      }
      out.done({ kind: 'statement' });
    };
    const request = new Request('SELECT everything', () => undefined);
    const ended = new Promise<unknown>((resolve) => {
      request.callback = resolve;
    });
    request.once('row', () => request.pause());
    connection.execSqlBatch(request);
    // Once nothing moves any more, what was sent is what fits between the two: socket buffers, not the whole result.
    const progress = [-1];
    while (progress.at(-1) !== progress.at(-2)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      progress.push(sent);
    }
    assert.ok(sent < LIMIT, `${sent} bytes for a client that reads nothing`);
    assert.ok(waits > 0);
    connection.cancel();
    assert.ok((await ended) instanceof Error);
  });

  it('acknowledges an attention that comes after the answer', async () => {
    // The answer is on its way when the client cancels: tedious sends the attention on its first row.
    fixture.backend.execute = (_request, out) => {
      out.columns(NUMBER);
      for (let n = 0; n < 20_000; n++) void out.row([n]);
      out.done({ kind: 'statement', rowCount: 20_000 });
    };
    for (let round = 0; round < 20; round++) {
      await assert.rejects(
        query(connection, 'SELECT', (request) => request.once('row', () => connection.cancel())),
        /Canceled/,
      );
    }
    assert.equal((await query(connection, 'SELECT')).rows.length, 20_000);
  });

  it('resets the session when the client says so', async () => {
    transactional();
    await step((done) => connection.beginTransaction(done));
    let resets = 0;
    connection.on('resetConnection', () => (resets += 1));
    await step((done) => connection.reset((error) => done(error)));
    assert.deepEqual(fixture.backend.resets, [false]);
    assert.equal(fixture.server.connections[0]?.inTransaction, false);
    assert.equal(resets, 1);
  });

  async function bulk(): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const load = connection.newBulkLoad('dbo.t', (error, rowCount) =>
        error ? reject(error) : resolve(rowCount),
      );
      load.addColumn('id', TYPES.Int, { nullable: false });
      load.addColumn('name', TYPES.NVarChar, { length: 50, nullable: true });
      load.addColumn('long', TYPES.VarChar, { length: Infinity, nullable: true });
      connection.execBulkLoad(load, [
        [1, 'ä', 'x'.repeat(10_000)],
        [2, null, null],
      ]);
    });
  }

  it('takes bulk load rows when the backend can', async () => {
    connection.close();
    const rows: SqlValue[][] = [];
    const names: string[] = [];
    fixture.backend.execute = (_request, out) => out.done({ kind: 'statement' });
    fixture.backend.bulk = (load, out) => {
      names.push(...load.columns.map((column) => column.name));
      rows.push(...load.rows);
      out.done({ kind: 'statement', rowCount: rows.length });
      return Promise.resolve();
    };
    connection = await connect(fixture.config());
    assert.equal(await bulk(), 2);
    assert.deepEqual(names, ['id', 'name', 'long']);
    assert.deepEqual(rows, [
      [1, 'ä', 'x'.repeat(10_000)],
      [2, null, null],
    ]);
  });

  it('refuses bulk load rows when the backend cannot', async () => {
    fixture.backend.execute = (_request, out) => out.done({ kind: 'statement' });
    await assert.rejects(bulk(), /is not supported in this version/);
    fixture.backend.execute = (_request, out) => out.done({ kind: 'statement', rowCount: 1 });
    assert.equal((await query(connection, 'SELECT')).rowCount, 1);
  });

  it('sends rows that were encoded before', async () => {
    fixture.backend.execute = async (_request, out) => {
      out.columns(NUMBER);
      const two = Buffer.concat([out.encodeRow(NUMBER, [1]), out.encodeRow(NUMBER, [2])]);
      for (let i = 0; i < 10_000; i++) await out.encodedRows(two, 2);
      out.done({ kind: 'statement', rowCount: 20_000 });
    };
    const { rows } = await query(connection, 'SELECT');
    assert.equal(rows.length, 20_000);
    assert.deepEqual(rows.slice(-2), [[1], [2]]);
  });

  for (const packetSize of [512, 4096, 16_383]) {
    it(`keeps to packets of ${packetSize} bytes`, async () => {
      connection.close();
      connection = await connect(fixture.config({}, { packetSize }));
      fixture.backend.execute = (_request, out) => {
        out.columns([{ name: 's', type: { name: 'varchar', length: -1 }, nullable: false }]);
        for (let n = 0; n < 40; n++) void out.row(['y'.repeat(n * 137)]);
        out.done({ kind: 'statement', rowCount: 40 });
      };
      const { rows } = await query(connection, 'SELECT');
      assert.deepEqual(
        rows.map((row) => String(row[0]).length),
        [...Array(40).keys()].map((n) => n * 137),
      );
    });
  }

  describe('faults', () => {
    const manyRows = (): void => {
      fixture.backend.execute = async (_request, out) => {
        out.columns(NUMBER);
        for (let n = 0; n < 100_000; n++) await out.row([n]);
        out.done({ kind: 'statement', rowCount: 100_000 });
      };
    };

    it('cuts before the reply, without executing', async () => {
      for (const how of ['fin', 'rst'] as const) {
        fault = { dropBeforeReply: how };
        await assert.rejects(query(connection, 'SELECT'), /socket|ECONNRESET|hang up|Connection lost/i);
        assert.deepEqual(fixture.backend.requests, []);
        connection = await connect(fixture.config());
      }
    });

    it('cuts after execution, before the first byte of the answer', async () => {
      fault = { dropAfterExecution: 'rst' };
      await assert.rejects(query(connection, 'INSERT'));
      assert.equal(fixture.backend.requests.length, 1);
    });

    it('cuts in the middle of rows, by rows and by bytes', async () => {
      manyRows();
      for (const one of [{ dropAfterRows: 50_000 }, { dropAfterBytes: 100_000 }]) {
        fault = one;
        await assert.rejects(query(connection, 'SELECT'));
        await until(() => fixture.server.connections.length === 0);
        connection = await connect(fixture.config());
      }
    });

    it('delivers exactly the rows before the cut', async () => {
      manyRows();
      fault = { dropAfterRows: 3 };
      let rows = 0;
      await assert.rejects(query(connection, 'SELECT', (request) => request.on('row', () => (rows += 1))));
      assert.equal(rows, 3);
    });

    it('stops answering with the connection left open', async () => {
      fault = { halfOpen: true };
      connection.close();
      connection = await connect(fixture.config({}, { requestTimeout: 200, cancelTimeout: 200 }));
      await assert.rejects(query(connection, 'SELECT'), /Timeout|cancel/i);
      assert.ok(fixture.server.connections.length > 0);
    });

    it('delivers in pieces of any size', async () => {
      manyRows();
      fault = { splitEvery: 777, delayMs: 1 };
      assert.equal((await query(connection, 'SELECT')).rows.length, 100_000);
      fixture.backend.execute = (_request, out) => {
        out.columns(NUMBER);
        for (let n = 0; n < 50; n++) void out.row([n]);
        out.done({ kind: 'statement', rowCount: 50 });
      };
      fault = { splitEvery: 1 };
      assert.equal((await query(connection, 'SELECT')).rows.length, 50);
    });
  });
});
