// What a batch leaves in its session for the next one.
import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { keptBy, type Kept } from '../../../src/core/sessionState.ts';

const batches: readonly (readonly [string, readonly Kept[]])[] = [
  ['SELECT 1', []],
  ["SELECT '#t INTO #t' -- SET NOCOUNT ON", []],
  ['UPDATE t SET language = 1, rowcount_ = 2', []],
  ['DECLARE @x int; SET @x = 1; SELECT @x', []],
  ['CREATE TABLE #mine (n int)', ['temporaryTables']],
  ['create table [#mine] (n int)', ['temporaryTables']],
  ['SELECT * INTO #copy FROM t', ['temporaryTables']],
  ['CREATE TABLE mine (n int); INSERT INTO mine VALUES (1)', []],
  ['SET NOCOUNT ON', ['setOptions']],
  ['SET TRANSACTION ISOLATION LEVEL SNAPSHOT', ['setOptions']],
  ['SET/**/IDENTITY_INSERT t ON; SET ROWCOUNT 1', ['setOptions']],
  ['SET CONTEXT_INFO 0x01', ['context']],
  ["EXEC sp_set_session_context N'tenant', 1", ['context']],
  ["EXEC @r = [sys].[sp_set_session_context] @key = N'tenant', @value = 1", ['context']],
  ['DECLARE c CURSOR FOR SELECT 1', ['cursors']],
  ['DECLARE [c] INSENSITIVE SCROLL CURSOR FOR SELECT 1', ['cursors']],
  ['DECLARE @c CURSOR; SET @c = CURSOR FOR SELECT 1', []],
  ["EXECUTE AS USER = 'ada'", ['impersonation']],
  ["EXEC sp_getapplock 'one', 'Exclusive', 'Session'", ['locks']],
  ["OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = 'x'", ['keys']],
  ['EXEC dbo.change 1', ['procedures']],
  ['dbo.change 1', ['procedures']],
  ['[change]', ['procedures']],
  ["EXEC ('CREATE TABLE #t (n int)')", []],
  ['sp_who', []],
  ['EXEC sys.sp_describe_undeclared_parameters @tsql = @batch;', []],
  ["EXEC sp_executesql N'SET NOCOUNT ON'", []],
  ['CREATE PROCEDURE p WITH EXECUTE AS OWNER AS SET NOCOUNT ON; CREATE TABLE #t (n int)', []],
  ['DBCC CHECKDB', []],
  ['again: SELECT 1', []],
  ['BEGIN TRAN', []],
  [
    'SET NOCOUNT ON; SELECT 1 AS n INTO #a; EXEC p; SET XACT_ABORT ON',
    ['setOptions', 'temporaryTables', 'procedures'],
  ],
];

describe('a batch leaves in its session', () => {
  for (const [batch, kept] of batches) {
    it(`${kept.join(', ') || 'nothing'}: ${batch}`, () => {
      assert.deepEqual(keptBy(batch).toSorted(), [...kept].toSorted());
    });
  }
});
