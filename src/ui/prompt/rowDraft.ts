// Asks for the values of a row, one column a step: checks while typing, knows NULL and DEFAULT, keeps every answer.
import * as vscode from 'vscode';
import type { Cell } from '../../core/ports.ts';
import type { NewValue } from '../../core/rowChange.ts';
import { cellText } from '../../core/rowLabel.ts';
import type { UserRow } from '../../core/rowPage.ts';
import { readValue } from '../../core/rowValue.ts';
import { isWritable } from '../../core/tableShape.ts';
import type { TableColumn, TableShape } from '../../core/tableShape.ts';
import { askChoice, askText, runSteps } from './steps.ts';
import type { Step, StepPlace } from './steps.ts';

type Special = 'null' | 'default' | 'empty';
export type Answer = { kind: 'text'; text: string } | { kind: Special };

/** Column name → what was answered. Lives longer than the prompt: after a failure the next one starts from it. */
export type RowDraft = Map<string, Answer>;

export interface RowProblem {
  /** Undefined when the server did not say which column. */
  column: string | undefined;
  message: string;
}

/**
 * Fills `draft` for every column a person may write.
 * @param old the row that is edited; undefined for a new one
 * @param problem why the prompt opens again, and at which column
 * @throws AppError cancelled
 */
export async function askRow(
  title: string,
  shape: TableShape,
  draft: RowDraft,
  old: UserRow | undefined,
  problem?: RowProblem,
): Promise<void> {
  const columns = shape.columns.filter(isWritable);
  const at = problem
    ? Math.max(
        0,
        columns.findIndex(({ name }) => name.toLowerCase() === problem.column?.toLowerCase()),
      )
    : 0;
  let pending = problem?.message;
  const steps = columns.map((column): Step => async (place) => {
    const message = pending;
    pending = undefined;
    draft.set(
      column.name,
      await askColumn(place, column, draft.get(column.name), oldValue(shape, column, old), message),
    );
  });
  await runSteps(title, () => steps, at);
}

/** What `draft` means for the statement: of a new row all answers, of an edited one those that differ. */
export function draftValues(
  shape: TableShape,
  draft: RowDraft,
  old: UserRow | undefined,
): Map<string, NewValue> {
  const values = new Map<string, NewValue>();
  for (const column of shape.columns.filter(isWritable)) {
    const answer = draft.get(column.name);
    if (!answer) continue;
    const before = oldValue(shape, column, old);
    if (isUnchanged(answer, before)) continue;
    const value = answerValue(column, answer);
    // A default that nobody asked for by name is left to the server by leaving the column out.
    if (value.kind === 'default' && old === undefined) continue;
    values.set(column.name, value);
  }
  return values;
}

/** `undefined` for a new row, else the value before. */
function oldValue(shape: TableShape, column: TableColumn, old: UserRow | undefined): Cell | undefined {
  return old && (old.values[shape.columns.indexOf(column)] ?? null);
}

function isUnchanged(answer: Answer, before: Cell | undefined): boolean {
  if (before === undefined) return false;
  if (answer.kind === 'text') return before !== null && answer.text === cellText(before);
  return answer.kind === 'null' ? before === null : answer.kind === 'empty' ? before === '' : false;
}

function answerValue(column: TableColumn, answer: Answer): NewValue {
  if (answer.kind === 'default') return { kind: 'default' };
  if (answer.kind === 'null') return { kind: 'value', value: null };
  const read = readValue(column, answer.kind === 'text' ? answer.text : '');
  // The prompt let nothing wrong pass.
  if ('problem' in read) throw new Error(`unchecked value for ${column.name}`);
  return { kind: 'value', value: read.value };
}

