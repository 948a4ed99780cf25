// One result set as a grid: regular-table draws the window, this adds what a grid is to the keyboard, the mouse and a screen reader.
import 'regular-table';
import type { RegularTableElement } from 'regular-table/dist/esm/regular-table.js';
import type { GridIntent, GridSet, GridWindow } from '../../src/core/gridMessages.ts';
import {
  activeRange,
  firstCell,
  isSelected,
  moved,
  pick,
  rangesOf,
  selectAll,
  selectColumn,
  selectRow,
  type GridCellAt,
  type GridSelection,
  type GridSize,
} from '../../src/core/gridSelection.ts';
import { unpackWindow, WindowQueue } from '../../src/core/gridWindow.ts';

/** A draw waits this long for its rows, so that nothing flickers on a fast answer; then it shows blanks and draws again. */
const patience = 50;
/** Rows asked for around the visible ones. */
const margin = 40;
/** Windows kept: enough to page back and forth without asking again. */
const keptWindows = 12;
const columnStep = 24;
const narrowest = 32;

type Flag = 'value' | 'null' | 'pending';

interface KeptWindow {
  start: number;
  count: number;
  columns: (string | null)[][];
}

export class ResultGrid {
  readonly element: RegularTableElement;
  readonly #send: (intent: GridIntent) => void;
  readonly #queue: WindowQueue;
  #set: GridSet;
  #selection: GridSelection = firstCell;
  #windows: KeptWindow[] = [];
  #arrivals: (() => void)[] = [];
  #drawAsked = false;
  #dragging = false;
  /** The fractional window that is drawn, from the last metadata. */
  #drawn = { top: 0, bottom: 0, left: 0, right: 0 };

