// The results page: one tab for each result set and one for the messages, fed by state, answering with intents.
import type {
  GridIntent,
  GridNote,
  GridProblem,
  GridRun,
  GridSet,
  GridState,
  ToHost,
  ToPage,
} from '../../src/core/gridMessages.ts';
import { ResultGrid } from './resultGrid.ts';

declare function acquireVsCodeApi(): { postMessage(this: void, message: ToHost): void };

const { postMessage } = acquireVsCodeApi();
const send = (intent: GridIntent): void => postMessage({ intent });

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

function button(id: string): HTMLButtonElement {
  const element = byId(id);
  if (!(element instanceof HTMLButtonElement)) throw new Error(`#${id} is no button`);
  return element;
}

const page = {
  phase: byId('phase'),
  spinner: byId('spinner'),
  elapsed: byId('elapsed'),
  rows: byId('rows'),
  transaction: byId('transaction'),
  connection: byId('connection'),
  cancel: button('cancel'),
  again: button('again'),
  copy: button('copy'),
  exportSet: button('export'),
  banner: byId('banner'),
  bannerText: byId('banner-text'),
  remedies: byId('remedies'),
  dismiss: button('dismiss'),
  tabs: byId('tabs'),
  panels: byId('panels'),
  empty: byId('empty'),
  live: byId('live'),
};

interface SetPanel {
  set: GridSet;
  tab: HTMLButtonElement;
  panel: HTMLElement;
  note: HTMLElement;
  /** Made when it is shown for the first time: twenty sets do not mean twenty grids. */
  grid: ResultGrid | undefined;
}

const setPanels = new Map<number, SetPanel>();
const messages = makePanel('messages', 'Messages');
const list = document.createElement('ol');
list.className = 'messages';
messages.panel.append(list);
let errors = 0;
let noteCount = 0;
let run: GridRun | undefined;
let runReceivedAt = 0;
let shown: number | 'messages' | undefined;
/** The phase that was last said to a screen reader. */
let saidPhase: GridRun['phase'] = 'idle';
/** A person chose a tab in this run: nothing else changes it. */
let chosen = false;
let unread: GridNote[] = [];

window.addEventListener('message', (event: MessageEvent<ToPage>) => receive(event.data.state));
page.cancel.addEventListener('click', () => send({ kind: 'cancel' }));
page.again.addEventListener('click', () => send({ kind: 'runAgain' }));
page.copy.addEventListener('click', (event) => {
  if (typeof shown === 'number') setPanels.get(shown)?.grid?.copy(event.shiftKey);
});
page.exportSet.addEventListener('click', () => {
  if (typeof shown === 'number') send({ kind: 'export', set: shown });
});
page.dismiss.addEventListener('click', () => send({ kind: 'dismissError' }));
page.tabs.addEventListener('keydown', onTabKey);
window.addEventListener('focus', () => {
  // Whoever comes here by keyboard is in the grid at once, not five tab stops before it.
  if (document.activeElement === document.body && typeof shown === 'number')
    setPanels.get(shown)?.grid?.focus();
});
setInterval(showElapsed, 100);
send({ kind: 'ready' });

function receive(state: GridState): void {
  if (state.run) receiveRun(state.run);
  if (state.sets) receiveSets(state.sets);
  if (state.notes) receiveNotes(state.notes);
  if (state.window) setPanels.get(state.window.set)?.grid?.receive(state.window);
  if (state.error !== undefined) showProblem(state.error);
  if (state.notice !== undefined) say(state.notice);
  if (state.run || state.sets || state.notes) arrange();
  if (state.run) announceEnd();
}

function receiveRun(next: GridRun): void {
  if (run?.run !== next.run) startOver();
  run = next;
  runReceivedAt = performance.now();
  const working = next.phase === 'running' || next.phase === 'cancelling';
  document.body.dataset['phase'] = next.phase;
  page.phase.textContent = phaseText[next.phase];
  page.spinner.hidden = !working;
  page.cancel.hidden = !working;
  page.cancel.disabled = next.phase === 'cancelling';
  page.again.hidden = working || next.phase === 'idle';
  page.connection.textContent = next.connection;
  page.transaction.hidden = next.openTransactions === 0;
  page.transaction.textContent =
    next.openTransactions === 1 ? '1 open transaction' : `${next.openTransactions} open transactions`;
  showElapsed();
}

