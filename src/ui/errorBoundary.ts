// The one place where a failure becomes a message: known ones with their remedies as buttons, cancelling in silence, bugs with the log.
import * as vscode from 'vscode';
import { isAppError } from '../core/errors.ts';
import { logText, withoutLinks } from '../core/errorText.ts';
import type { AppError, ErrorCode, Remedy } from '../core/errors.ts';
import type { Log } from '../core/ports.ts';
import { remedyTitle } from './remedies.ts';
import type { Retry, RunRemedy } from './remedies.ts';

/** A message has room for so many buttons; more of them and VS Code cuts their titles to "Sign…". The tree shows all. */
const roomForButtons = 3;

/** Nothing is broken: the person can go on after reading. */
const warnings: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'signInRequired',
  'signInDeclined',
  'hostNotConfirmed',
  'tableNotFound',
  'tableReadOnly',
  'rowChanged',
  'valueInvalid',
  'valueTooLong',
  'invalidInput',
  'duplicateKey',
  'databaseUnavailable',
  'tooBusy',
]);

export class ErrorBoundary {
  readonly #log: Log;
  readonly #runRemedy: RunRemedy;

  constructor(log: Log, runRemedy: RunRemedy) {
    this.#log = log;
    this.#runRemedy = runRemedy;
  }

  /**
   * Runs `action`; what it throws is shown without waiting for the person to answer, and undefined comes back.
   * @param options.retry what "Try again" repeats.
   */
  async run<T>(action: () => T, options: { retry?: Retry } = {}): Promise<Awaited<T> | undefined> {
    try {
      return await action();
    } catch (error) {
      void this.show(error, options.retry);
      return undefined;
    }
  }

  /** Shows a failure and runs the remedy that is chosen. Never rejects. */
  async show(error: unknown, retry?: Retry): Promise<void> {
    if (isCancellation(error)) return;
    if (!isAppError(error)) {
      this.#log.error('Unexpected failure', error);
      const showLog: Remedy = { kind: 'showLog' };
      const chosen = await vscode.window.showErrorMessage(
        vscode.l10n.t('Something went wrong in Passwordless SQL. The log has the details.'),
        remedyTitle(showLog),
      );
      if (chosen) await this.#attempt(showLog, retry);
      return;
    }
    this.#log.warn(logText(error));
    const remedies = offered(error, retry);
    const show = warnings.has(error.code) ? vscode.window.showWarningMessage : vscode.window.showErrorMessage;
    const chosen = await show(
      withoutLinks(error.message),
      ...remedies.slice(0, roomForButtons).map(remedyTitle),
    );
    const remedy = remedies.find((candidate) => remedyTitle(candidate) === chosen);
    if (remedy) await this.#attempt(remedy, retry);
  }

  async #attempt(remedy: Remedy, retry: Retry | undefined): Promise<void> {
    try {
      await this.#runRemedy(remedy, retry);
    } catch (error) {
      await this.show(error, retry);
    }
  }
}

/** "Try again" only makes sense where there is something to repeat. */
function offered(error: AppError, retry: Retry | undefined): Remedy[] {
  return error.remedies.filter((remedy) => remedy.kind !== 'retry' || retry !== undefined);
}

/** Whether an error only says that somebody gave up, in any of the ways VS Code and Node spell it. */
export function isCancellation(error: unknown): boolean {
  if (isAppError(error)) return error.code === 'cancelled';
  return error instanceof vscode.CancellationError || (error instanceof Error && error.name === 'AbortError');
}
