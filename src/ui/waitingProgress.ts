// Shows that a connection waits for its database: a notification to cancel when somebody asked, else only a line in the status bar.
import * as vscode from 'vscode';
import { withoutIcons, withoutLinks } from '../core/errorText.ts';
import type { Clock, Disposable, Waiting } from '../core/ports.ts';
import type { ConnectionHealth } from '../services/connectionHealth.ts';
import type { ConnectionService } from '../services/connectionService.ts';
import { WaitingNotices } from '../services/waitingNotices.ts';
import type { Notice } from '../services/waitingNotices.ts';

export function waitingProgress(parts: {
  health: ConnectionHealth;
  connections: Pick<ConnectionService, 'list'>;
  clock: Clock;
  cancel: (connectionId: string) => void;
}): Disposable {
  const open = (connectionId: string, gesture: boolean): Notice => {
    let report: ((text: string) => void) | undefined;
    let text = '';
    let close: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const run = (progress: vscode.Progress<{ message?: string }>, token: vscode.CancellationToken) => {
      token.onCancellationRequested(() => parts.cancel(connectionId));
      report = (message) => progress.report({ message });
      if (text) report(text);
      return closed;
    };
    void (gesture
      ? vscode.window.withProgress(
          { location: vscode.ProgressLocation.Notification, cancellable: true, title: 'Passwordless SQL' },
          run,
        )
      : vscode.window.withProgress({ location: vscode.ProgressLocation.Window }, run));
    return {
      report: (waiting, now) => {
        const connection = parts.connections.list().find(({ id }) => id === connectionId);
        const database = connection?.database ?? '';
        text = withoutIcons(withoutLinks(waitingText(waiting, database, connection?.server ?? '', now)));
        report?.(text);
      },
      close: () => close(),
    };
  };
  return new WaitingNotices({
    health: parts.health,
    clock: parts.clock,
    open,
    everySecond: (call) => {
      const timer = setInterval(call, 1000);
      return { dispose: () => clearInterval(timer) };
    },
  });
}

function waitingText(waiting: Waiting, database: string, server: string, now: number): string {
  const next = Math.max(0, Math.ceil((waiting.until - now) / 1000));
  const so = Math.max(0, Math.round((now - waiting.since) / 1000));
  return waiting.reason === 'resuming'
    ? vscode.l10n.t(
        'Database {0} on {1} is resuming: next try in {2} s (wait {3}, {4} s so far)',
        database,
        server,
        next,
        waiting.attempt,
        so,
      )
    : vscode.l10n.t(
        'Server {1} of {0} is busy: next try in {2} s (wait {3}, {4} s so far)',
        database,
        server,
        next,
        waiting.attempt,
        so,
      );
}