const phaseText: Record<GridRun['phase'], string> = {
  idle: 'Ready',
  running: 'Running…',
  cancelling: 'Cancelling…',
  done: 'Done',
  cancelled: 'Cancelled',
  failed: 'Ended with errors',
};

function startOver(): void {
  for (const { tab, panel } of setPanels.values()) {
    tab.remove();
    panel.remove();
  }
  setPanels.clear();
  list.replaceChildren();
  errors = 0;
  noteCount = 0;
  unread = [];
  receiveNotes([]);
  shown = undefined;
  chosen = false;
  saidPhase = 'idle';
}

function receiveSets(sets: readonly GridSet[]): void {
  for (const set of sets) {
    const known = setPanels.get(set.id);
    if (known) {
      known.set = set;
      known.grid?.update(set);
    } else {
      const { tab, panel } = makePanel(`set-${set.id}`, `Result ${setPanels.size + 1}`);
      const note = document.createElement('p');
      note.className = 'set-note';
      panel.append(note);
      messages.tab.before(tab);
      tab.addEventListener('click', () => choose(set.id));
      setPanels.set(set.id, { set, tab, panel, note, grid: undefined });
    }
  }
  let position = 1;
  for (const { set, tab, note } of setPanels.values()) {
    const name = setPanels.size === 1 ? 'Result' : `Result ${position}`;
    tab.querySelector('.name')?.replaceChildren(name);
    tab.querySelector('.count')?.replaceChildren(count(set.rowCount));
    note.textContent = noteOf(set);
    note.hidden = note.textContent === '';
    position++;
  }
}

function noteOf(set: GridSet): string {
  if (set.partial) return `Incomplete: the query stopped after ${counted(set.rowCount, 'row')} had arrived.`;
  return set.complete && set.rowCount === 0 ? 'The query returned no rows.' : '';
}

function receiveNotes(notes: readonly GridNote[]): void {
  noteCount += notes.length;
  errors += notes.filter((note) => note.kind === 'error').length;
  unread.push(...notes);
  if (shown === 'messages') drawNotes();
  messages.tab.querySelector('.count')?.replaceChildren(noteCount === 0 ? '' : count(noteCount));
  messages.tab.classList.toggle('has-errors', errors > 0);
  messages.tab.title = errors > 0 ? counted(errors, 'error') : '';
}

/** Only when they are looked at: ten thousand elements nobody sees would slow everything down. */
function drawNotes(): void {
  list.append(...unread.map(noteElement));
  unread = [];
}

function noteElement(note: GridNote): HTMLElement {
  const item = document.createElement('li');
  item.className = note.kind;
  const text = document.createElement('span');
  text.className = 'text';
  text.textContent = note.kind === 'error' ? `Error: ${note.text}` : note.text;
  item.append(text);
  const line = note.line;
  if (line !== undefined) {
    const jump = document.createElement('button');
    jump.className = 'link';
    jump.textContent = `Line ${line + 1}`;
    jump.title = 'Go to this line in the query';
    jump.addEventListener('click', () => send({ kind: 'jump', line }));
    item.append(jump);
  }
  return item;
}

/** Chooses what to show while nobody has: rows as soon as there are some, messages when there is nothing else or something failed. */
function arrange(): void {
  const first = setPanels.keys().next();
  const ended = run && run.phase !== 'running' && run.phase !== 'cancelling' && run.phase !== 'idle';
  if (!chosen) {
    if (ended && errors > 0) show('messages');
    else if (!first.done && (shown === undefined || shown === 'messages')) show(first.value);
    else if (first.done && noteCount > 0) show('messages');
  }
  const nothing = setPanels.size === 0 && noteCount === 0;
  page.empty.hidden = !nothing || run?.phase !== 'idle';
  page.tabs.hidden = nothing;
  page.rows.textContent = setPanels.size === 0 ? '' : counted(rowTotal(), 'row');
  const onSet = typeof shown === 'number' ? setPanels.get(shown)?.set : undefined;
  page.copy.disabled = !onSet || onSet.rowCount === 0;
  page.exportSet.disabled = !onSet?.complete;
}

