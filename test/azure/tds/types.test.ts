// Every type, both ways, through tedious: NULL, least, greatest and the awkward ones between.
import assert from 'node:assert/strict';
import { TYPES } from 'tedious';
import type { Connection, Request } from 'tedious';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { RpcParameter, SqlType, SqlValue } from '../contract.ts';
import { utf8Collation } from './collation.ts';
import { connect, query, startTestServer } from './testServer.ts';
import type { TestServer } from './testServer.ts';
import { joinVariant } from './variant.ts';

const utc = (text: string): Date => new Date(`${text}Z`);
const big = 'Zürich €uro 漢字 😀 '.repeat(40_000);
const many = Buffer.alloc(1_000_003, 7);

/** What the server sends, and what tedious must make of it. */
const toClient: [SqlType, SqlValue, unknown][] = [
  [{ name: 'bit' }, true, true],
  [{ name: 'bit' }, '0', false],
  [{ name: 'tinyint' }, 255, 255],
  [{ name: 'smallint' }, -32_768, -32_768],
  [{ name: 'int' }, -2_147_483_648, -2_147_483_648],
  [{ name: 'int' }, '2147483647', 2_147_483_647],
  [{ name: 'bigint' }, -9_223_372_036_854_775_808n, '-9223372036854775808'],
  [{ name: 'bigint' }, '9223372036854775807', '9223372036854775807'],
  [{ name: 'decimal', precision: 5, scale: 2 }, '-123.45', -123.45],
  [{ name: 'decimal', precision: 18, scale: 0 }, 7, 7],
  [{ name: 'numeric', precision: 38, scale: 10 }, '-12345.678', -12_345.678],
  [{ name: 'money' }, '-92233720368.5808', -92_233_720_368.5808],
  [{ name: 'money' }, '0.0001', 0.0001],
  [{ name: 'smallmoney' }, '214748.3647', 214_748.3647],
  [{ name: 'real' }, 0.5, 0.5],
  [{ name: 'float' }, -Number.MAX_VALUE, -Number.MAX_VALUE],
  [{ name: 'date' }, '0001-01-01', utc('0001-01-01T00:00:00')],
  [{ name: 'date' }, '9999-12-31', utc('9999-12-31T00:00:00')],
  [{ name: 'time', scale: 0 }, '23:59:59', utc('1970-01-01T23:59:59')],
  [{ name: 'time', scale: 3 }, '00:00:00.001', utc('1970-01-01T00:00:00.001')],
  [{ name: 'time', scale: 7 }, '12:34:56.7890000', utc('1970-01-01T12:34:56.789')],
  [{ name: 'datetime' }, '1753-01-01 00:00:00', utc('1753-01-01T00:00:00')],
  [{ name: 'datetime' }, '9999-12-31 23:59:59.997', utc('9999-12-31T23:59:59.997')],
  [{ name: 'datetime' }, '1900-01-01', utc('1900-01-01T00:00:00')],
  [{ name: 'smalldatetime' }, '2079-06-06 23:59:00', utc('2079-06-06T23:59:00')],
  [{ name: 'datetime2', scale: 7 }, '0001-01-01 00:00:00.0000000', utc('0001-01-01T00:00:00')],
  [{ name: 'datetime2', scale: 2 }, '2024-02-29 23:59:59.996', utc('2024-03-01T00:00:00')],
  [{ name: 'datetime2', scale: 3 }, '9999-12-31 23:59:59.999', utc('9999-12-31T23:59:59.999')],
  [{ name: 'datetimeoffset', scale: 3 }, '2024-01-01 00:30:00.250 +05:30', utc('2023-12-31T19:00:00.250')],
  [{ name: 'datetimeoffset', scale: 0 }, '2024-12-31 20:00:00 -08:00', utc('2025-01-01T04:00:00')],
  [{ name: 'char', length: 5 }, 'ab', 'ab   '],
  [{ name: 'varchar', length: 20 }, 'naïve €ž漢x', 'naïve €ž?x'],
  [{ name: 'varchar', length: -1 }, 'é'.repeat(100_000), 'é'.repeat(100_000)],
  [{ name: 'varchar', length: -1 }, '', ''],
  [{ name: 'text' }, 'old é', 'old é'],
  [{ name: 'varchar', length: 20, collation: utf8Collation }, 'naïve 漢😀', 'naïve 漢😀'],
  [{ name: 'varchar', length: -1, collation: utf8Collation }, '漢'.repeat(40_000), '漢'.repeat(40_000)],
  [{ name: 'char', length: 4, collation: utf8Collation }, '漢 ', '漢 '],
  [{ name: 'text', collation: utf8Collation }, 'old 漢', 'old 漢'],
  [{ name: 'nchar', length: 4 }, 'ü', 'ü   '],
  [{ name: 'nvarchar', length: 4000 }, '漢😀'.repeat(1333), '漢😀'.repeat(1333)],
  [{ name: 'nvarchar', length: 10 }, '', ''],
  [{ name: 'nvarchar', length: -1 }, big, big],
  [{ name: 'ntext' }, '漢', '漢'],
  [{ name: 'sysname' }, 'dbo', 'dbo'],
  [{ name: 'binary', length: 4 }, Uint8Array.of(1, 2), Buffer.of(1, 2, 0, 0)],
  [{ name: 'varbinary', length: 4 }, Uint8Array.of(), Buffer.alloc(0)],
  [{ name: 'varbinary', length: -1 }, many, many],
  [{ name: 'image' }, Uint8Array.of(9), Buffer.of(9)],
  [{ name: 'timestamp' }, Uint8Array.of(0, 0, 0, 0, 0, 0, 7, 209), Buffer.of(0, 0, 0, 0, 0, 0, 7, 209)],
  [
    { name: 'uniqueidentifier' },
    '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
    '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
  ],
  [{ name: 'xml' }, '<a>é漢</a>', '<a>é漢</a>'],
  [{ name: 'sql_variant' }, 42, 42],
  [{ name: 'sql_variant' }, joinVariant({ name: 'tinyint' }, 200), 200],
  [{ name: 'sql_variant' }, joinVariant({ name: 'smallint' }, -5), -5],
  [{ name: 'sql_variant' }, joinVariant({ name: 'decimal', precision: 10, scale: 3 }, '-12.345'), -12.345],
  [{ name: 'sql_variant' }, joinVariant({ name: 'money' }, '1.5000'), 1.5],
  [{ name: 'sql_variant' }, joinVariant({ name: 'real' }, 0.5), 0.5],
  [{ name: 'sql_variant' }, joinVariant({ name: 'bit' }, true), true],
  [{ name: 'sql_variant' }, joinVariant({ name: 'date' }, '2024-02-29'), utc('2024-02-29T00:00:00')],
  [
    { name: 'sql_variant' },
    joinVariant({ name: 'time', scale: 3 }, '23:59:59.999'),
    utc('1970-01-01T23:59:59.999'),
  ],
  [
    { name: 'sql_variant' },
    joinVariant({ name: 'datetime' }, '2024-02-29 12:00:00.997'),
    utc('2024-02-29T12:00:00.997'),
  ],
  [
    { name: 'sql_variant' },
    joinVariant({ name: 'datetime2', scale: 7 }, '2024-02-29 12:00:00.1230000'),
    utc('2024-02-29T12:00:00.123'),
  ],
  [
    { name: 'sql_variant' },
    joinVariant({ name: 'datetimeoffset', scale: 0 }, '2024-12-31 20:00:00 -08:00'),
    utc('2025-01-01T04:00:00'),
  ],
  [
    { name: 'sql_variant' },
    joinVariant({ name: 'uniqueidentifier' }, '2FF8EDF0-DCCB-4148-A649-2C1154E1E129'),
    '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
  ],
  [{ name: 'sql_variant' }, joinVariant({ name: 'varchar', length: 9 }, 'abc'), 'abc'],
  [{ name: 'sql_variant' }, joinVariant({ name: 'nchar', length: 3 }, '漢'), '漢  '],
  [{ name: 'sql_variant' }, joinVariant({ name: 'binary', length: 3 }, Uint8Array.of(9)), Buffer.of(9, 0, 0)],
  [{ name: 'sql_variant' }, 1.5, 1.5],
  [{ name: 'sql_variant' }, 'é漢', 'é漢'],
  [{ name: 'sql_variant' }, true, true],
  [{ name: 'sql_variant' }, 5_000_000_000n, '5000000000'],
  [{ name: 'sql_variant' }, Uint8Array.of(1, 2), Buffer.of(1, 2)],
];

