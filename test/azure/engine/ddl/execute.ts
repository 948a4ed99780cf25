// Executes any definition statement (DDL): all of it or nothing.
import type { DefinitionStatement } from '../../tsql/ast.ts';
import { sqlError, translateError } from '../errors.ts';
import { PgError } from '../postgres/pgError.ts';
import { alterTable } from './alterTable.ts';
import { look } from './context.ts';
import type { DdlContext } from './context.ts';
import { dropObjects } from './drop.ts';
import { alterIndex, createIndex, dropIndex, updateStatistics } from './indexes.ts';
import { createModule, createTrigger, switchTrigger } from './modules.ts';
import { alterDatabase, createDatabase } from './databases.ts';
import {
  alterSchema,
  alterSequence,
  createSchema,
  createSequence,
  createSynonym,
  createType,
} from './schemas.ts';
import { createTable } from './table.ts';

/**
 * Inside a transaction it is part of that one and rolls back with it. CREATE, ALTER and DROP DATABASE are refused there (226).
 * @throws SqlError; PgError 57014 when it was cancelled.
 */
export async function executeDefinition(statement: DefinitionStatement, context: DdlContext): Promise<void> {
  const database =
    statement.kind === 'createDatabase' ||
    statement.kind === 'alterDatabase' ||
    (statement.kind === 'drop' && statement.object === 'database');
  if (database) {
    if (context.connection.inTransaction) {
      const verb = { createDatabase: 'CREATE', alterDatabase: 'ALTER', drop: 'DROP' }[statement.kind];
      throw sqlError(226, [`${verb} DATABASE`], { line: statement.line });
    }
    await run(statement, context);
    return;
  }
  const before = await look(context);
  try {
    await context.connection.atomic(() => run(statement, context));
  } catch (error) {
    if (!(error instanceof PgError) || error.cancelled || error.code === '08006') throw error;
    const verb = statement.kind === 'alterTable' ? 'ALTER TABLE' : 'CREATE';
    throw translateError(error, { database: context.database, verb, spid: 0, catalog: before });
  }
}

async function run(statement: DefinitionStatement, context: DdlContext): Promise<void> {
  switch (statement.kind) {
    case 'createTable':
      await createTable(statement, context);
      return;
    case 'alterTable':
      return await alterTable(statement, context);
    case 'createIndex':
      return await createIndex(statement, context);
    case 'alterIndex':
      return await alterIndex(statement, context);
    case 'dropIndex':
      return await dropIndex(statement, context);
    case 'createView':
    case 'createProcedure':
    case 'createFunction':
      return await createModule(statement, context);
    case 'createTrigger':
      return await createTrigger(statement, context);
    case 'switchTrigger':
      return await switchTrigger(statement, context);
    case 'createSchema':
      return await createSchema(statement, context);
    case 'alterSchema':
      return await alterSchema(statement, context);
    case 'createSequence':
      return await createSequence(statement, context);
    case 'alterSequence':
      return await alterSequence(statement, context);
    case 'createType':
      return await createType(statement, context);
    case 'createSynonym':
      return await createSynonym(statement, context);
    case 'createDatabase':
      return await createDatabase(statement, context);
    case 'alterDatabase':
      return await alterDatabase(statement, context);
    case 'drop':
      return await dropObjects(statement, context);
    case 'updateStatistics':
      return await updateStatistics(statement, context);
  }
}