  constructor(set: GridSet, send: (intent: GridIntent) => void) {
    this.#set = set;
    this.#send = send;
    this.#queue = new WindowQueue((request) => send({ kind: 'window', ...request }));
    const table = document.createElement('regular-table');
    this.element = table;
    table.setDataListener((x0, y0, x1, y1) => this.#data(x0, y0, x1, y1));
    table.addStyleListener(() => this.#style());
    table.addEventListener('keydown', (event) => this.#onKey(event));
    table.addEventListener('mousedown', (event) => this.#onMouseDown(event));
    table.addEventListener('mousemove', (event) => this.#onMouseMove(event));
    table.addEventListener('dblclick', (event) => this.#onDoubleClick(event));
    window.addEventListener('mouseup', () => {
      this.#dragging = false;
    });
    new ResizeObserver(() => this.draw()).observe(table);
  }

  /** New counts of the same set. */
  update(set: GridSet): void {
    const grew = set.rowCount !== this.#set.rowCount;
    this.#set = set;
    if (!grew) return;
    // A window that was cut off at the end of the rows may now reach further.
    this.draw();
  }

  /** The answer to one of this grid's windows. */
  receive(answer: GridWindow): void {
    this.#queue.answered(answer.request);
    this.#windows.unshift({
      start: answer.start,
      count: answer.count,
      columns: unpackWindow(answer.data),
    });
    this.#windows.length = Math.min(this.#windows.length, keptWindows);
    const waiting = this.#arrivals;
    this.#arrivals = [];
    for (const arrived of waiting) arrived();
    if (waiting.length === 0) this.draw();
  }

  /** Draws in the next animation frame, however often it is asked for. */
  draw(): void {
    if (this.#drawAsked || !this.element.isConnected) return;
    this.#drawAsked = true;
    requestAnimationFrame(() => {
      this.#drawAsked = false;
      void this.element.draw();
    });
  }

  focus(): void {
    const cell = this.element.querySelector<HTMLElement>('[tabindex="0"]');
    (cell ?? this.element).focus({ preventScroll: true });
  }

  copy(headers: boolean): void {
    const ranges = rangesOf(this.#selection);
    if (ranges.length > 0 && this.#set.rowCount > 0)
      this.#send({ kind: 'copy', set: this.#set.id, ranges, headers });
  }

  async #data(x0: number, y0: number, x1: number, y1: number) {
    const rows = { start: Math.floor(y0), end: Math.min(Math.ceil(y1), this.#set.rowCount) };
    const columns = this.#set.columns.slice(Math.floor(x0), Math.ceil(x1));
    if (rows.end > rows.start && columns.length > 0 && !this.#covered(rows.start, rows.end)) {
      const start = Math.max(0, rows.start - margin);
      const end = Math.min(this.#set.rowCount, rows.end + margin);
      this.#queue.ask(this.#set.id, start, end - start);
      await this.#arrival();
    }
    const data: string[][] = [];
    const metadata: Flag[][] = [];
    columns.forEach((_, index) => {
      const texts: string[] = [];
      const flags: Flag[] = [];
      for (let row = rows.start; row < rows.end; row++) {
        const value = this.#value(row, Math.floor(x0) + index);
        texts.push(value === undefined ? '' : (value ?? 'NULL'));
        flags.push(value === undefined ? 'pending' : value === null ? 'null' : 'value');
      }
      data.push(texts);
      metadata.push(flags);
    });
    return {
      num_rows: this.#set.rowCount,
      num_columns: this.#set.columns.length,
      num_row_headers: 1,
      num_column_headers: 1,
      data,
      metadata,
      column_headers: columns.map((column) => [column.name === '' ? '(no name)' : column.name]),
      row_headers: Array.from({ length: Math.max(rows.end - rows.start, 0) }, (_, row) => [
        String(rows.start + row + 1),
      ]),
    };
  }

  #covered(start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      const kept = this.#windows.find((window) => at >= window.start && at < window.start + window.count);
      if (!kept) return false;
      at = kept.start + kept.count;
    }
    return true;
  }

  /** undefined while the row is not here. */
  #value(row: number, column: number): string | null | undefined {
    const kept = this.#windows.find((window) => row >= window.start && row < window.start + window.count);
    return kept?.columns[column]?.[row - kept.start];
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#arrivals = this.#arrivals.filter((arrived) => arrived !== done);
        resolve();
      }, patience);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#arrivals.push(done);
    });
  }

  #size(): GridSize {
    const page = Math.max(1, Math.floor(this.#drawn.bottom - this.#drawn.top) - 2);
    return { rows: this.#set.rowCount, columns: this.#set.columns.length, page };
  }

  /** Roles, states and classes of what regular-table has just drawn. */
  #style(): void {
    const table = this.element.querySelector('table');
    if (!table) return;
    setAttributes(table, {
      role: 'grid',
      'aria-label': `Result with ${this.#set.rowCount} rows and ${this.#set.columns.length} columns`,
      'aria-rowcount': String(this.#set.rowCount + 1),
      'aria-colcount': String(this.#set.columns.length + 1),
      'aria-multiselectable': 'true',
      'aria-readonly': 'true',
    });
    for (const part of table.children) part.setAttribute('role', 'rowgroup');
    let focusable: HTMLElement | undefined;
    for (const header of table.querySelectorAll<HTMLElement>('thead th')) {
      const meta = this.element.getMeta(header);
      header.closest('tr')?.setAttribute('role', 'row');
      header.closest('tr')?.setAttribute('aria-rowindex', '1');
      const column = meta?.type === 'column_header' ? meta.x : undefined;
      const shown = column === undefined ? undefined : this.#set.columns[column];
      setAttributes(header, {
        role: 'columnheader',
        'aria-colindex': String((column ?? -1) + 2),
        tabindex: '-1',
        title: shown ? `${shown.name === '' ? '(no name)' : shown.name}: ${shown.sqlType}` : '',
        'aria-label': shown ? `${shown.name || 'no name'}, ${shown.sqlType}` : 'Row number',
      });
      header.classList.toggle('number', shown?.numeric ?? column === undefined);
      if (column !== undefined && this.#isFocus(-1, column)) focusable = header;
    }
    for (const row of table.querySelectorAll<HTMLElement>('tbody tr')) {
      row.setAttribute('role', 'row');
      for (const cell of row.querySelectorAll<HTMLElement>('th, td'))
        focusable = this.#styleCell(row, cell) ?? focusable;
    }
    this.#placeFocus(focusable);
  }

  /** Returns the cell when it is the one with the focus. */
  #styleCell(row: HTMLElement, cell: HTMLElement): HTMLElement | undefined {
    const meta = this.element.getMeta(cell);
    if (meta?.type === 'row_header') {
      row.setAttribute('aria-rowindex', String(meta.y + 2));
      setAttributes(cell, { role: 'rowheader', 'aria-colindex': '1', tabindex: '-1' });
      return undefined;
    }
    if (meta?.type !== 'body') return undefined;
    this.#drawn = { top: meta.y0, bottom: meta.y1, left: meta.x0, right: meta.x1 ?? meta.x0 };
    const selected = isSelected(this.#selection, meta.y, meta.x);
    const focused = this.#isFocus(meta.y, meta.x);
    setAttributes(cell, {
      role: 'gridcell',
      'aria-colindex': String(meta.x + 2),
      'aria-selected': String(selected),
      tabindex: '-1',
    });
    cell.classList.toggle('null', meta.user === 'null');
    cell.classList.toggle('pending', meta.user === 'pending');
    cell.classList.toggle('number', this.#set.columns[meta.x]?.numeric ?? false);
    cell.classList.toggle('selected', selected);
    cell.classList.toggle('focused', focused);
    return focused ? cell : undefined;
  }

  #isFocus(row: number, column: number): boolean {
    return this.#selection.focus.row === row && this.#selection.focus.column === column;
  }

  /**
   * Cells are reused for other rows while scrolling, so the focus is put where it belongs after every draw; when its cell is
   * out of sight the table itself keeps it, and with it the keyboard.
   */
  #placeFocus(cell: HTMLElement | undefined): void {
    const here = this.element.contains(document.activeElement);
    this.element.setAttribute('tabindex', cell ? '-1' : '0');
    if (cell) cell.setAttribute('tabindex', '0');
    if (here && document.activeElement !== (cell ?? this.element))
      (cell ?? this.element).focus({ preventScroll: true });
  }

  #select(selection: GridSelection): void {
    this.#selection = selection;
    this.#style();
  }

  #onKey(event: KeyboardEvent): void {
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      this.#resize(event.key === 'ArrowRight' ? columnStep : -columnStep);
    } else if (control && event.key.toLowerCase() === 'c') {
      this.copy(event.shiftKey);
    } else if (control && event.key.toLowerCase() === 'a') {
      this.#select(selectAll(this.#size()));
    } else if (event.key === ' ' && control) {
      this.#select(selectColumn(this.#size(), this.#selection.focus.column));
    } else if (event.key === ' ' && event.shiftKey && this.#selection.focus.row >= 0) {
      this.#select(selectRow(this.#size(), this.#selection.focus.row));
    } else if (event.key === 'Enter') {
      this.#open(this.#selection.focus);
    } else if (event.altKey) {
      return;
    } else {
      const selection = moved(this.#selection, event.key, { control, shift: event.shiftKey }, this.#size());
      if (!selection) return;
      void this.#moveTo(selection);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  async #moveTo(selection: GridSelection): Promise<void> {
    this.#selection = selection;
    await this.#reveal(selection.focus);
    this.#style();
  }

  #open(cell: GridCellAt): void {
    if (cell.row < 0) this.#select(selectColumn(this.#size(), cell.column));
    else if (cell.row < this.#set.rowCount) this.#send({ kind: 'openCell', set: this.#set.id, ...cell });
  }

  /** Scrolls as little as brings the whole cell into sight. */
  async #reveal({ row, column }: GridCellAt): Promise<void> {
    const table = this.element;
    const head = table.querySelector('thead')?.getBoundingClientRect().height ?? 0;
    const rowHeight = table.querySelector('tbody tr')?.getBoundingClientRect().height ?? 24;
    const visible = (table.clientHeight - head) / rowHeight;
    const scrollable = Math.max(this.#set.rowCount - visible, 0);
    const most = table.scrollHeight - table.clientHeight;
    // Beyond ten million pixels regular-table maps the scroll position to rows in proportion; so does this.
    const first = most > 0 ? (table.scrollTop / most) * scrollable : 0;
    let top = first;
    if (row >= 0 && row < first) top = row;
    else if (row + 1 > first + visible) top = row + 1 - visible;
    if (top !== first && scrollable > 0) table.scrollTop = Math.min((top / scrollable) * most, most);
    // Rows that come into sight may widen the columns, and widths are estimates until a column was drawn: look again after drawing.
    await table.flush();
    for (let attempt = 0; attempt < 3; attempt++) {
      const left = this.#columnToStartAt(column);
      if (left === undefined) break;
      const scrollTop = table.scrollTop;
      const scrolled = table.scrollToCell(left, 0);
      table.scrollTop = scrollTop;
      await scrolled;
      if (this.#selection.focus.column !== column) return;
    }
  }

  /** The first column to show so that `column` is whole; undefined when it is already. */
  #columnToStartAt(column: number): number | undefined {
    const bounds = this.element.getBoundingClientRect();
    const corner = this.element.querySelector('thead th')?.getBoundingClientRect().right ?? bounds.left;
    for (const header of this.element.querySelectorAll<HTMLElement>('thead th')) {
      const meta = this.element.getMeta(header);
      if (meta?.type !== 'column_header' || meta.x !== column) continue;
      const box = header.getBoundingClientRect();
      if (box.left < corner - 1) return column;
      const right = bounds.left + this.element.clientWidth;
      if (box.right <= right + 1 || box.left - corner < 2) return undefined;
      return this.#startThatFits(column, right - corner);
    }
    return column;
  }

  /** Goes left from `column` as long as the columns fit. */
  #startThatFits(column: number, room: number): number {
    let start = column;
    let left = room;
    for (let at = column; at >= 0; at--) {
      left -= this.#widthOf(at) ?? 80;
      if (left < 0) break;
      start = at;
    }
    return start;
  }

  #widthOf(column: number): number | undefined {
    return this.#headerOf(column)?.getBoundingClientRect().width;
  }

  #headerOf(column: number): HTMLElement | undefined {
    for (const header of this.element.querySelectorAll<HTMLElement>('thead th')) {
      const meta = this.element.getMeta(header);
      if (meta?.type === 'column_header' && meta.x === column) return header;
    }
    return undefined;
  }

  /** Alt+Left and Alt+Right: the mouse's resizing for the keyboard. */
  #resize(by: number): void {
    const column = this.#selection.focus.column;
    const width = this.#widthOf(column);
    if (width === undefined) return;
    // regular-table counts the row number as its first column.
    const sizes = { ...this.element.saveColumnSizes(), [column + 1]: Math.max(narrowest, width + by) };
    this.element.restoreColumnSizes(sizes);
    this.draw();
  }

