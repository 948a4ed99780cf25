// The log as VS Code's output channel "Passwordless SQL"; everything passes through redaction.
import * as vscode from 'vscode';
import { errorStack } from '../../core/errorStack.ts';
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
    const detail = error === undefined ? '' : `\n${errorStack(error)}`;
    this.#channel.error(redact(message + detail));
  }

  show(): void {
    this.#channel.show();
  }

  dispose(): void {
    this.#channel.dispose();
  }
}