describe('values to the client', () => {
  let fixture: TestServer;
  let connection: Connection;

  beforeAll(async () => {
    fixture = await startTestServer();
    connection = await connect(fixture.config());
  });

  afterAll(async () => {
    connection.close();
    await fixture.server.close();
  });

  for (const [type, value, expected] of toClient) {
    const shown = String(value).slice(0, 30);
    it(`${type.name}(${type.length ?? type.precision ?? ''}${type.scale === undefined ? '' : `,${type.scale}`}) ${shown}`, async () => {
      fixture.backend.execute = (_request, out) => {
        out.columns([
          { name: 'before', type: { name: 'int' }, nullable: false },
          { name: 'value', type, nullable: true },
          { name: 'after', type: { name: 'nvarchar', length: 5 }, nullable: false },
        ]);
        void out.row([1, value, 'end']);
        void out.row([2, null, 'end']);
        out.done({ kind: 'statement', rowCount: 2 });
      };
      const { rows } = await query(connection, 'SELECT');
      assert.deepEqual(
        rows.map((row) => [row[0], row[2]]),
        [
          [1, 'end'],
          [2, 'end'],
        ],
      );
      const received = rows[0]?.[1];
      if (expected instanceof Date) {
        assert.ok(received instanceof Date);
        assert.equal(received.toISOString(), expected.toISOString());
      } else {
        assert.deepEqual(received, expected);
      }
      assert.equal(rows[1]?.[1], null);
    });
  }

  it('sends rows that are all NULL, in both row forms', async () => {
    fixture.backend.execute = (_request, out) => {
      const columns = toClient.map(([type], i) => ({ name: `c${i}`, type, nullable: true }));
      out.columns(columns);
      void out.row(columns.map(() => null));
      void out.row(toClient.map(([, value], i) => (i % 9 === 0 ? null : value)));
      out.done({ kind: 'statement', rowCount: 2 });
    };
    const { rows } = await query(connection, 'SELECT');
    assert.ok(rows[0]?.every((value) => value === null));
    assert.equal(rows[1]?.filter((value) => value === null).length, Math.ceil(toClient.length / 9));
  });

  it('announces identity, computed and nullable columns', async () => {
    fixture.backend.execute = (_request, out) => {
      out.columns([
        { name: 'id', type: { name: 'int' }, nullable: false, identity: true },
        { name: 'sum', type: { name: 'int' }, nullable: true, computed: true },
      ]);
      out.done({ kind: 'statement', rowCount: 0 });
    };
    const flags: number[] = [];
    await query(connection, 'SELECT', (request) =>
      request.on('columnMetadata', (columns) => {
        for (const column of Object.values(columns)) flags.push(column.flags);
      }),
    );
    assert.deepEqual(flags, [0x10, 0x21]);
  });

  it('turns a value that does not fit its type into an error, with the stream intact', async () => {
    fixture.backend.execute = (_request, out) => {
      out.columns([{ name: 'c', type: { name: 'tinyint' }, nullable: true }]);
      void out.row([1]);
      void out.row([256]);
    };
    await assert.rejects(query(connection, 'SELECT'), /severe error/);
    fixture.backend.execute = (_request, out) => out.done({ kind: 'statement', rowCount: 0 });
    await query(connection, 'SELECT');
  });
});

