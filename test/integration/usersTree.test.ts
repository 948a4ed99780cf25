// The tree against the local Azure: rows a page at a time, errors with their remedy, and following the settings.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { child, connection, saveConnections, shown } from './workspace.ts';

describe('the users tree', () => {
  beforeEach(() => saveConnections(connection()));
  afterEach(() => saveConnections());

  it('shows the connection with its database, its users and its access', async () => {
    const [root, ...others] = await shown();
    assert.equal(others.length, 0);
    assert.equal(root?.label, 'Sample');
    assert.match(root?.description ?? '', /^appdb/);
    assert.equal(root?.context, 'connection active');
    assert.deepEqual(
      (await shown(root?.node)).map(({ label }) => label),
      ['Users', 'Access'],
    );
  });

  it('shows a hundred rows, their count, and more when asked', async () => {
    const root = await child('Sample');
    const users = await child('Users', root.node);
    const rows = await shown(users.node);
    assert.equal(rows.length, 101);
    assert.equal(rows[0]?.label, 'Ada Lovelace');
    assert.equal(rows[0]?.description, 'id 1');
    assert.equal(rows[0]?.context, 'row writable');
    assert.equal(rows.at(-1)?.label, 'Load more');
    const { description } = await child('Users', root.node);
    assert.equal(description, '250');
    await vscode.commands.executeCommand('passwordlessSql.loadMore', rows.at(-1)?.node);
    assert.equal((await shown(users.node)).length, 201);
    await vscode.commands.executeCommand('passwordlessSql.loadMore', users.node);
    const all = await shown(users.node);
    assert.equal(all.length, 250);
    assert.equal(new Set(all.map(({ node }) => node.id)).size, 250);
  });

  it('tells who is connected once it is', async () => {
    const root = await child('Sample');
    await shown((await child('Users', root.node)).node);
    assert.match((await child('Sample')).description, /^appdb · ada@contoso\.example · \d+ min$/);
  });

  it('shows who has access, by kind and with their roles', async () => {
    const access = await child('Access', (await child('Sample')).node);
    const people = await child('People', access.node);
    const grace = await child('grace@contoso.example', people.node);
    assert.equal(grace.description, 'db_datareader');
    const group = await child('SQL Readers', (await child('Groups', access.node)).node);
    assert.equal(group.description, 'db_datareader');
    const role = await child('db_datareader', (await child('Roles with members', access.node)).node);
    assert.equal(role.description, 'grace@contoso.example, SQL Readers');
  });

  it('copies a row as JSON', async () => {
    const root = await child('Sample');
    const users = await child('Users', root.node);
    const [row] = await shown(users.node);
    await vscode.commands.executeCommand('passwordlessSql.copyRow', row?.node);
    assert.deepEqual(JSON.parse(await vscode.env.clipboard.readText()), {
      id: 1,
      first_name: 'Ada',
      last_name: 'Lovelace',
    });
  });

  it('offers to create a table that is missing', async () => {
    await saveConnections(connection({ tables: [{ schema: 'dbo', name: 'no]where' }] }));
    const root = await child('Sample');
    const users = await child('Users', root.node);
    const nodes = await shown(users.node);
    assert.match(nodes[0]?.label ?? '', /^Table \[dbo\]\.\[no\]\]where\] is missing/);
    assert.deepEqual(
      nodes.slice(1).map(({ label }) => label),
      ['Create It…', 'Try Again'],
    );
  });

  it('shows tables with hostile content, without a key, with computed columns and triggers', async () => {
    const tables = ['person', 'event_log', 'product'].map((name) => ({ schema: 'dbo', name }));
    await saveConnections(connection({ tables }));
    const root = await child('Sample');
    const people = await shown((await child('[dbo].[person]', root.node)).node);
    assert.ok(people.some(({ label }) => label === 'Łukasz Żółty 😀'));
    const events = await shown((await child('[dbo].[event_log]', root.node)).node);
    assert.equal(events.length, 3);
    assert.ok(events.every(({ context }) => context === 'row'));
    const products = await shown((await child('[dbo].[product]', root.node)).node);
    assert.deepEqual(
      products.map(({ context }) => context),
      ['row writable', 'row writable', 'row writable'],
    );
  });

  it('shows a failure with its way out, and everything again when it is over', async () => {
    await saveConnections(connection({ database: 'nosuchdb' }));
    const root = await child('Sample');
    const users = await child('Users', root.node);
    const nodes = await shown(users.node);
    assert.equal(nodes[0]?.context, 'message');
    assert.ok(nodes.some(({ label }) => label === 'Edit Connection…'));
    await saveConnections(connection());
    const again = await child('Users', (await child('Sample')).node);
    assert.equal((await shown(again.node)).length, 101);
  });

  it('never prompts: an account that is not signed in becomes a node that offers to sign in', async () => {
    await saveConnections(
      connection({ credential: { kind: 'vscode', account: { id: 'x', label: 'nobody@contoso.example' } } }),
    );
    const users = await child('Users', (await child('Sample')).node);
    const nodes = await shown(users.node);
    assert.deepEqual(
      nodes.map(({ label }) => label),
      ['nobody@contoso.example is no longer signed in to VS Code.', 'Sign In', 'Try Again'],
    );
  });

  it('sends nothing to a host outside the known clouds, and offers to trust it', async () => {
    await saveConnections(connection({ server: 'localhost.evil.example' }));
    const users = await child('Users', (await child('Sample')).node);
    const nodes = await shown(users.node);
    assert.match(nodes[0]?.label ?? '', /^localhost\.evil\.example belongs to no Azure cloud/);
    assert.equal(nodes[1]?.label, 'Trust localhost.evil.example…');
  });

  it('follows which connection is active', async () => {
    await saveConnections(connection(), connection({ id: 'other', name: 'Other' }));
    const other = await child('Other');
    await vscode.commands.executeCommand('passwordlessSql.setActiveConnection', other.node);
    assert.deepEqual(
      (await shown()).map(({ context }) => context),
      ['connection', 'connection active'],
    );
  });

  it('is empty without connections', async () => {
    await saveConnections();
    assert.deepEqual(await shown(), []);
  });
});