function choose(which: number | 'messages'): void {
  chosen = true;
  show(which);
  arrange();
}

function show(which: number | 'messages'): void {
  if (shown !== which) {
    shown = which;
    if (typeof which === 'number') send({ kind: 'show', set: which });
  }
  for (const [id, entry] of setPanels) select(entry, id === which);
  select(messages, which === 'messages');
  if (which === 'messages') {
    drawNotes();
    return;
  }
  const entry = setPanels.get(which);
  if (entry && !entry.grid) {
    entry.grid = new ResultGrid(entry.set, send);
    entry.panel.append(entry.grid.element);
  }
  entry?.grid?.draw();
}

/** Hidden by visibility, not display: that would lose the scroll position. */
function select({ tab, panel }: { tab: HTMLElement; panel: HTMLElement }, selected: boolean): void {
  tab.setAttribute('aria-selected', String(selected));
  tab.tabIndex = selected ? 0 : -1;
  panel.classList.toggle('shown', selected);
  panel.inert = !selected;
}

function makePanel(id: string, name: string): { tab: HTMLButtonElement; panel: HTMLElement } {
  const tab = document.createElement('button');
  tab.id = `tab-${id}`;
  tab.setAttribute('role', 'tab');
  tab.setAttribute('aria-controls', `panel-${id}`);
  const label = document.createElement('span');
  label.className = 'name';
  label.textContent = name;
  const number = document.createElement('span');
  number.className = 'count';
  tab.append(label, number);
  const panel = document.createElement('section');
  panel.id = `panel-${id}`;
  panel.setAttribute('role', 'tabpanel');
  panel.setAttribute('aria-labelledby', tab.id);
  if (id === 'messages') {
    panel.tabIndex = 0;
    tab.addEventListener('click', () => choose('messages'));
  }
  page.tabs.append(tab);
  page.panels.append(panel);
  return { tab, panel };
}

function onTabKey(event: KeyboardEvent): void {
  const order: (number | 'messages')[] = [...setPanels.keys(), 'messages'];
  const at = order.findIndex((which) => which === shown);
  const last = order.length - 1;
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
  const which = to === undefined ? undefined : order[Math.min(Math.max(to, 0), last)];
  if (event.key === 'ArrowDown' && typeof shown === 'number') setPanels.get(shown)?.grid?.focus();
  else if (which === undefined) return;
  else {
    choose(which);
    (which === 'messages' ? messages : setPanels.get(which))?.tab.focus();
  }
  event.preventDefault();
}

function showProblem(problem: GridProblem | null): void {
  page.banner.hidden = problem === null;
  page.bannerText.textContent = problem?.text ?? '';
  page.remedies.replaceChildren(
    ...(problem?.remedies ?? []).map((title, index) => {
      const offer = document.createElement('button');
      offer.textContent = title;
      offer.addEventListener('click', () => send({ kind: 'remedy', banner: problem?.banner ?? 0, index }));
      return offer;
    }),
  );
}

function showElapsed(): void {
  if (!run) return;
  const working = run.phase === 'running' || run.phase === 'cancelling';
  const elapsed = run.elapsed + (working ? performance.now() - runReceivedAt : 0);
  page.elapsed.textContent = run.phase === 'idle' ? '' : duration(elapsed);
}

function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.floor((milliseconds % 60_000) / 1000)} s`;
}

/** Once all that came with the end is here: the last rows and messages often come together with it. */
function announceEnd(): void {
  if (!run || run.phase === saidPhase) return;
  saidPhase = run.phase;
  if (run.phase === 'running' || run.phase === 'cancelling' || run.phase === 'idle') return;
  const facts = [phaseText[run.phase]];
  if (errors > 0) facts.push(counted(errors, 'error'));
  if (setPanels.size > 0) facts.push(counted(rowTotal(), 'row'));
  say(`${facts.join('. ')}.`);
}

function rowTotal(): number {
  let rows = 0;
  for (const { set } of setPanels.values()) rows += set.rowCount;
  return rows;
}

function say(text: string): void {
  page.live.textContent = '';
  requestAnimationFrame(() => {
    page.live.textContent = text;
  });
}

function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
