// What appdb holds at start: T-SQL that runs through the backend as the server's Entra admin, like anybody's.
import type { Backend, Caller, ResponseWriter, SqlMessage } from './contract.ts';

const firstNames = (
  'Ada Grace Linus Barbara Edsger Frances Donald Margaret Alan Radia Niklaus Shafi Tony Hedy Kathleen Dennis Jean Leslie ' +
  'Adele Ken Evelyn Bjarne Lynn Guido Sophie Butler Carol Vint Karen Brian Zoë José Søren Jürgen Renée Björk'
).split(' ');
const lastNames = (
  "Lovelace Hopper Liskov Dijkstra Allen Knuth Hamilton Turing Perlman Wirth Goldwasser Hoare Lamarr Booth Ritchie O'Brien " +
  'Lamport Goldberg Thompson Boyd Conway Wilson Lampson Shaw Cerf Jones Kernighan Müller Nuñez Ångström Çelik'
).split(' ');

const literal = (text: string | undefined, national = false): string =>
  text === undefined ? 'NULL' : `${national ? 'N' : ''}'${text.replaceAll("'", "''")}'`;

/** `count` people; every eleventh has no last name. The same in every run. */
function people(count: number): { first: string; last: string | undefined }[] {
  return Array.from({ length: count }, (_, index) => ({
    first: firstNames[(index * 7) % firstNames.length] ?? '',
    last: index % 11 === 10 ? undefined : lastNames[(index * 5 + Math.floor(index / 31)) % lastNames.length],
  }));
}

/** INSERT takes at most 1000 rows of VALUES. */
function inserts(target: string, rows: readonly string[]): string[] {
  const batches: string[] = [];
  for (let start = 0; start < rows.length; start += 100) {
    batches.push(`INSERT INTO ${target} VALUES\n${rows.slice(start, start + 100).join(',\n')};`);
  }
  return batches;
}

/** The batches in their order. */
export const sampleBatches: readonly string[] = [
  `CREATE TABLE [dbo].[user] (
  [id] int IDENTITY(1,1) NOT NULL PRIMARY KEY,
  [first_name] varchar(30) NOT NULL,
  [last_name] varchar(30) NULL
);`,
  ...inserts(
    '[dbo].[user] ([first_name], [last_name])',
    people(250).map(({ first, last }) => `(${literal(first)}, ${literal(last)})`),
  ),
  `CREATE TABLE [dbo].[person] (
  [id] int IDENTITY(1,1) NOT NULL CONSTRAINT [PK_person] PRIMARY KEY,
  [full_name] nvarchar(100) NOT NULL,
  [born] date NULL,
  [active] bit NOT NULL CONSTRAINT [DF_person_active] DEFAULT (1),
  [note] nvarchar(max) NULL
);`,
  ...inserts('[dbo].[person] ([full_name], [born], [note])', [
    `(N'Ada Lovelace', '1815-12-10', N'first programmer')`,
    `(N'渡辺 久', '1961-04-02', NULL)`,
    `(N'سارة العلي', NULL, N'right to left')`,
    `(N'Łukasz Żółty 😀', '1990-02-28', N'outside code page 1252')`,
  ]),
  `CREATE TABLE [dbo].[event_log] (
  [at] datetime2(3) NOT NULL,
  [message] nvarchar(400) NOT NULL
);`,
  ...inserts('[dbo].[event_log] ([at], [message])', [
    `('2026-01-05 08:00:00.000', N'service started')`,
    `('2026-01-05 08:00:01.250', N'configuration read')`,
    `('2026-01-05 09:12:44.003', N'first order')`,
  ]),
  `CREATE TABLE [dbo].[order] (
  [id] int IDENTITY(1000,1) NOT NULL CONSTRAINT [PK_order] PRIMARY KEY,
  [user_id] int NOT NULL CONSTRAINT [FK_order_user] FOREIGN KEY REFERENCES [dbo].[user] ([id]),
  [placed] datetime2(0) NOT NULL CONSTRAINT [DF_order_placed] DEFAULT (sysutcdatetime()),
  [amount] decimal(10,2) NOT NULL
);`,
  ...inserts(
    '[dbo].[order] ([user_id], [placed], [amount])',
    people(60).map(
      (_, index) =>
        `(${1 + ((index * 3) % 250)}, '2026-02-${String(1 + (index % 28)).padStart(2, '0')} 10:00:00', ${index * 3 + 9}.90)`,
    ),
  ),
  `CREATE TABLE [dbo].[product] (
  [code] char(8) NOT NULL CONSTRAINT [PK_product] PRIMARY KEY,
  [name] nvarchar(60) NOT NULL,
  [net] decimal(9,2) NOT NULL,
  [gross] AS ([net] * 1.2),
  [changed] datetime2(0) NULL
);`,
  `CREATE TRIGGER [dbo].[product_changed] ON [dbo].[product] AFTER UPDATE AS
BEGIN
  SET NOCOUNT ON;
  UPDATE [p] SET [changed] = sysutcdatetime() FROM [dbo].[product] AS [p] INNER JOIN [inserted] AS [i] ON [i].[code] = [p].[code];
END;`,
  ...inserts('[dbo].[product] ([code], [name], [net])', [
    `('PEN-0001', N'Fountain pen', 24.00)`,
    `('INK-0001', N'Ink, blue', 6.50)`,
    `('PAD-0001', N'Note pad', 3.20)`,
  ]),
  'CREATE USER [grace@contoso.example] FROM EXTERNAL PROVIDER;',
  'ALTER ROLE [db_datareader] ADD MEMBER [grace@contoso.example];',
  'CREATE USER [SQL Readers] FROM EXTERNAL PROVIDER;',
  'ALTER ROLE [db_datareader] ADD MEMBER [SQL Readers];',
];

/** @throws Error naming the batch that failed: a sample that is half there helps nobody. */
export async function runBatches(
  backend: Backend,
  caller: Caller,
  database: string,
  batches: readonly string[],
): Promise<void> {
  const { session } = await backend.open({
    database,
    caller,
    applicationName: 'local Azure sample',
    hostName: 'localhost',
    serverName: 'localhost',
    language: 'us_english',
    readOnlyIntent: false,
    clientAddress: '127.0.0.1',
  });
  try {
    for (const text of batches) {
      const errors: SqlMessage[] = [];
      await session.execute({ kind: 'batch', text }, errorCollector(errors), new AbortController().signal);
      const [first] = errors;
      if (first !== undefined) {
        throw new Error(
          `Sample: Msg ${first.number}, line ${first.line}: ${first.message}\n${text.slice(0, 500)}`,
        );
      }
    }
  } finally {
    await session.close();
  }
}

/** A client that only listens for errors. */
function errorCollector(errors: SqlMessage[]): ResponseWriter {
  return {
    columns: () => undefined,
    row: () => undefined,
    encodedRows: () => undefined,
    done: () => undefined,
    message: (message) => {
      if (message.class >= 11) errors.push(message);
    },
    returnStatus: () => undefined,
    returnValue: () => undefined,
    environment: () => undefined,
    encodeRow: () => new Uint8Array(),
  };
}
