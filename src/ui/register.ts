// Registers a feature's commands: every handler runs inside the error boundary, with an AbortSignal and a progress that can be cancelled.
import * as vscode from 'vscode';
import { withoutLinks } from '../core/errorText.ts';
import type { ErrorBoundary } from './errorBoundary.ts';

export interface CommandContext {
  /** Aborts when the person presses Cancel on the progress. */
  signal: AbortSignal;
  /**
   * Says what is being done; shown as a cancellable notification once it has taken longer than a moment. An empty text hides it:
   * call it so before asking the person something.
   */
  progress(text: string): void;
  /** From here on "Try Again" runs `next` instead of the whole command: what was answered is not asked again. */
  repeatFrom(next: (context: CommandContext) => unknown): void;
}

export type CommandHandler = (context: CommandContext, ...args: unknown[]) => unknown;

/** Command id → handler. The keys are exactly the ids in package.json. */
export type CommandTable = Record<string, CommandHandler>;

/** What finishes sooner than this shows no progress, in milliseconds. */
const patience = 400;

/** Registers every handler of `table`. A handler's failure is shown by `boundary`; its result is the command's result. */
export function registerCommands(table: CommandTable, boundary: ErrorBoundary): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(table).map(([id, handler]) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => {
        let action = (context: CommandContext): unknown => handler(context, ...args);
        const attempt = () =>
          withCommandProgress(
            (context) => action(context),
            (next) => {
              action = next;
            },
          );
        return boundary.run(attempt, { retry: attempt });
      }),
    ),
  );
}

/**
 * A table for `ids` whose handlers are loaded by `load` when the first of them is called; it is called once.
 * An id that the loaded table does not have is a bug and fails as one.
 */
export function lazyCommands(ids: readonly string[], load: () => Promise<CommandTable>): CommandTable {
  let loading: Promise<CommandTable> | undefined;
  return Object.fromEntries(
    ids.map((id): [string, CommandHandler] => [
      id,
      async (context, ...args) => {
        const handler = (await (loading ??= load()))[id];
        if (!handler) throw new Error(`no handler for ${id}`);
        return handler(context, ...args);
      },
    ]),
  );
}

/** The ids that the manifest contributes, without those of `others`. */
export function contributedCommands(manifest: unknown, others: CommandTable): string[] {
  const { contributes } = manifest as { contributes: { commands: readonly { command: string }[] } };
  return contributes.commands.map(({ command }) => command).filter((id) => !(id in others));
}

/** Runs `action` with a progress notification of its own; also for work that starts from a webview. */
export async function withCommandProgress<T>(
  action: (context: CommandContext) => T,
  repeatFrom: CommandContext['repeatFrom'] = () => undefined,
): Promise<Awaited<T>> {
  const abort = new AbortController();
  const notification = new ProgressNotification(() => abort.abort());
  try {
    return await action({
      signal: abort.signal,
      progress: (text) => notification.show(text),
      repeatFrom,
    });
  } finally {
    notification.hide();
  }
}

class ProgressNotification {
  readonly #onCancel: () => void;
  #timer: NodeJS.Timeout | undefined;
  #text = '';
  #report: ((text: string) => void) | undefined;
  #close: (() => void) | undefined;

  constructor(onCancel: () => void) {
    this.#onCancel = onCancel;
  }

  show(text: string): void {
    if (text === '') return this.hide();
    this.#text = withoutLinks(text);
    if (this.#report) this.#report(this.#text);
    else this.#timer ??= setTimeout(() => this.#open(), patience);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#close?.();
    this.#close = undefined;
    this.#report = undefined;
  }

  #open(): void {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, cancellable: true, title: 'Passwordless SQL' },
      (progress, token) => {
        token.onCancellationRequested(this.#onCancel);
        this.#report = (text) => progress.report({ message: text });
        this.#report(this.#text);
        return new Promise<void>((resolve) => {
          this.#close = resolve;
        });
      },
    );
  }
}
