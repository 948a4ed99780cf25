// Notifications turn `[text](command:…)` into links: whatever a server, a table or a file may have named goes through withoutLinks first.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const shows = /^show(Information|Warning|Error)Message$/;

interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The node and all below it. */
function* nodesIn(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesIn(child);
}

function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function fixedText(node: Node | undefined): boolean {
  if (node?.type === 'TemplateLiteral') return nodes(node['expressions']).length === 0;
  return node?.type === 'Literal' && typeof node['value'] === 'string';
}

/** A sentence of ours without anything filled in, or one that withoutLinks has seen. */
function isHarmless(node: Node | undefined, source: string): boolean {
  if (!node) return false;
  if (fixedText(node)) return true;
  if (node.type === 'ConditionalExpression')
    return [node['consequent'], node['alternate']].every((side) => isNode(side) && isHarmless(side, source));
  if (node.type !== 'CallExpression' || !isNode(node['callee'])) return false;
  const callee = source.slice(node['callee'].start, node['callee'].end);
  if (callee === 'withoutLinks') return true;
  const [text, ...filledIn] = nodes(node['arguments']);
  return callee === 'vscode.l10n.t' && fixedText(text) && filledIn.length === 0;
}

/** What a notification is given that may bring a link: one line each. `checked` counts the places that were looked at. */
function unguarded(source: string, file: string): { found: string[]; checked: number } {
  const { program, errors } = parseSync(file, source);
  assert.deepEqual(errors, [], `${file} does not parse`);
  const all = [...nodesIn(program as unknown as Node)];
  const isShow = (node: Node) => node.type === 'Identifier' && shows.test(String(node['name']));
  /** Variables that stand for one of the functions: `const show = …showErrorMessage`. */
  const aliases = new Set<unknown>();
  const accounted = new Set<Node>();
  for (const node of all) {
    if (node.type !== 'VariableDeclarator' || !isNode(node['init']) || !isNode(node['id'])) continue;
    if (node['init'].type === 'ArrowFunctionExpression' || node['id'].type !== 'Identifier') continue;
    const mentions = [...nodesIn(node['init'])];
    const calls = mentions.some((inner) => inner.type === 'CallExpression' && isShowCall(inner));
    if (calls || !mentions.some(isShow)) continue;
    aliases.add(node['id']['name']);
    for (const mention of mentions.filter(isShow)) accounted.add(mention);
  }
  function isShowCall(node: Node): boolean {
    const callee = node['callee'];
    if (!isNode(callee)) return false;
    if (callee.type === 'Identifier') return aliases.has(callee['name']) || isShow(callee);
    return callee.type === 'MemberExpression' && isNode(callee['property']) && isShow(callee['property']);
  }
  const found: string[] = [];
  let checked = 0;
  const judge = (text: Node | undefined, place: Node): void => {
    checked++;
    if (!isHarmless(text, source))
      found.push(`${file}: ${source.slice(place.start, place.end).split('\n')[0]}`);
  };
  for (const node of all) {
    if (node.type === 'CallExpression' && isShowCall(node)) {
      for (const inner of nodesIn(node['callee'] as Node)) accounted.add(inner);
      judge(nodes(node['arguments'])[0], node);
    }
    // The title of a progress that is shown as a notification.
    if (node.type === 'ObjectExpression') {
      const named = (name: string): Node | undefined => {
        const property = nodes(node['properties']).find(({ key }) => isNode(key) && key['name'] === name)?.[
          'value'
        ];
        return isNode(property) ? property : undefined;
      };
      const location = named('location');
      if (location && source.slice(location.start, location.end).endsWith('ProgressLocation.Notification'))
        judge(named('title'), node);
    }
  }
  for (const mention of all.filter(isShow))
    if (!accounted.has(mention))
      found.push(`${file}: ${String(mention['name'])} goes where it is not followed`);
  return { found, checked };
}

describe('notifications', () => {
  it('show nothing that could bring a link', () => {
    const files = fs
      .globSync('src/**/*.ts', { cwd: root })
      .map((file) => file.split(path.sep).join('/'))
      .toSorted();
    const results = files.map((file) => unguarded(fs.readFileSync(path.join(root, file), 'utf8'), file));
    assert.deepEqual(
      results.flatMap(({ found }) => found),
      [],
    );
    const checked = results.reduce((sum, result) => sum + result.checked, 0);
    assert.ok(checked >= 15, `only ${checked} notifications were seen`);
  });

  it('are caught when they do', () => {
    const planted = [
      'vscode.window.showErrorMessage(`no ${name}`);',
      "vscode.window.showErrorMessage(vscode.l10n.t('no {0}', name));",
      'void vscode.window.showInformationMessage(summary, open);',
      "vscode.window.showWarningMessage('no ' + name);",
      "vscode.window.showWarningMessage(name ? vscode.l10n.t('no') : name);",
      'const show = bad ? vscode.window.showWarningMessage : vscode.window.showErrorMessage; show(text);',
      'const { showErrorMessage } = vscode.window;',
      'each(vscode.window.showErrorMessage);',
      "const chosen = await vscode.window.showErrorMessage(vscode.l10n.t('no {0}', name));",
      'const say = () => vscode.window.showErrorMessage(name);',
      'vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: name }, run);',
    ];
    for (const source of planted) assert.ok(unguarded(source, 'x.ts').found.length > 0, source);
  });

  it('may say what nobody else put into them', () => {
    const fine = [
      "vscode.window.showErrorMessage(vscode.l10n.t('no'), vscode.l10n.t('Open {0}', name));",
      "vscode.window.showErrorMessage(withoutLinks(vscode.l10n.t('no {0}', name)));",
      "vscode.window.showErrorMessage(late ? 'later' : `never`);",
      'const show = bad ? vscode.window.showWarningMessage : vscode.window.showErrorMessage; show(withoutLinks(text));',
      "vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'wait' }, run);",
    ];
    for (const source of fine) assert.deepEqual(unguarded(source, 'x.ts'), { found: [], checked: 1 }, source);
  });
});