type ParameterOptions = NonNullable<Parameters<Request['addParameter']>[3]>;
type TediousType = (typeof TYPES)[keyof typeof TYPES];

/** What tedious sends, and what the backend must get. */
const fromClient: [string, TediousType, unknown, ParameterOptions | undefined, SqlType, SqlValue][] = [
  ['bit', TYPES.Bit, true, undefined, { name: 'bit' }, true],
  ['tinyint', TYPES.TinyInt, 255, undefined, { name: 'tinyint' }, 255],
  ['smallint', TYPES.SmallInt, -32_768, undefined, { name: 'smallint' }, -32_768],
  ['int', TYPES.Int, -5, undefined, { name: 'int' }, -5],
  [
    'bigint',
    TYPES.BigInt,
    '-9223372036854775808',
    undefined,
    { name: 'bigint' },
    -9_223_372_036_854_775_808n,
  ],
  [
    'decimal',
    TYPES.Decimal,
    -12.345,
    { precision: 10, scale: 3 },
    { name: 'decimal', precision: 10, scale: 3 },
    '-12.345',
  ],
  [
    'numeric',
    TYPES.Numeric,
    0.05,
    { precision: 38, scale: 2 },
    { name: 'numeric', precision: 38, scale: 2 },
    '0.05',
  ],
  ['money', TYPES.Money, -1234.5678, undefined, { name: 'money' }, '-1234.5678'],
  ['smallmoney', TYPES.SmallMoney, 0.5, undefined, { name: 'smallmoney' }, '0.5000'],
  ['real', TYPES.Real, 0.1, undefined, { name: 'real' }, 0.1],
  ['float', TYPES.Float, 1e-300, undefined, { name: 'float' }, 1e-300],
  ['date', TYPES.Date, utc('2024-02-29T00:00:00'), undefined, { name: 'date' }, '2024-02-29'],
  ['date min', TYPES.Date, utc('0001-01-01T00:00:00'), undefined, { name: 'date' }, '0001-01-01'],
  [
    'time',
    TYPES.Time,
    utc('1970-01-01T23:59:59.999'),
    { scale: 3 },
    { name: 'time', scale: 3 },
    '23:59:59.999',
  ],
  [
    'datetime',
    TYPES.DateTime,
    utc('2024-01-02T03:04:05.997'),
    undefined,
    { name: 'datetime' },
    '2024-01-02 03:04:05.997',
  ],
  [
    'smalldatetime',
    TYPES.SmallDateTime,
    utc('2024-01-02T03:04:00'),
    undefined,
    { name: 'smalldatetime' },
    '2024-01-02 03:04:00',
  ],
  [
    'datetime2',
    TYPES.DateTime2,
    utc('9999-12-31T23:59:59.123'),
    { scale: 7 },
    { name: 'datetime2', scale: 7 },
    '9999-12-31 23:59:59.1230000',
  ],
  ['char', TYPES.Char, 'é€', { length: 5 }, { name: 'char', length: 5 }, 'é€'],
  ['varchar', TYPES.VarChar, "O'Brien é€", { length: 50 }, { name: 'varchar', length: 50 }, "O'Brien é€"],
  [
    'varchar max',
    TYPES.VarChar,
    'é'.repeat(9000),
    { length: Infinity },
    { name: 'varchar', length: -1 },
    'é'.repeat(9000),
  ],
  ['nchar', TYPES.NChar, '漢', { length: 3 }, { name: 'nchar', length: 3 }, '漢'],
  ['nvarchar', TYPES.NVarChar, '漢😀]', { length: 100 }, { name: 'nvarchar', length: 100 }, '漢😀]'],
  ['nvarchar max', TYPES.NVarChar, big, { length: Infinity }, { name: 'nvarchar', length: -1 }, big],
  ['nvarchar empty', TYPES.NVarChar, '', { length: 10 }, { name: 'nvarchar', length: 10 }, ''],
  ['text', TYPES.Text, 'old', undefined, { name: 'text' }, 'old'],
  ['ntext', TYPES.NText, '漢', undefined, { name: 'ntext' }, '漢'],
  [
    'binary',
    TYPES.Binary,
    Buffer.of(1, 2),
    { length: 2 },
    { name: 'binary', length: 2 },
    Uint8Array.of(1, 2),
  ],
  [
    'varbinary',
    TYPES.VarBinary,
    Buffer.of(0, 255),
    { length: 10 },
    { name: 'varbinary', length: 10 },
    Uint8Array.of(0, 255),
  ],
  [
    'varbinary max',
    TYPES.VarBinary,
    many,
    { length: Infinity },
    { name: 'varbinary', length: -1 },
    new Uint8Array(many),
  ],
  ['image', TYPES.Image, Buffer.of(3), undefined, { name: 'image' }, Uint8Array.of(3)],
  [
    'uniqueidentifier',
    TYPES.UniqueIdentifier,
    '2ff8edf0-dccb-4148-a649-2c1154e1e129',
    undefined,
    { name: 'uniqueidentifier' },
    '2FF8EDF0-DCCB-4148-A649-2C1154E1E129',
  ],
];