async function askColumn(
  place: StepPlace,
  column: TableColumn,
  known: Answer | undefined,
  before: Cell | undefined,
  problem: string | undefined,
): Promise<Answer> {
  if (column.baseType === 'bit') return askBit(place, column, known, before);
  const empty = emptyMeans(column, before);
  const answer = await askText(place, {
    prompt: prompt(column, empty),
    value: known ? (known.kind === 'text' ? known.text : '') : before === undefined ? '' : cellText(before),
    placeholder: placeholder(known, before, empty),
    ...(problem ? { problem } : {}),
    validate: (text) => {
      if (text === '') return empty === undefined ? vscode.l10n.t('A value is needed.') : undefined;
      // What the row has already is not written again, so nobody must mend it to get on.
      if (before !== undefined && before !== null && text === cellText(before)) return undefined;
      const read = readValue(column, text);
      return 'problem' in read ? read.problem : undefined;
    },
    buttons: buttons(column),
  });
  if (typeof answer !== 'string') return { kind: answer.button as Special };
  if (answer !== '') return { kind: 'text', text: answer };
  // Stepping over a column leaves what was chosen by button.
  if (known && known.kind !== 'text') return known;
  return { kind: empty ?? 'empty' };
}

async function askBit(
  place: StepPlace,
  column: TableColumn,
  known: Answer | undefined,
  before: Cell | undefined,
): Promise<Answer> {
  const choices: { label: string; value: string }[] = [
    { label: vscode.l10n.t('1 (true)'), value: '1' },
    { label: vscode.l10n.t('0 (false)'), value: '0' },
  ];
  if (column.nullable) choices.push({ label: 'NULL', value: 'null' });
  if (column.defaultText !== undefined)
    choices.unshift({ label: vscode.l10n.t('Default: {0}', column.defaultText), value: 'default' });
  const current = known
    ? known.kind === 'text'
      ? known.text
      : known.kind
    : before === undefined
      ? undefined
      : before === null
        ? 'null'
        : cellText(before);
  const chosen = await askChoice(place, {
    // NULL and the default are among the choices.
    placeholder: columnTitle(column),
    choices,
    ...(current === undefined ? {} : { active: current }),
  });
  return chosen === 'null' || chosen === 'default' ? { kind: chosen } : { kind: 'text', text: chosen };
}

/** What an empty box stands for; undefined when the column cannot do without a value. */
function emptyMeans(column: TableColumn, before: Cell | undefined): Special | undefined {
  if (before === '') return 'empty';
  if (before === undefined && column.defaultText !== undefined) return 'default';
  if (column.nullable) return 'null';
  return isText(column) ? 'empty' : undefined;
}

function columnTitle(column: TableColumn): string {
  return `${column.name} · ${column.sqlType}`;
}

function prompt(column: TableColumn, empty: Special | undefined): string {
  const type = columnTitle(column);
  switch (empty) {
    case 'default':
      return vscode.l10n.t('{0} · empty = default {1}', type, column.defaultText ?? '');
    case 'null':
      return vscode.l10n.t('{0} · empty = NULL', type);
    case 'empty':
      return vscode.l10n.t('{0} · may be empty', type);
    default:
      return vscode.l10n.t('{0} · required', type);
  }
}

function placeholder(
  known: Answer | undefined,
  before: Cell | undefined,
  empty: Special | undefined,
): string {
  const kind = known && known.kind !== 'text' ? known.kind : before === null ? 'null' : empty;
  if (kind === 'null') return 'NULL';
  return kind === 'default' ? 'DEFAULT' : '';
}

function buttons(column: TableColumn): { icon: string; tooltip: string; answer: Special }[] {
  const list: { icon: string; tooltip: string; answer: Special }[] = [];
  if (column.nullable) list.push({ icon: 'circle-slash', tooltip: 'NULL', answer: 'null' });
  if (column.defaultText !== undefined)
    list.push({ icon: 'discard', tooltip: `DEFAULT ${column.defaultText}`, answer: 'default' });
  if (isText(column) && (column.nullable || column.defaultText !== undefined))
    list.push({ icon: 'whitespace', tooltip: vscode.l10n.t('Empty text'), answer: 'empty' });
  return list;
}

function isText(column: TableColumn): boolean {
  return ['char', 'varchar', 'nchar', 'nvarchar', 'text', 'ntext'].includes(column.baseType);
}
