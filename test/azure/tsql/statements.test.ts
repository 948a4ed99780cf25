// Golden trees of definition, security and control.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { parseBatch } from './parser.ts';
import { shape } from './shape.ts';

const cases: [text: string, statements: string[]][] = [
  [
    `CREATE TABLE dbo.t (
  id int IDENTITY(1,1) NOT NULL CONSTRAINT pk PRIMARY KEY CLUSTERED,
  n nvarchar(50) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x',
  d datetime2(3) NOT NULL CONSTRAINT df DEFAULT (sysutcdatetime()),
  p int REFERENCES dbo.p(id) ON DELETE CASCADE ON UPDATE SET NULL,
  c AS (id * 2) PERSISTED NOT NULL,
  rv rowversion,
  u uniqueidentifier ROWGUIDCOL UNIQUE,
  CONSTRAINT ck CHECK (id > 0 AND n <> ''),
  CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES q (c, d),
  INDEX ix NONCLUSTERED (n DESC) INCLUDE (d) WHERE n IS NOT NULL,
) WITH (DATA_COMPRESSION = PAGE)`,
    [
      "createTable(name: dbo.t elements: [columnDefinition(name: id type: {name:int} constraints: [keyConstraint(name: pk primary: true clustered: true columns: [id])] identity: {seed: 1 increment: 1} nullable: false), columnDefinition(name: n type: {name:nvarchar,length:50} collation: Latin1_General_CI_AS nullable: true default: defaultConstraint(expression: N'x' text: N'x')), columnDefinition(name: d type: {name:datetime2,scale:3} nullable: false default: defaultConstraint(name: df expression: call(name: sysutcdatetime) text: (sysutcdatetime()))), columnDefinition(name: p type: {name:int} constraints: [foreignKey(columns: [p] table: dbo.p references: [id] onDelete: cascade onUpdate: setNull)]), computedColumn(name: c expression: arithmetic(operator: * left: id right: integer:2) text: (id * 2) persisted: true nullable: false), columnDefinition(name: rv type: {name:timestamp}), columnDefinition(name: u type: {name:uniqueidentifier} rowGuid: true constraints: [keyConstraint(primary: false columns: [u])]), checkConstraint(name: ck condition: logical(operator: and left: comparison(operator: > left: id right: integer:0) right: comparison(operator: <> left: n right: '')) text: id > 0 AND n <> ''), foreignKey(name: fk columns: [a, b] table: q references: [c, d] onDelete: noAction onUpdate: noAction), inlineIndex(name: ix clustered: false columns: [n desc] include: [d] where: isNull(negated: true operand: n))] options: [storage(name: DATA_COMPRESSION value: PAGE)])",
    ],
  ],
  [
    'CREATE TABLE t (i int PRIMARY KEY, f datetime2 GENERATED ALWAYS AS ROW START HIDDEN, e datetime2 GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (f, e)) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.th))',
    [
      'createTable(name: t elements: [columnDefinition(name: i type: {name:int} constraints: [keyConstraint(primary: true columns: [i])]), columnDefinition(name: f type: {name:datetime2} generated: {row: start hidden: true}), columnDefinition(name: e type: {name:datetime2} generated: {row: end}), period(from: f to: e)] options: [systemVersioning(enabled: true history: dbo.th)])',
    ],
  ],
  [
    'ALTER TABLE t ADD a int NOT NULL DEFAULT 0 WITH VALUES, CONSTRAINT uq UNIQUE (a), CONSTRAINT df DEFAULT 5 FOR b',
    [
      'alterTable(table: t action: add(elements: [columnDefinition(name: a type: {name:int} nullable: false default: defaultConstraint(expression: integer:0 text: 0) defaultWithValues: true), keyConstraint(name: uq primary: false columns: [a]), addDefault(constraint: defaultConstraint(name: df expression: integer:5 text: 5) column: b)]))',
    ],
  ],
  [
    'ALTER TABLE t ALTER COLUMN a nvarchar(max) NOT NULL',
    ['alterTable(table: t action: alterColumn(column: a type: {name:nvarchar,length:-1} nullable: false))'],
  ],
  [
    'ALTER TABLE t DROP COLUMN IF EXISTS a, b, CONSTRAINT c',
    [
      'alterTable(table: t action: drop(items: [column(name: a ifExists: true), column(name: b ifExists: true), constraint(name: c)]))',
    ],
  ],
  [
    'ALTER TABLE t WITH NOCHECK ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES u',
    [
      'alterTable(table: t action: add(elements: [foreignKey(name: fk columns: [a] table: u onDelete: noAction onUpdate: noAction)] noCheck: true))',
    ],
  ],
  ['ALTER TABLE t NOCHECK CONSTRAINT ALL', ['alterTable(table: t action: checkConstraint(enable: false))']],
  [
    'ALTER TABLE t SET (SYSTEM_VERSIONING = OFF)',
    ['alterTable(table: t action: option(option: systemVersioning(enabled: false)))'],
  ],
  [
    'CREATE UNIQUE NONCLUSTERED INDEX ix ON dbo.t (a, b DESC) INCLUDE (c) WHERE a > 1 WITH (ONLINE = ON, IGNORE_DUP_KEY = OFF)',
    [
      'createIndex(name: ix table: dbo.t unique: true clustered: false columns: [a, b desc] include: [c] where: comparison(operator: > left: a right: integer:1) options: [{name: ONLINE value: ON}, {name: IGNORE_DUP_KEY value: OFF}])',
    ],
  ],
  ['ALTER INDEX ALL ON t REBUILD', ['alterIndex(table: t action: rebuild)']],
  [
    'DROP INDEX IF EXISTS ix ON dbo.t, t.iy',
    ['dropIndex(ifExists: true items: [{name: ix table: dbo.t}, {name: iy table: t}])'],
  ],
  [
    'CREATE VIEW dbo.v (a) WITH SCHEMABINDING AS WITH c AS (SELECT 1 x) SELECT x FROM c WITH CHECK OPTION;',
    [
      'createView(verb: create name: dbo.v columns: [a] options: [SCHEMABINDING] with: [commonTable(name: c query: query(body: selectBlock(items: [expressionItem(expression: integer:1 alias: x)])))] query: query(body: selectBlock(items: [x] from: [c])) checkOption: true text: CREATE VIEW dbo.v (a) WITH SCHEMABINDING AS WITH c AS (SELECT 1 x) SELECT x FROM c WITH CHECK OPTION)',
    ],
  ],
  ['CREATE SCHEMA s AUTHORIZATION dbo', ['createSchema(name: s owner: dbo)']],
  [
    'ALTER SCHEMA s TRANSFER OBJECT::dbo.t',
    ['alterSchema(schema: s securable: securable(class: OBJECT name: dbo.t))'],
  ],
  [
    'CREATE SEQUENCE s AS bigint START WITH -1 INCREMENT BY 2 NO MAXVALUE CACHE 10',
    ['createSequence(name: s options: {type: {name:bigint} increment: 2 maximum: null cache: 10})'],
  ],
  [
    'CREATE TYPE dbo.tt AS TABLE (a int NOT NULL PRIMARY KEY)',
    [
      'createType(name: dbo.tt definition: table(elements: [columnDefinition(name: a type: {name:int} constraints: [keyConstraint(primary: true columns: [a])] nullable: false)]))',
    ],
  ],
  [
    'CREATE TYPE e FROM varchar(320) NOT NULL',
    ['createType(name: e definition: alias(base: {name:varchar,length:320} nullable: false))'],
  ],
  [
    "CREATE OR ALTER PROC dbo.p @a int, @b nvarchar(10) = N'x' OUTPUT, @t dbo.tt READONLY WITH EXECUTE AS OWNER AS SET NOCOUNT ON; SELECT @a RETURN 3",
    [
      "createProcedure(verb: createOrAlter name: dbo.p parameters: [parameter(name: @a type: {name:int}), parameter(name: @b type: {name:nvarchar,length:10} default: N'x' output: true), parameter(name: @t type: dbo.tt readOnly: true)] executeAs: owner() body: [setOption(options: [NOCOUNT] on: true), select(query: query(body: selectBlock(items: [@a]))), return(value: integer:3)] text: CREATE OR ALTER PROC dbo.p @a int, @b nvarchar(10) = N'x' OUTPUT, @t dbo.tt READONLY WITH EXECUTE AS OWNER AS SET NOCOUNT ON; SELECT @a RETURN 3)",
    ],
  ],
  [
    'CREATE FUNCTION dbo.f (@a int = 1) RETURNS int WITH SCHEMABINDING AS BEGIN RETURN @a + 1 END',
    [
      'createFunction(verb: create name: dbo.f parameters: [parameter(name: @a type: {name:int} default: integer:1)] options: [SCHEMABINDING] returns: scalar(type: {name:int} body: [return(value: arithmetic(operator: + left: @a right: integer:1))]) text: CREATE FUNCTION dbo.f (@a int = 1) RETURNS int WITH SCHEMABINDING AS BEGIN RETURN @a + 1 END)',
    ],
  ],
  [
    'CREATE FUNCTION f() RETURNS TABLE AS RETURN (WITH c AS (SELECT 1 x) SELECT * FROM c)',
    [
      'createFunction(verb: create name: f returns: inline(with: [commonTable(name: c query: query(body: selectBlock(items: [expressionItem(expression: integer:1 alias: x)])))] query: query(body: selectBlock(items: [star()] from: [c]))) text: CREATE FUNCTION f() RETURNS TABLE AS RETURN (WITH c AS (SELECT 1 x) SELECT * FROM c))',
    ],
  ],
  [
    'CREATE FUNCTION f() RETURNS @r TABLE (a int) AS BEGIN INSERT @r VALUES (1); RETURN END;',
    [
      'createFunction(verb: create name: f returns: table(variable: @r elements: [columnDefinition(name: a type: {name:int})] body: [insert(target: tableVariable(variable: @r) source: values(rows: [[integer:1]])), return()]) text: CREATE FUNCTION f() RETURNS @r TABLE (a int) AS BEGIN INSERT @r VALUES (1); RETURN END)',
    ],
  ],
  [
    "CREATE TRIGGER tr ON dbo.t INSTEAD OF INSERT, UPDATE AS IF UPDATE(a) PRINT 'x'",
    [
      "createTrigger(verb: create name: tr target: dbo.t timing: insteadOf events: [INSERT, UPDATE] body: [if(condition: columnUpdated(column: a) then: print(value: 'x'))] text: CREATE TRIGGER tr ON dbo.t INSTEAD OF INSERT, UPDATE AS IF UPDATE(a) PRINT 'x')",
    ],
  ],
  ['DISABLE TRIGGER tr ON dbo.t', ['switchTrigger(enable: false names: [tr] target: dbo.t)']],
  ['DROP TABLE IF EXISTS #a, dbo.b', ['drop(object: table ifExists: true names: [#a, dbo.b])']],
  [
    'DROP PROCEDURE p; DROP DATABASE IF EXISTS d; DROP SCHEMA s',
    [
      'drop(object: procedure names: [p])',
      'drop(object: database ifExists: true names: [d])',
      'drop(object: schema names: [s])',
    ],
  ],
  [
    "CREATE DATABASE d COLLATE SQL_Latin1_General_CP1_CI_AS (EDITION = 'Basic', MAXSIZE = 2 GB, SERVICE_OBJECTIVE = 'S0')",
    [
      'createDatabase(name: d options: [{name: EDITION value: Basic}, {name: MAXSIZE value: 2 GB}, {name: SERVICE_OBJECTIVE value: S0}] collation: SQL_Latin1_General_CP1_CI_AS)',
    ],
  ],
  [
    'ALTER DATABASE d SET READ_COMMITTED_SNAPSHOT ON, COMPATIBILITY_LEVEL = 150 WITH ROLLBACK IMMEDIATE',
    [
      'alterDatabase(name: d action: set(options: [{name: READ_COMMITTED_SNAPSHOT value: ON}, {name: COMPATIBILITY_LEVEL value: 150}]))',
    ],
  ],
  ['ALTER DATABASE d MODIFY NAME = e', ['alterDatabase(name: d action: rename(to: e))']],
  [
    'ALTER DATABASE SCOPED CONFIGURATION SET MAXDOP = 4',
    ['alterDatabase(action: scopedConfiguration(name: MAXDOP value: 4))'],
  ],
  [
    "CREATE USER [x@y.z] FROM EXTERNAL PROVIDER WITH OBJECT_ID = 'a-b', DEFAULT_SCHEMA = app",
    ['createUser(name: [x@y.z] source: externalProvider(objectId: a-b) defaultSchema: app)'],
  ],
  [
    'CREATE USER x WITH SID = 0xAB, TYPE = X, DEFAULT_SCHEMA = dbo',
    ['createUser(name: x source: sid(sid: AB type: X) defaultSchema: dbo)'],
  ],
  [
    'CREATE USER x WITHOUT LOGIN; CREATE USER y FOR LOGIN z; CREATE USER w',
    [
      'createUser(name: x source: withoutLogin())',
      'createUser(name: y source: login(login: z))',
      'createUser(name: w source: sameName())',
    ],
  ],
  [
    "CREATE USER x WITH PASSWORD = 'p', SID = 0x01",
    ['createUser(name: x source: password(password: p sid: 01))'],
  ],
  [
    "ALTER USER x WITH NAME = y, DEFAULT_SCHEMA = NULL, PASSWORD = 'n' OLD_PASSWORD = 'o'",
    ['alterUser(name: x newName: y defaultSchema: null password: n oldPassword: o)'],
  ],
  ['DROP USER IF EXISTS [a]]b]', ['dropPrincipal(principal: user ifExists: true name: [a]b])']],
  ['CREATE LOGIN l FROM EXTERNAL PROVIDER', ['createLogin(name: l source: externalProvider())']],
  [
    "CREATE LOGIN l WITH PASSWORD = 'p', SID = 0x01",
    ['createLogin(name: l source: password(password: p sid: 01))'],
  ],
  ['ALTER LOGIN l DISABLE', ['alterLogin(name: l action: disable())']],
  [
    'CREATE ROLE r AUTHORIZATION dbo; ALTER ROLE r ADD MEMBER [x]; ALTER ROLE r DROP MEMBER x; ALTER ROLE r WITH NAME = q; DROP ROLE q',
    [
      'createRole(name: r owner: dbo)',
      'alterRole(name: r action: addMember(member: [x]))',
      'alterRole(name: r action: dropMember(member: x))',
      'alterRole(name: r action: rename(to: q))',
      'dropPrincipal(principal: role name: q)',
    ],
  ],
  [
    'ALTER SERVER ROLE ##MS_LoginManager## ADD MEMBER l',
    ['alterRole(server: true name: ##MS_LoginManager## action: addMember(member: l))'],
  ],
  [
    'GRANT SELECT (a, b), VIEW DEFINITION, EXEC ON OBJECT::dbo.t TO x, public WITH GRANT OPTION AS dbo',
    [
      'grant(permissions: [permission(name: SELECT columns: [a, b]), permission(name: VIEW DEFINITION), permission(name: EXECUTE)] on: securable(class: OBJECT name: dbo.t) to: [x, public] withGrantOption: true as: dbo)',
    ],
  ],
  [
    'GRANT CONTROL ON SCHEMA::s TO r',
    ['grant(permissions: [permission(name: CONTROL)] on: securable(class: SCHEMA name: s) to: [r])'],
  ],
  [
    'DENY INSERT ON dbo.t TO x CASCADE',
    ['deny(permissions: [permission(name: INSERT)] on: securable(name: dbo.t) to: [x] cascade: true)'],
  ],
  [
    'REVOKE GRANT OPTION FOR SELECT ON t FROM x CASCADE',
    [
      'revoke(grantOptionFor: true permissions: [permission(name: SELECT)] on: securable(name: t) from: [x] cascade: true)',
    ],
  ],
  ['GRANT ALTER ANY USER TO x', ['grant(permissions: [permission(name: ALTER ANY USER)] to: [x])']],
  ['GRANT VIEW DATABASE STATE TO x', ['grant(permissions: [permission(name: VIEW DATABASE STATE)] to: [x])']],
  [
    'ALTER AUTHORIZATION ON SCHEMA::s TO dbo',
    ['alterAuthorization(on: securable(class: SCHEMA name: s) to: dbo)'],
  ],
  [
    "EXECUTE AS USER = 'x' WITH NO REVERT; REVERT",
    ["executeAs(context: user(user: 'x') noRevert: true)", 'revert()'],
  ],
  [
    'DECLARE @a int = 1, @b AS nvarchar(max), @t TABLE (i int), @c CURSOR',
    [
      'declare(variables: [scalarVariable(name: @a type: {name:int} initial: integer:1), scalarVariable(name: @b type: {name:nvarchar,length:-1}), tableVariableDeclaration(name: @t elements: [columnDefinition(name: i type: {name:int})]), cursorVariable(name: @c)])',
    ],
  ],
  [
    'DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT 1 FOR READ ONLY OPEN c FETCH NEXT FROM c INTO @a, @b CLOSE c DEALLOCATE c',
    [
      'declareCursor(name: c definition: cursorDefinition(options: [LOCAL, FAST_FORWARD, READ_ONLY] query: query(body: selectBlock(items: [integer:1]))))',
      'openCursor(cursor: name(name: c))',
      'fetchCursor(cursor: name(name: c) direction: next into: [@a, @b])',
      'closeCursor(cursor: name(name: c))',
      'deallocateCursor(cursor: name(name: c))',
    ],
  ],
  [
    'SET @a += 1; SET NOCOUNT, XACT_ABORT ON; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET IDENTITY_INSERT dbo.t ON; SET ROWCOUNT 5; SET LANGUAGE us_english; SET DATEFORMAT dmy; SET STATISTICS IO ON; SET LOCK_TIMEOUT -1; SET CONTEXT_INFO 0x01',
    [
      'setVariable(variable: @a operator: += value: integer:1)',
      'setOption(options: [NOCOUNT, XACT_ABORT] on: true)',
      'setIsolationLevel(level: read committed)',
      'setIdentityInsert(table: dbo.t on: true)',
      'setValue(option: ROWCOUNT value: integer:5)',
      "setValue(option: LANGUAGE value: 'us_english')",
      "setValue(option: DATEFORMAT value: 'dmy')",
      'setOption(options: [STATISTICS IO] on: true)',
      'setValue(option: LOCK_TIMEOUT value: unary(operator: - operand: integer:1))',
      'setValue(option: CONTEXT_INFO value: binary(hex: 01))',
    ],
  ],
  [
    "IF EXISTS (SELECT 1) BEGIN SELECT 1; SELECT 2 END ELSE IF 1 = 2 PRINT 'x' ELSE RETURN",
    [
      "if(condition: exists(query: query(body: selectBlock(items: [integer:1]))) then: block(statements: [select(query: query(body: selectBlock(items: [integer:1]))), select(query: query(body: selectBlock(items: [integer:2])))]) otherwise: if(condition: comparison(operator: = left: integer:1 right: integer:2) then: print(value: 'x') otherwise: return()))",
    ],
  ],
  [
    'WHILE @i < 3 BEGIN SET @i += 1 IF @i = 2 CONTINUE BREAK END',
    [
      'while(condition: comparison(operator: < left: @i right: integer:3) body: block(statements: [setVariable(variable: @i operator: += value: integer:1), if(condition: comparison(operator: = left: @i right: integer:2) then: continue()), break()]))',
    ],
  ],
  [
    'BEGIN TRY BEGIN TRAN t COMMIT TRAN t END TRY BEGIN CATCH IF @@TRANCOUNT > 0 ROLLBACK; THROW END CATCH',
    [
      'tryCatch(attempt: [beginTransaction(name: t), commitTransaction(name: t)] handler: [if(condition: comparison(operator: > left: @@TRANCOUNT right: integer:0) then: rollbackTransaction()), throw()])',
    ],
  ],
  ["THROW 50001, N'm', 1", ["throw(arguments: {number: integer:50001 message: N'm' state: integer:1})"]],
  [
    "RAISERROR ('m %d', 16, -1, @a, 5) WITH NOWAIT",
    [
      "raiserror(message: 'm %d' severity: integer:16 state: unary(operator: - operand: integer:1) arguments: [@a, integer:5] options: [NOWAIT])",
    ],
  ],
  [
    'BEGIN TRANSACTION; SAVE TRAN sp; ROLLBACK TRAN sp; COMMIT WORK; COMMIT TRANSACTION WITH (DELAYED_DURABILITY = ON)',
    [
      'beginTransaction()',
      'saveTransaction(name: sp)',
      'rollbackTransaction(name: sp)',
      'commitTransaction()',
      'commitTransaction()',
    ],
  ],
  [
    "l: WAITFOR DELAY '00:00:01' GOTO l",
    ['label(label: l)', "waitFor(mode: delay value: '00:00:01')", 'goto(label: l)'],
  ],
  [
    "USE [db]; KILL 51; DBCC CHECKIDENT ('t', RESEED, 0) WITH NO_INFOMSGS; CHECKPOINT",
    [
      'use(database: [db])',
      'kill(session: integer:51)',
      "dbcc(command: CHECKIDENT arguments: ['t', N'RESEED', integer:0] options: [NO_INFOMSGS])",
      'checkpoint()',
    ],
  ],
];

describe('the parser: definition, security and control', () => {
  it.each(cases)('%s', (text, statements) => {
    assert.deepEqual(parseBatch(text).statements.map(shape), statements);
  });
});