describe('values from the client', () => {
  let fixture: TestServer;
  let connection: Connection;

  beforeAll(async () => {
    fixture = await startTestServer();
    connection = await connect(fixture.config());
    fixture.backend.execute = (_request, out) => {
      out.returnStatus(0);
      out.done({ kind: 'procedure' });
    };
  });

  afterAll(async () => {
    connection.close();
    await fixture.server.close();
  });

  async function send(type: TediousType, value: unknown, options?: ParameterOptions): Promise<RpcParameter> {
    fixture.backend.requests.length = 0;
    await query(
      connection,
      'dbo.p',
      (request) => request.addParameter('v', type, value, options),
      (request) => connection.callProcedure(request),
    );
    const [request] = fixture.backend.requests;
    assert.ok(request?.kind === 'rpc');
    assert.equal(request.procedure, 'dbo.p');
    const [parameter] = request.parameters;
    assert.ok(parameter);
    return parameter;
  }

  for (const [title, type, value, options, expectedType, expected] of fromClient) {
    it(`takes ${title}`, async () => {
      const parameter = await send(type, value, options);
      assert.equal(parameter.name, '@v');
      assert.deepEqual(parameter.type, expectedType);
      assert.deepEqual(parameter.value, expected);
      assert.equal((await send(type, null, options)).value, null);
    });
  }

  it('datetimeoffset, with the local time of its offset', async () => {
    const parameter = await send(TYPES.DateTimeOffset, utc('2024-01-01T12:00:00.500'), { scale: 3 });
    assert.equal(parameter.value, '2024-01-01 12:00:00.500 +00:00');
  });

  it('hands output parameters and the return status back', async () => {
    fixture.backend.execute = (request, out) => {
      assert.ok(request.kind === 'rpc');
      assert.deepEqual(
        request.parameters.map((one) => one.output),
        [true, true],
      );
      out.returnStatus(7);
      out.returnValue('@n', 0, { name: 'int' }, 42);
      out.returnValue('@s', 1, { name: 'nvarchar', length: -1 }, null);
      out.done({ kind: 'procedure' });
    };
    const result = await query(
      connection,
      'dbo.p',
      (request) => {
        request.addOutputParameter('n', TYPES.Int);
        request.addOutputParameter('s', TYPES.NVarChar);
      },
      (request) => connection.callProcedure(request),
    );
    assert.deepEqual(result.outputs, { n: 42, s: null });
  });

  it('refuses a table-valued parameter with an error, not with a broken connection', async () => {
    const table = { columns: [{ name: 'a', type: TYPES.Int }], rows: [[1]] };
    await assert.rejects(send(TYPES.TVP, table), /Table-valued parameters/);
    fixture.backend.execute = (_request, out) => out.done({ kind: 'procedure' });
    await send(TYPES.Int, 1);
  });
});
