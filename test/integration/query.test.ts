// Query editors against the local Azure: running, several sets, messages, errors with lines, cancelling, sessions and transactions.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { splitBatches } from '../../src/core/batch.ts';
import { cellText } from '../../src/core/gridCell.ts';
import type { Cell } from '../../src/core/ports.ts';
import type { AskParameters } from '../../src/services/queryEditor.ts';
import type { QueryDocument } from '../../src/ui/queryDocuments.ts';
import { connection, extension, saveConnections } from './workspace.ts';

async function newQuery(text: string): Promise<QueryDocument> {
  await vscode.commands.executeCommand('passwordlessSql.newQuery');
  const editor = vscode.window.activeTextEditor;
  assert.equal(editor?.document.languageId, 'sql');
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
  const { queries } = (await extension()).exports;
  const document = queries.of(editor.document);
  assert.ok(document, 'the new query is not bound to a connection');
  return document;
}

async function replaceText(document: QueryDocument, text: string): Promise<void> {
  const editor = await vscode.window.showTextDocument(document.uri, { viewColumn: vscode.ViewColumn.One });
  const all = new vscode.Range(0, 0, editor.document.lineCount, 0);
  await editor.edit((edit) => edit.replace(all, text));
}

const run = (): Thenable<unknown> => vscode.commands.executeCommand('passwordlessSql.runQuery');
const texts = (document: QueryDocument): string[] => document.editor.notes.map(({ text }) => text);
async function rows(document: QueryDocument, set = 0): Promise<readonly (readonly unknown[])[]> {
  const held = document.editor.sets[set];
  assert.ok(held, `there is no result set ${set}: ${texts(document).join(' | ')}`);
  return held.rows.window(0, 1000);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited in vain: ${what}`);
}

describe('a query editor', () => {
  before(() => saveConnections(connection()));
  after(() => saveConnections());
  afterEach(async () => {
    const { queries } = (await extension()).exports;
    const document = queries.inFront();
    if (document && !document.editor.running) await document.editor.endTransaction('rollback');
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('runs batches and keeps several result sets and messages in order', async () => {
    const document = await newQuery(
      "SELECT TOP (2) id, first_name FROM dbo.[user] ORDER BY id;\nPRINT 'between';\nSELECT COUNT(*) AS users FROM dbo.[user];\nGO 2\n",
    );
    await run();
    assert.equal(document.editor.phase, 'done', texts(document).join(' | '));
    assert.equal(document.editor.sets.length, 4);
    assert.deepEqual(
      document.editor.sets[0]?.columns.map(({ name, sqlType }) => [name, sqlType]),
      [
        ['id', 'int'],
        ['first_name', 'varchar(30)'],
      ],
    );
    assert.equal((await rows(document))[0]?.[0], 1);
    assert.equal(Number((await rows(document, 1))[0]?.[0]) >= 250, true);
    assert.deepEqual(texts(document).slice(0, 3), ['2 rows', 'between', '1 row']);
    assert.equal(document.panel?.disposed, false);
  });

  it('keeps one session over runs: temporary tables and SET stay, and nobody else sees them', async () => {
    const document = await newQuery('CREATE TABLE #mine (n int);\nGO\nINSERT #mine VALUES (7);');
    await run();
    await replaceText(document, 'SELECT n FROM #mine;');
    await run();
    assert.deepEqual(await rows(document), [[7]]);
    const other = await newQuery('SELECT n FROM #mine;');
    await run();
    assert.equal(other.editor.phase, 'failed');
    assert.match(texts(other).join(), /Invalid object name '#mine'.*208/);
  });

  it('names the line of an error in the document, and goes on with the next batch', async () => {
    const document = await newQuery(
      'SELECT 1 AS one;\nGO\n\nSELECT *\nFROM dbo.nosuch;\nGO\nSELECT 2 AS two;',
    );
    await run();
    const error = document.editor.notes.find(({ kind }) => kind === 'error');
    assert.match(error?.text ?? '', /Invalid object name 'dbo\.nosuch'/);
    assert.ok(error?.line === 3 || error?.line === 4, `line ${error?.line}`);
    assert.equal(document.editor.sets.length, 2);
  });

  it('runs only the selection', async () => {
    const document = await newQuery('SELECT 1 AS a;\nSELECT 2 AS b;\n');
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    editor.selection = new vscode.Selection(1, 0, 1, 14);
    await run();
    assert.equal(document.editor.sets.length, 1);
    assert.deepEqual(await rows(document), [[2]]);
  });

  it('cancels at once, keeps what had arrived, and the session goes on', async () => {
    const document = await newQuery(
      'SELECT a.id FROM dbo.[user] AS a CROSS JOIN dbo.[user] AS b CROSS JOIN dbo.[user] AS c;',
    );
    const running = run();
    await until(() => (document.editor.sets[0]?.rows.count ?? 0) > 1000, 'the first rows');
    await assert.doesNotReject(Promise.resolve(run()));
    assert.ok(document.editor.running, 'a second run must be refused, not replace the first');
    const started = Date.now();
    await vscode.commands.executeCommand('passwordlessSql.cancelQuery');
    await running;
    assert.ok(Date.now() - started < 10_000, 'cancelling waited for the statement');
    assert.equal(document.editor.phase, 'cancelled');
    const [set] = document.editor.sets;
    assert.ok(set?.partial && set.rows.count > 1000 && set.rows.count < 250 ** 3);
    assert.equal((await set.rows.window(1000, 1)).length, 1);
    assert.match(texts(document).at(-1) ?? '', /^Cancelled\. The [\d,]+ rows that had arrived are kept\.$/);
    await replaceText(document, 'SELECT 3 AS third;');
    await run();
    assert.deepEqual(await rows(document), [[3]]);
  });

  it('knows of an open transaction and ends it as told', async () => {
    const document = await newQuery(
      "BEGIN TRANSACTION;\nINSERT dbo.[user] (first_name) VALUES ('Rolled back');\nSELECT @@TRANCOUNT AS depth;",
    );
    await run();
    assert.equal(document.editor.phase, 'done', texts(document).join(' | '));
    assert.equal(document.editor.openTransactions, 1);
    await document.editor.endTransaction('rollback');
    assert.equal(document.editor.openTransactions, 0);
    await replaceText(document, "SELECT COUNT(*) AS n FROM dbo.[user] WHERE first_name = 'Rolled back';");
    await run();
    assert.deepEqual(await rows(document), [[0]]);
  });

  it('asks for parameters with the types that the server suggests', async () => {
    const document = await newQuery('');
    const { queries } = (await extension()).exports;
    const asked: unknown[] = [];
    const answering =
      (value: Cell): AskParameters =>
      (parameters) => {
        asked.push(...parameters);
        return Promise.resolve(parameters.map(({ name, sqlType }) => ({ name, value, sqlType })));
      };
    const batches = splitBatches('SELECT id FROM dbo.[user] WHERE id = @id;');
    await queries.run(document, batches, answering(7));
    assert.deepEqual(asked, [{ name: 'id', sqlType: 'int', guessed: false }]);
    assert.deepEqual(await rows(document), [[7]]);
    await queries.run(document, batches, answering(null));
    assert.deepEqual(await rows(document), []);
  });

  it('shows every type as the server holds it', async () => {
    const document = await newQuery(
      "SELECT CAST(12345678901234567.89 AS decimal(19, 2)) AS d, CAST(9223372036854775807 AS bigint) AS b, CAST('2024-02-29 23:59:59.123456' AS datetime2(7)) AS t, CAST(0x00FF AS varbinary(4)) AS x, CAST(NULL AS int) AS nothing, CAST(1 AS bit) AS yes, N'größe 😀' AS n;",
    );
    await run();
    const [set] = document.editor.sets;
    assert.ok(set, texts(document).join(' | '));
    const [row] = await set.rows.window(0, 1);
    assert.deepEqual(
      set.columns.map((column, index) => cellText(row?.[index] ?? null, column)),
      [
        '12345678901234567.89',
        '9223372036854775807',
        '2024-02-29 23:59:59.1234560',
        '0x00FF',
        null,
        '1',
        'größe 😀',
      ],
    );
  });

  it('shows large results whole, any window of them', async () => {
    const document = await newQuery(
      'SELECT TOP (20000) a.id * 1000 + b.id AS n FROM dbo.[user] AS a CROSS JOIN dbo.[user] AS b ORDER BY a.id, b.id;',
    );
    await run();
    assert.equal(document.editor.sets[0]?.rows.count, 20_000, texts(document).join(' | '));
    const window = await document.editor.sets[0].rows.window(19_999, 50);
    assert.equal(window.length, 1);
    assert.equal((await document.editor.sets[0].rows.window(0, 1))[0]?.[0], 1001);
  });

  it('runs the whole text again after each jump to a line, any number of times', async () => {
    const document = await newQuery(
      'BEGIN TRANSACTION;\nSELECT 1 AS a;\nCOMMIT TRANSACTION;\nGO\n  SELECT 2 AS b;\n',
    );
    const { queries } = (await extension()).exports;
    for (let turn = 0; turn < 12; turn++) {
      const before = document.editor.runNumber;
      await run();
      assert.equal(document.editor.runNumber, before + 1, `turn ${turn} did not run`);
      assert.equal(document.editor.phase, 'done', texts(document).join(' | '));
      assert.equal(document.editor.sets.length, 2, `turn ${turn} ran only a part`);
      assert.equal(document.editor.openTransactions, 0);
      await queries.jump(document, turn % 5);
      const { activeTextEditor } = vscode.window;
      assert.equal(activeTextEditor?.document.uri.toString(), document.uri.toString());
      assert.ok(activeTextEditor.selection.isEmpty, 'what is selected would be all that runs');
      assert.deepEqual(
        [activeTextEditor.selection.active.line, activeTextEditor.selection.active.character],
        [turn % 5, turn % 5 === 4 ? 2 : 0],
      );
    }
  });

  it('still knows which query is in front after its results were closed', async () => {
    const document = await newQuery('SELECT 1 AS a;');
    await run();
    document.panel?.dispose();
    await until(() => document.panel?.disposed === true, 'the panel to close');
    const { queries } = (await extension()).exports;
    assert.equal(queries.inFront(), document);
    await run();
    assert.equal(document.panel?.disposed, false);
  });

  it('uses the connection as it is saved now, and says what went with the session', async () => {
    const document = await newQuery('CREATE TABLE #mine (n int);');
    await run();
    try {
      await saveConnections(connection({ name: 'Renamed' }));
      await replaceText(document, 'SELECT COUNT(*) AS n FROM #mine;');
      await run();
      assert.equal(document.editor.profile.name, 'Renamed');
      assert.deepEqual(await rows(document), [[0]], 'a new name takes nothing away');
      await saveConnections(connection({ applicationName: 'another' }));
      await run();
      assert.match(texts(document)[0] ?? '', /connection was changed.*Temporary tables are gone/);
      assert.match(texts(document).at(-1) ?? '', /Invalid object name '#mine'/);
    } finally {
      await saveConnections(connection());
    }
  });

  it('asks which connection to use when its own was removed', async () => {
    const document = await newQuery('SELECT 1 AS a;');
    await run();
    const { runNumber } = document.editor;
    try {
      await saveConnections(connection({ id: 'other', name: 'Other' }));
      const running = run();
      const accept = async (): Promise<boolean> => {
        await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
        return document.editor.runNumber > runNumber;
      };
      for (let turn = 0; turn < 100 && !(await accept()); turn++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      await running;
      assert.equal(document.editor.profile.id, 'other');
      assert.deepEqual(await rows(document), [[1]]);
    } finally {
      await saveConnections(connection());
    }
  });

  it('offers links above batches', async () => {
    const document = await newQuery('SELECT 1;\nGO\nSELECT 2;');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    assert.deepEqual(
      lenses.map((lens) => [lens.range.start.line, lens.command?.command]),
      [
        [0, 'passwordlessSql.runQueryFile'],
        [0, 'passwordlessSql.changeQueryConnection'],
        [0, 'passwordlessSql.runQueryBatch'],
        [2, 'passwordlessSql.runQueryBatch'],
      ],
    );
    await vscode.commands.executeCommand('passwordlessSql.runQueryBatch', document.uri, 2);
    assert.deepEqual(await rows(document), [[2]]);
  });
});