  #cellAt(event: Event): { cell: HTMLElement; row: number; column: number } | undefined {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('td, th') : null;
    const meta = cell ? this.element.getMeta(cell) : undefined;
    if (!cell || !meta) return undefined;
    if (meta.type === 'body') return { cell, row: meta.y, column: meta.x };
    if (meta.type === 'row_header') return { cell, row: meta.y, column: -1 };
    return { cell, row: -1, column: meta.type === 'column_header' ? meta.x : -1 };
  }

  #onMouseDown(event: MouseEvent): void {
    if (event.button !== 0) return;
    if (event.target instanceof Element && event.target.classList.contains('rt-column-resize')) return;
    const hit = this.#cellAt(event);
    if (!hit) return;
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    const size = this.#size();
    if (hit.row < 0 && hit.column < 0) this.#select(selectAll(size));
    else if (hit.row < 0) this.#select(selectColumn(size, hit.column));
    else if (hit.column < 0) this.#select(selectRow(size, hit.row));
    else {
      this.#dragging = true;
      const add = event.ctrlKey || event.metaKey;
      this.#select(pick(this.#selection, hit, { extend: event.shiftKey, add }));
    }
  }

  #onMouseMove(event: MouseEvent): void {
    if (!this.#dragging || event.buttons !== 1) return;
    const hit = this.#cellAt(event);
    if (!hit || hit.row < 0 || hit.column < 0 || this.#isFocus(hit.row, hit.column)) return;
    this.#select(pick(this.#selection, hit, { extend: true, add: false }));
  }

  #onDoubleClick(event: MouseEvent): void {
    const hit = this.#cellAt(event);
    if (hit && hit.row >= 0 && hit.column >= 0 && activeRange(this.#selection)) this.#open(hit);
  }
}

function setAttributes(element: HTMLElement, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}
