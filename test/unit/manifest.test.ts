// package.json against the sources: what is contributed is registered, and every reference leads somewhere.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

interface MenuItem {
  command: string;
  when?: string;
  group?: string;
}
interface Manifest {
  contributes: {
    commands: { command: string; title: string; category?: string; icon?: string }[];
    menus: Record<string, MenuItem[]>;
    views: Record<string, { id: string; name: string; icon?: string }[]>;
    viewsContainers: Record<string, { id: string; title: string; icon: string }[]>;
    viewsWelcome: { view: string; contents: string; when?: string }[];
    walkthroughs: {
      id: string;
      title: string;
      description: string;
      steps: {
        id: string;
        title: string;
        description: string;
        media: { markdown: string };
        completionEvents: string[];
      }[];
    }[];
    configuration: {
      properties: Record<string, { description?: string; markdownDescription?: string; scope?: string }>;
    };
  };
}

const read = (file: string) => fs.readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
const { commands, menus, views, viewsContainers, viewsWelcome, walkthroughs, configuration } =
  manifest.contributes;

const sources = fs
  .globSync('src/**/*.ts', { cwd: root })
  .map((file) => ({ file: file.replaceAll('\\', '/'), text: read(file) }));

/** A command table's keys: quoted ids that stand before a colon. */
const registered = new Set(
  sources
    .filter(({ file }) => file.startsWith('src/ui/'))
    .flatMap(({ text }) => [...text.matchAll(/^\s*'(passwordlessSql\.\w+)':/gm)].map(([, id = '']) => id)),
);
// The one command whose id is shared with the nodes that run it.
registered.add('passwordlessSql.runRemedy');

