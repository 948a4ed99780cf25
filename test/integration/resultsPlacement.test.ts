// Where queries, scripts and results open: results below their own query, nothing over them, and the keys stay with the text.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { splitBatches } from '../../src/core/batch.ts';
import type { QueryDocument } from '../../src/ui/queryDocuments.ts';
import { columnOf } from '../../src/ui/resultsPlacement.ts';
import { connection, extension, saveConnections } from './workspace.ts';

async function newQuery(text: string): Promise<QueryDocument> {
  await vscode.commands.executeCommand('passwordlessSql.newQuery');
  const editor = vscode.window.activeTextEditor;
  assert.ok(editor);
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
  const document = (await extension()).exports.queries.of(editor.document);
  assert.ok(document);
  return document;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited in vain: ${what}`);
}

const run = (): Thenable<unknown> => vscode.commands.executeCommand('passwordlessSql.runQuery');
/** In the order in which they are seen: VS Code lists them in that of their making. */
const groups = (): readonly vscode.TabGroup[] =>
  vscode.window.tabGroups.all.toSorted((one, other) => one.viewColumn - other.viewColumn);
const labels = (): string[][] =>
  groups().map(({ tabs }) => tabs.map(({ label }) => label.split(' ')[0] ?? ''));

function assertFocus(document: QueryDocument): void {
  assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), document.uri.toString());
  const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
  assert.ok(input instanceof vscode.TabInputText, 'the query has the focus');
}

describe('the place of results', () => {
  before(() => saveConnections(connection()));
  after(() => saveConnections());
  afterEach(async () => {
    for (let turn = 0; turn < 5 && vscode.window.activeTextEditor; turn++)
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until(() => groups().length === 1, 'every group to close');
  });

  it('is not taken by a query or a script that opens while the results have the focus', async () => {
    await newQuery('SELECT 1 AS first;');
    await run();
    await vscode.commands.executeCommand('workbench.action.focusBelowGroup');
    await until(
      () => vscode.window.tabGroups.activeTabGroup.viewColumn === vscode.ViewColumn.Two,
      'the results in front',
    );
    const second = await newQuery('SELECT 2 AS second;');
    assert.equal(columnOf(second.uri), vscode.ViewColumn.One);
    await run();
    await until(() => groups()[1]?.tabs.length === 2, 'the second results');
    assert.equal(groups().length, 2);
    assertFocus(second);
    const inputs = groups().map(({ tabs }) => tabs.map(({ input }) => input instanceof vscode.TabInputText));
    assert.deepEqual(inputs, [
      [true, true],
      [false, false],
    ]);
  });

  it('is below its own query when two are side by side', async () => {
    const left = await newQuery('SELECT 1 AS a;');
    const right = await newQuery('SELECT 2 AS b;');
    await vscode.commands.executeCommand('workbench.action.moveEditorToRightGroup');
    await until(() => columnOf(right.uri) === vscode.ViewColumn.Two, 'the second query beside the first');
    await vscode.window.showTextDocument(left.uri, { viewColumn: vscode.ViewColumn.One });
    await run();
    assertFocus(left);
    await until(() => groups().length === 3, 'the results of the left query');
    const column = columnOf(right.uri);
    assert.ok(column);
    await vscode.window.showTextDocument(right.uri, { viewColumn: column });
    await run();
    assertFocus(right);
    await until(() => groups().length === 4, 'the results of the right query');
    await until(() => groups().every(({ tabs }) => tabs.length === 1), 'one tab in each group');
    assert.deepEqual(labels(), [['SELECT'], ['Results:'], ['SELECT'], ['Results:']]);
    assert.equal(left.panel?.viewColumn, (columnOf(left.uri) ?? 0) + 1);
    assert.equal(right.panel?.viewColumn, (columnOf(right.uri) ?? 0) + 1);
  });

  it('is one group for queries of one group, also when they start together', async () => {
    const first = await newQuery('SELECT 1 AS a;');
    const second = await newQuery('SELECT 2 AS b;');
    const { queries } = (await extension()).exports;
    await Promise.all([
      queries.run(first, splitBatches('SELECT 1 AS a;')),
      queries.run(second, splitBatches('SELECT 2 AS b;')),
    ]);
    await until(() => groups()[1]?.tabs.length === 2, 'both results in one group');
    assert.equal(groups().length, 2);
  });
});
