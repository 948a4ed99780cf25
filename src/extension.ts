// Activation: small on purpose. Drivers and credential libraries load when a connection is first used.
import type * as vscode from 'vscode';
import { compose } from './compose.ts';
import type { ExtensionApi } from './compose.ts';

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  return compose(context);
}
