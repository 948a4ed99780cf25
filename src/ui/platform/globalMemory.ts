// What is remembered on this machine outside any workspace: VS Code's global state.
import type * as vscode from 'vscode';
import type { Cloud } from '../../core/cloud.ts';
import type { ConfirmedHosts, Memory } from '../../core/ports.ts';

const confirmedHostsKey = 'confirmedHosts';

/** Never holds a secret. */
export class GlobalMemory implements Memory {
  readonly #state: vscode.Memento;

  constructor(state: vscode.Memento) {
    this.#state = state;
  }

  get(key: string): unknown {
    return this.#state.get(key);
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#state.update(key, value);
  }
}

/** Hosts outside every known cloud that a person allowed to receive tokens. A workspace cannot add one. */
export class ConfirmedHostList implements ConfirmedHosts {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  has(host: string, cloud: Cloud): boolean {
    return this.#list().includes(entry(host, cloud));
  }

  async add(host: string, cloud: Cloud): Promise<void> {
    if (this.has(host, cloud)) return;
    await this.#memory.set(confirmedHostsKey, [...this.#list(), entry(host, cloud)]);
  }

  #list(): string[] {
    const value = this.#memory.get(confirmedHostsKey);
    return Array.isArray(value) ? value.filter((host) => typeof host === 'string') : [];
  }
}

/** The audience is what the person was shown; a cloud's name could come to mean another one. */
function entry(host: string, { audience }: Cloud): string {
  return `${host.toLowerCase().replace(/\.$/, '')} ${audience}`;
}
