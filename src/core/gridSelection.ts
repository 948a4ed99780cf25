// Which cells of a grid are selected and how keys move the selection; pure, so that the page only draws it.

/** Inclusive on both ends. Row -1 is the header row, which can be focused but never selected. */
export interface GridRange {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export interface GridCellAt {
  row: number;
  column: number;
}

export interface GridSelection {
  /** Where an extension starts. */
  anchor: GridCellAt;
  /** The cell with the focus; the other corner of the active range. */
  focus: GridCellAt;
  /** Ranges selected before with Ctrl, without the active one. */
  others: readonly GridRange[];
}

export interface GridSize {
  rows: number;
  columns: number;
  /** Whole rows that fit on the screen, for PageUp and PageDown. */
  page: number;
}

export const firstCell: GridSelection = {
  anchor: { row: 0, column: 0 },
  focus: { row: 0, column: 0 },
  others: [],
};

/** The range between anchor and focus; undefined while a header has the focus. */
export function activeRange(selection: GridSelection): GridRange | undefined {
  const { anchor, focus } = selection;
  if (focus.row < 0 || anchor.row < 0) return undefined;
  return {
    top: Math.min(anchor.row, focus.row),
    left: Math.min(anchor.column, focus.column),
    bottom: Math.max(anchor.row, focus.row),
    right: Math.max(anchor.column, focus.column),
  };
}

export function rangesOf(selection: GridSelection): GridRange[] {
  const active = activeRange(selection);
  return active ? [...selection.others, active] : [...selection.others];
}

export function isSelected(selection: GridSelection, row: number, column: number): boolean {
  return rangesOf(selection).some(
    (range) => row >= range.top && row <= range.bottom && column >= range.left && column <= range.right,
  );
}

/** A click: alone it selects one cell, with Shift it extends, with Ctrl it starts a further range. */
export function pick(
  selection: GridSelection,
  cell: GridCellAt,
  how: { extend: boolean; add: boolean },
): GridSelection {
  if (how.extend && selection.anchor.row >= 0) return { ...selection, focus: cell };
  return { anchor: cell, focus: cell, others: how.add ? rangesOf(selection) : [] };
}

export function selectAll(size: GridSize): GridSelection {
  return {
    anchor: { row: 0, column: 0 },
    focus: { row: Math.max(size.rows - 1, 0), column: Math.max(size.columns - 1, 0) },
    others: [],
  };
}

export function selectColumn(size: GridSize, column: number): GridSelection {
  return { anchor: { row: 0, column }, focus: { row: Math.max(size.rows - 1, 0), column }, others: [] };
}

export function selectRow(size: GridSize, row: number): GridSelection {
  return { anchor: { row, column: 0 }, focus: { row, column: Math.max(size.columns - 1, 0) }, others: [] };
}

/**
 * What a navigation key does (WAI-ARIA grid pattern); undefined for other keys. Up from the first row reaches the headers;
 * Shift never extends into them.
 */
export function moved(
  selection: GridSelection,
  key: string,
  how: { control: boolean; shift: boolean },
  size: GridSize,
): GridSelection | undefined {
  const to = target(selection.focus, key, how.control, size);
  if (!to) return undefined;
  const lastRow = size.rows - 1;
  const row = Math.min(Math.max(to.row, how.shift && size.rows > 0 ? 0 : -1), lastRow);
  const focus = { row, column: Math.min(Math.max(to.column, 0), Math.max(size.columns - 1, 0)) };
  if (how.shift && selection.anchor.row >= 0) return { ...selection, focus };
  return { anchor: focus, focus, others: [] };
}

function target(from: GridCellAt, key: string, control: boolean, size: GridSize): GridCellAt | undefined {
  switch (key) {
    case 'ArrowUp':
      return { row: control ? Math.min(from.row, 0) : from.row - 1, column: from.column };
    case 'ArrowDown':
      return { row: control ? size.rows - 1 : from.row + 1, column: from.column };
    case 'ArrowLeft':
      return { row: from.row, column: control ? 0 : from.column - 1 };
    case 'ArrowRight':
      return { row: from.row, column: control ? size.columns - 1 : from.column + 1 };
    case 'Home':
      return { row: control ? 0 : from.row, column: 0 };
    case 'End':
      return { row: control ? size.rows - 1 : from.row, column: size.columns - 1 };
    case 'PageUp':
      return { row: Math.max(from.row - size.page, Math.min(from.row, 0)), column: from.column };
    case 'PageDown':
      return { row: from.row + size.page, column: from.column };
    default:
      return undefined;
  }
}
