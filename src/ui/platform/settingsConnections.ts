// Saved connections in VS Code's settings, per user or per workspace; those of an untrusted workspace are left alone.
import * as vscode from 'vscode';
import type { ConnectionProfile } from '../../core/connection.ts';
import type { ConnectionStore, Disposable, Log } from '../../core/ports.ts';
import { readProfiles } from '../../core/settings.ts';

type Scope = 'user' | 'workspace';
const section = 'passwordlessSql';
const key = 'connections';

export class SettingsConnections implements ConnectionStore {
  readonly #log: Log;
  #reported = '';

  constructor(log: Log) {
    this.#log = log;
  }

  list(): readonly (ConnectionProfile & { scope: Scope })[] {
    const user = this.#read('user').map((profile) => ({ ...profile, scope: 'user' as const }));
    // A workspace that is not trusted must not decide which servers are contacted.
    if (!vscode.workspace.isTrusted) return user;
    const ids = new Set(user.map(({ id }) => id));
    const workspace = this.#read('workspace')
      .filter(({ id }) => !ids.has(id))
      .map((profile) => ({ ...profile, scope: 'workspace' as const }));
    return [...user, ...workspace];
  }

  async save(profile: ConnectionProfile, scope: Scope): Promise<void> {
    await this.#change(scope, (items) => {
      const index = items.findIndex((item) => idOf(item) === profile.id);
      if (index < 0) items.push(profile);
      else items[index] = profile;
    });
    const other = scope === 'user' ? 'workspace' : 'user';
    if (this.#raw(other).some((item) => idOf(item) === profile.id)) await this.#drop(other, profile.id);
  }

  async remove(id: string): Promise<void> {
    for (const scope of ['user', 'workspace'] as const)
      if (this.#raw(scope).some((item) => idOf(item) === id)) await this.#drop(scope, id);
  }

  onDidChange(listener: (value: void) => void): Disposable {
    return vscode.Disposable.from(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${section}.${key}`)) listener();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => listener()),
    );
  }

  #read(scope: Scope): ConnectionProfile[] {
    const { profiles, problems } = readProfiles(this.#raw(scope));
    const text = problems.join('\n');
    if (text && text !== this.#reported) this.#log.warn(`Settings: ${text}`);
    if (text) this.#reported = text;
    return profiles;
  }

  /** The setting as written, with items that this version does not understand, which a save must not lose. */
  #raw(scope: Scope): unknown[] {
    const found = vscode.workspace.getConfiguration(section).inspect<unknown>(key);
    const value = scope === 'user' ? found?.globalValue : found?.workspaceValue;
    return Array.isArray(value) ? [...value] : [];
  }

  #drop(scope: Scope, id: string): Promise<void> {
    return this.#change(scope, (items) => {
      const rest = items.filter((item) => idOf(item) !== id);
      items.length = 0;
      items.push(...rest);
    });
  }

  async #change(scope: Scope, change: (items: unknown[]) => void): Promise<void> {
    const items = this.#raw(scope);
    change(items);
    const target =
      scope === 'user' ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
    await vscode.workspace
      .getConfiguration(section)
      .update(key, items.length === 0 ? undefined : items, target);
  }
}

function idOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
}
