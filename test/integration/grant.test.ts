// The grant wizard's service and documents against the local Azure: preview, run, read back, undo.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { isAppError } from '../../src/core/errors.ts';
import type { GrantRequest } from '../../src/core/grantPlan.ts';
import { refuseMaster } from '../../src/ui/grantWizard.ts';
import { connection, extension, saveConnections } from './workspace.ts';

async function scalar(text: string): Promise<unknown> {
  await vscode.commands.executeCommand('passwordlessSql.newQuery');
  const editor = vscode.window.activeTextEditor;
  assert.ok(editor);
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
  await vscode.commands.executeCommand('passwordlessSql.runQuery');
  const document = (await extension()).exports.queries.of(editor.document);
  const rows = await document?.editor.sets[0]?.rows.window(0, 1);
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  return rows?.[0]?.[0];
}

const users = "SELECT COUNT(*) AS n FROM sys.database_principals WHERE name = N'app-orders';";
const memberships =
  "SELECT COUNT(*) AS n FROM sys.database_role_members AS m JOIN sys.database_principals AS p ON p.principal_id = m.member_principal_id WHERE p.name = N'app-orders';";

describe('a grant', () => {
  before(() => saveConnections(connection()));
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await saveConnections();
  });

  it('is previewed, run, read back and undone', async () => {
    // The wizard's questions are walked by the e2e test; a command may bring the answers.
    const request: GrantRequest = {
      principal: 'app-orders',
      identity: { kind: 'name' },
      rights: ['read'],
      customRoles: [],
    };
    await vscode.commands.executeCommand('passwordlessSql.grantAccess', undefined, request);
    const preview = vscode.window.activeTextEditor?.document;
    assert.equal(preview?.uri.scheme, 'passwordless-sql-grant');
    assert.match(preview.getText(), /CREATE USER \[app-orders\] FROM EXTERNAL PROVIDER/);
    assert.match(preview.getText(), /db_datareader/);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      preview.uri,
    );
    assert.deepEqual(
      lenses.map((lens) => lens.command?.command),
      ['passwordlessSql.runGrant', 'passwordlessSql.copyGrantScript'],
    );
    assert.equal(await scalar(users), 0, 'a preview changed something');

    await vscode.commands.executeCommand('passwordlessSql.runGrant', preview.uri);
    const report = vscode.window.activeTextEditor?.document;
    assert.match(report?.getText() ?? '', /app-orders can now read \(db_datareader\)/);
    assert.match(report?.getText() ?? '', /SID\s+0x[0-9A-F]{32}/);
    assert.equal(await scalar(users), 1);
    assert.equal(await scalar(memberships), 1);

    await vscode.commands.executeCommand('passwordlessSql.undoGrant', report?.uri);
    const undo = vscode.window.activeTextEditor?.document;
    assert.match(undo?.getText() ?? '', /DROP USER \[app-orders\]/);
    assert.equal(await scalar(users), 1, 'showing the undo script changed something');
    await vscode.commands.executeCommand('passwordlessSql.runGrant', undo?.uri);
    assert.equal(await scalar(users), 0);
  });

  it('is refused in master, with the reason', () => {
    for (const database of ['master', 'MASTER'])
      assert.throws(
        () => refuseMaster({ id: 'x', database }),
        (error) => isAppError(error, 'invalidInput'),
      );
    assert.doesNotThrow(() => refuseMaster({ id: 'x', database: 'appdb' }));
  });
});
