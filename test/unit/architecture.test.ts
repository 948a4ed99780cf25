// The one rule of the house: imports point down. Read from the sources themselves, so that nothing can be missed by a tool's resolver.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

interface Import {
  specifier: string;
  /** `import type`, or every name of it a type. */
  typeOnly: boolean;
}

function importsOf(source: string, file: string): Import[] {
  const { module, errors } = parseSync(file, source);
  assert.deepEqual(errors, [], `${file} does not parse`);
  const found: Import[] = module.staticImports.map((entry) => ({
    specifier: entry.moduleRequest.value,
    typeOnly: entry.entries.length > 0 && entry.entries.every((name) => name.isType),
  }));
  for (const statement of module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.moduleRequest) found.push({ specifier: entry.moduleRequest.value, typeOnly: entry.isType });
    }
  }
  for (const call of module.dynamicImports) {
    const text = source.slice(call.moduleRequest.start, call.moduleRequest.end);
    found.push({ specifier: text.replace(/^['"`]|['"`]$/g, ''), typeOnly: false });
  }
  return found;
}

const layers = ['core', 'data', 'services', 'ui'] as const;
type Place = (typeof layers)[number] | 'root' | 'media';

function placeOf(file: string): Place | undefined {
  const [top, second] = file.split('/');
  if (top === 'media') return 'media';
  if (top !== 'src') return undefined;
  const layer = layers.find((name) => name === second);
  return layer ?? 'root';
}

/** What each place may import from the project; `types` = by `import type` only. */
const allowed: Record<Place, { values: Place[]; types: Place[] }> = {
  core: { values: ['core'], types: [] },
  data: { values: ['data', 'core'], types: [] },
  services: { values: ['services', 'core'], types: ['data'] },
  ui: { values: ['ui', 'services', 'core'], types: [] },
  media: { values: ['media', 'core'], types: [] },
  root: { values: ['root', 'ui', 'services', 'data', 'core'], types: [] },
};

/** The sentence about a forbidden import, undefined when it is fine. */
function violation(file: string, source: Import): string | undefined {
  const place = placeOf(file);
  if (!place) return undefined;
  const { specifier, typeOnly } = source;
  if (specifier === 'vscode') {
    return place === 'ui' || place === 'root' ? undefined : `${file} knows vscode, only ui may`;
  }
  if (specifier.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    const to = placeOf(target);
    if (!to) return `${file} imports ${target}, which is outside src and media`;
    const rule = allowed[place];
    if (rule.values.includes(to) || (typeOnly && rule.types.includes(to))) return undefined;
    return `${file} (${place}) imports ${target} (${to})`;
  }
  if (specifier.startsWith('node:')) {
    return place === 'core' || place === 'media' ? `${file} (${place}) imports ${specifier}` : undefined;
  }
  const mayUseNpm = place === 'data' || (place === 'media' && specifier.startsWith('regular-table'));
  return mayUseNpm ? undefined : `${file} (${place}) imports the package ${specifier}`;
}

function sources(): string[] {
  return fs
    .globSync('{src,media}/**/*.ts', { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .toSorted();
}

describe('the house', () => {
  it('lets imports point down only', () => {
    const files = sources();
    assert.ok(files.length > 40, `only ${files.length} files were seen`);
    for (const layer of layers)
      assert.ok(
        files.some((file) => file.startsWith(`src/${layer}/`)),
        `nothing seen in ${layer}`,
      );
    const found = files.flatMap((file) =>
      importsOf(fs.readFileSync(path.join(root, file), 'utf8'), file)
        .map((source) => violation(file, source))
        .filter((text) => text !== undefined),
    );
    assert.deepEqual(found, []);
  });

  it('catches a planted violation of every kind', () => {
    const planted: [string, string][] = [
      ['src/core/x.ts', `import { a } from '../data/a.ts';`],
      ['src/core/x.ts', `import * as fs from 'node:fs';`],
      ['src/core/x.ts', `import mssql from 'mssql';`],
      ['src/data/x.ts', `import type { A } from '../services/a.ts';`],
      ['src/data/x.ts', `export { a } from '../ui/a.ts';`],
      ['src/services/x.ts', `import { a } from '../data/a.ts';`],
      ['src/services/x.ts', `import * as vscode from 'vscode';`],
      ['src/ui/x.ts', `const a = await import('../data/main.ts');`],
      ['src/ui/x.ts', `import { a } from '../../test/azure/a.ts';`],
      ['media/x/main.ts', `import { a } from '../../src/ui/a.ts';`],
    ];
    for (const [file, source] of planted) {
      const [only] = importsOf(source, file);
      assert.ok(only && violation(file, only), `${file}: ${source} was not caught`);
    }
    const [fine] = importsOf(`import type { A } from '../data/a.ts';`, 'src/services/x.ts');
    assert.ok(fine);
    assert.equal(violation('src/services/x.ts', fine), undefined);
  });

  it('ships nothing of the local Azure', () => {
    const ignore = fs.readFileSync(path.join(root, '.vscodeignore'), 'utf8').split('\n');
    assert.equal(ignore[0], '**', 'the .vsix must start from nothing');
    assert.deepEqual(
      ignore.filter((line) => line.startsWith('!test')),
      [],
    );
  });
});
