// The log as VS Code's output channel "Passwordless SQL"; everything passes through redaction.
import * as vscode from 'vscode';
import type { Log } from '../../core/ports.ts';
import { redact } from './redact.ts';

export class OutputLog implements Log, vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('Passwordless SQL', { log: true });

  trace(message: string): void {
    this.#channel.trace(redact(message));
  }

  debug(message: string): void {
    this.#channel.debug(redact(message));
  }

  info(message: string): void {
    this.#channel.info(redact(message));
  }

  warn(message: string): void {
    this.#channel.warn(redact(message));
  }

  error(message: string, error?: unknown): void {
    const detail = error === undefined ? '' : `\n${describe(error)}`;
    this.#channel.error(redact(message + detail));
  }

  show(): void {
    this.#channel.show();
  }

  dispose(): void {
    this.#channel.dispose();
  }
}

/** Stack and causes; never the error's other properties, which may carry rows or tokens. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`;
}