describe('the manifest', () => {
  it('contributes exactly the commands that are registered', () => {
    assert.ok(registered.size > 20, `only ${registered.size} command handlers found`);
    assert.deepEqual(commands.map(({ command }) => command).toSorted(), [...registered].toSorted());
  });

  it('names no command twice, and gives each a title, the category and a codicon', () => {
    assert.equal(new Set(commands.map(({ command }) => command)).size, commands.length);
    for (const { command, title, category, icon } of commands) {
      assert.ok(title, command);
      assert.equal(category, 'Passwordless SQL', command);
      if (icon !== undefined) assert.match(icon, /^\$\([a-z0-9-]+\)$/, command);
    }
  });

  it('has a text for every placeholder, and no text without one', () => {
    const used = new Set([...read('package.json').matchAll(/"%([^%"]+)%"/g)].map(([, key = '']) => key));
    assert.deepEqual(
      [...used].filter((key) => !(key in texts)),
      [],
    );
    assert.deepEqual(
      Object.keys(texts).filter((key) => !used.has(key)),
      [],
    );
  });

  it('leads through steps whose pages are packed, whose buttons run commands of its own, and which end when they were done', () => {
    const ids = new Set(commands.map(({ command }) => command));
    const own = Object.values(views).flatMap((list) => list.map(({ id }) => id));
    const [walkthrough] = walkthroughs;
    assert.ok(walkthrough && walkthrough.steps.length >= 4);
    for (const { id, description, media, completionEvents } of walkthrough.steps) {
      assert.ok(fs.statSync(path.join(root, media.markdown)).size < 2000, `${id} is a short page`);
      assert.ok(media.markdown.startsWith('media/walkthrough/'), 'as .vscodeignore has it');
      const text = texts[description.replaceAll('%', '')] ?? '';
      const links = [...text.matchAll(/\(command:([\w.]+)\)/g)].map(([, command = '']) => command);
      assert.ok(links.length > 0, `${id} has something to press`);
      for (const command of links)
        assert.ok(ids.has(command) || own.some((view) => command === `${view}.focus`), command);
      for (const event of completionEvents) {
        const [kind = '', what = ''] = event.split(':');
        if (kind === 'onCommand') assert.ok(ids.has(what), event);
        else if (kind === 'onView') assert.ok(own.includes(what), event);
        else assert.ok(kind === 'onContext' && sources.some(({ text: code }) => code.includes(what)), event);
      }
    }
    assert.ok(
      (texts['view.welcome'] ?? '').includes(`%23${walkthrough.id}%22`),
      'the empty view leads there',
    );
  });

  it('puts only its own commands into menus, those in a node’s line with an icon', () => {
    const known = new Map(commands.map((command) => [command.command, command]));
    for (const [menu, items] of Object.entries(menus))
      for (const item of items) {
        const command = known.get(item.command);
        assert.ok(command, `${menu} names ${item.command}`);
        if (
          item.group?.startsWith('inline') ||
          (menu === 'view/title' && item.group?.startsWith('navigation'))
        )
          assert.ok(command.icon, `${item.command} has no icon for ${menu}`);
      }
  });

  it('asks in "when" only for keys that VS Code or the sources set', () => {
    const clauses = [
      ...Object.values(menus)
        .flat()
        .map(({ when }) => when ?? ''),
      ...viewsWelcome.map(({ when }) => when ?? ''),
    ];
    // Literally, or by a constant of the same file.
    const set = new Set(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/'setContext',\s*(?:'([\w.]+)'|(\w+))/g)].map(
          ([, key, constant = '']) => key ?? new RegExp(`const ${constant} = '([\\w.]+)'`).exec(text)?.[1],
        ),
      ),
    );
    const builtIn = new Set([
      'view',
      'viewItem',
      'editorLangId',
      'resourceLangId',
      'resourceScheme',
      'activeWebviewPanelId',
      'editorTextFocus',
      'activeWebviewPanelId',
      'false',
      'true',
    ]);
    for (const clause of clauses) {
      const keys = clause
        .replaceAll(/=~\s*\/(?:\\.|[^/\\])*\/\w*/g, '')
        .replaceAll(/[!=]=\s*'?[\w.:-]+'?/g, '')
        .match(/[a-zA-Z][\w.]*/g);
      for (const key of keys ?? [])
        assert.ok(builtIn.has(key) || set.has(key), `"${clause}" asks for ${key}`);
    }
  });

  it('asks for the kinds of nodes that the tree has', () => {
    const kinds = new Set(
      sources.flatMap(({ text }) =>
        [...text.matchAll(/contextValue = [^;]*?['`]([\w ]+)/g)].map(([, value = '']) => value.split(' ')[0]),
      ),
    );
    for (const { when = '' } of menus['view/item/context'] ?? []) {
      const kind = /viewItem (?:== |=~ \/\^?)(\w+)/.exec(when)?.[1];
      assert.ok(kind && kinds.has(kind), `"${when}" asks for a node nobody makes`);
    }
  });

  it('shows its views in a container with an icon that exists, and welcomes into a view that exists', () => {
    const container = viewsContainers['activitybar']?.[0];
    assert.equal(container?.id, 'passwordlessSql');
    assert.ok(fs.existsSync(path.join(root, container.icon)));
    const ids = (views['passwordlessSql'] ?? []).map(({ id }) => id);
    assert.deepEqual(ids, ['passwordlessSql.users']);
    for (const { view, contents } of viewsWelcome) {
      assert.ok(ids.includes(view));
      const text = texts[contents.replaceAll('%', '')] ?? '';
      for (const [, command = ''] of text.matchAll(/\(command:([\w.]+)\)/g))
        assert.ok(registered.has(command), command);
    }
  });

  it('describes every setting; a workspace cannot add a cloud', () => {
    for (const [name, property] of Object.entries(configuration.properties)) {
      assert.match(name, /^passwordlessSql\./);
      assert.ok(property.description ?? property.markdownDescription, name);
    }
    assert.equal(configuration.properties['passwordlessSql.customClouds']?.scope, 'application');
  });

  it('reads only settings that it describes', () => {
    const asked = sources.flatMap(({ text }) =>
      [
        ...text.matchAll(/getConfiguration\('passwordlessSql'\)\s*\.(?:get|inspect)(?:<[^>]*>)?\('(\w+)'/g),
      ].map(([, key = '']) => `passwordlessSql.${key}`),
    );
    assert.ok(asked.length > 0);
    for (const key of asked) assert.ok(key in configuration.properties, key);
  });
});
