// Where things open: results below the query they belong to, and texts never over results.
import * as vscode from 'vscode';
import type { Clock } from '../core/ports.ts';

export const resultsViewType = 'passwordlessSql.results';
/** Times 20 ms that VS Code may take to tell of a group it has made. */
const groupTurns = 50;

/** The group in front unless it has results, else the first without any. */
export function textColumn(): vscode.ViewColumn {
  const { all, activeTabGroup } = vscode.window.tabGroups;
  const free = [activeTabGroup, ...all].find((group) => !group.tabs.some(isResults));
  return (free ?? activeTabGroup).viewColumn;
}

/** Where a document is open, where it is in front first. */
export function columnOf(uri: vscode.Uri): vscode.ViewColumn | undefined {
  const shows = (tab: vscode.Tab | undefined): boolean =>
    tab?.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString();
  const groups = vscode.window.tabGroups.all.filter((group) => group.tabs.some(shows));
  return (groups.find((group) => shows(group.activeTab)) ?? groups[0])?.viewColumn;
}

export class ResultsPlacement {
  readonly #clock: Pick<Clock, 'sleep'>;
  #before: Promise<unknown> = Promise.resolve();

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /**
   * Opens a panel of results below a query and leaves the focus with the query.
   * @param beside finds the results that queries of the same group have already: further ones join them
   */
  open(
    title: string,
    query: vscode.Uri,
    beside: (column: vscode.ViewColumn | undefined) => vscode.ViewColumn | undefined,
  ): Promise<vscode.WebviewPanel> {
    // One after another: two queries that start together would each make a group, or take the other's for their own.
    const opened = this.#before.then(() => this.#open(title, query, beside));
    this.#before = opened.catch(() => undefined);
    return opened;
  }

  async #open(
    title: string,
    query: vscode.Uri,
    beside: (column: vscode.ViewColumn | undefined) => vscode.ViewColumn | undefined,
  ): Promise<vscode.WebviewPanel> {
    const column = columnOf(query);
    const known = beside(column);
    if (known !== undefined && known !== column) return createPanel(title, known);
    // The new group is made below the one in front.
    if (column !== undefined && column !== vscode.window.tabGroups.activeTabGroup.viewColumn)
      await vscode.window.showTextDocument(query, { viewColumn: column });
    await vscode.commands.executeCommand('workbench.action.newGroupBelow');
    const panel = createPanel(title, await this.#emptyColumn());
    if (column !== undefined) await vscode.window.showTextDocument(query, { viewColumn: column });
    return panel;
  }

  /** By its number: which group is the active one may change before the panel is there. */
  async #emptyColumn(): Promise<vscode.ViewColumn> {
    for (let turn = 0; turn < groupTurns; turn++) {
      const empty = vscode.window.tabGroups.all.find(({ tabs }) => tabs.length === 0);
      if (empty) return empty.viewColumn;
      await this.#clock.sleep(20);
    }
    return vscode.ViewColumn.Active;
  }
}

function createPanel(title: string, viewColumn: vscode.ViewColumn): vscode.WebviewPanel {
  const place = { viewColumn, preserveFocus: true };
  const options = { enableScripts: true, retainContextWhenHidden: true };
  return vscode.window.createWebviewPanel(resultsViewType, title, place, options);
}

/** VS Code puts something of its own before the type of a webview. */
function isResults({ input }: vscode.Tab): boolean {
  return input instanceof vscode.TabInputWebview && input.viewType.endsWith(resultsViewType);
}
