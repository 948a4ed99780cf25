// sp_addrolemember and sp_droprolemember: ALTER ROLE in its older form, with errors of its own.
import { SqlError } from '../../contract.ts';
import type { AlterRole, Identifier } from '../../tsql/ast.ts';
import { raise } from '../bind/raise.ts';
import { notSupplied } from './procedureArguments.ts';
import type { SystemProcedure } from './procedureArguments.ts';

function changeMember(procedure: string, kind: 'addMember' | 'dropMember'): SystemProcedure {
  return async (interpreter, args, _frame, line) => {
    const value = (name: string, position: number): string => {
      const found = args.find((candidate) => candidate.name?.toLowerCase() === name) ?? args[position];
      const text = found?.value;
      if (typeof text === 'string') return text.trimEnd();
      return notSupplied(procedure, name, line);
    };
    const [role, member] = [value('@rolename', 0), value('@membername', 1)];
    const identifier = (name: string): Identifier => ({
      kind: 'identifier',
      name,
      quoted: true,
      line,
      start: 0,
      end: 0,
    });
    const statement: AlterRole = {
      kind: 'alterRole',
      server: false,
      name: identifier(role),
      action: { kind, member: identifier(member) },
      line,
      start: 0,
      end: 0,
    };
    const { authorization, connection, state } = interpreter;
    interpreter.refuseWriteWhenDoomed();
    try {
      await connection.atomic(() =>
        authorization.executeDcl(statement, state.context, connection, interpreter.out),
      );
    } catch (error) {
      if (!(error instanceof SqlError) || error.detail.number !== 15151) throw error;
      const exists = async (name: string): Promise<boolean> =>
        (await authorization.scalar('database_principal_id', [name], state.context, connection)) !== null;
      if (!(await exists(role)))
        raise(15014, `The role '${role}' does not exist in the current database.`, line);
      if (!(await exists(member)))
        raise(15410, `User or role '${member}' does not exist in this database.`, line);
      raise(15247, 'User does not have permission to perform this action.', line);
    }
    return 0;
  };
}

/** https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-addrolemember-transact-sql */
export const roleProcedures: Readonly<Record<string, SystemProcedure>> = {
  sp_addrolemember: changeMember('sp_addrolemember', 'addMember'),
  sp_droprolemember: changeMember('sp_droprolemember', 'dropMember'),
};
