// A multi-step quick input: Back goes one step back with everything kept, Escape gives up in silence.
import * as vscode from 'vscode';
import { cancelled } from '../../core/errors.ts';
import { withoutIcons, withoutLinks } from '../../core/errorText.ts';

/** Thrown inside a step to go one step back. */
const back = Symbol('back');

export interface StepPlace {
  title: string;
  /** 1-based. */
  step: number;
  totalSteps: number;
}

/** One step: shows something with `place` and stores what was answered. */
export type Step = (place: StepPlace) => Promise<void>;

/**
 * Runs steps in order, starting at `start`. `steps` is asked again after every step, so an answer may change what follows.
 * @throws AppError cancelled when the person gives up
 */
export async function runSteps(title: string, steps: () => readonly Step[], start = 0): Promise<void> {
  let index = start;
  for (;;) {
    const list = steps();
    const step = list[index];
    if (!step) return;
    try {
      await step({ title, step: index + 1, totalSteps: list.length });
      index++;
    } catch (error) {
      if (error !== back) throw error;
      index = Math.max(0, index - 1);
    }
  }
}

export interface TextQuestion {
  prompt: string;
  value?: string;
  placeholder?: string;
  /** What is wrong with the text, undefined when nothing is. A `warning` lets the text pass. */
  validate?: (text: string) => string | { warning: string } | undefined;
  /** Gets what stands in the box when the step is left by Back or Escape, so that it is there the next time. */
  keep?: (text: string) => void;
  /** Shown at once under the box: why this step is asked again. */
  problem?: string;
  /** Further buttons; choosing one answers with its value instead of the text. */
  buttons?: readonly { icon: string; tooltip: string; answer: unknown }[];
}

/** Asks for a line of text. @returns the text, or `{ button }` when one of the buttons was pressed */
export function askText(place: StepPlace, question: TextQuestion): Promise<string | { button: unknown }> {
  const box = vscode.window.createInputBox();
  box.title = place.title;
  box.step = place.step;
  box.totalSteps = place.totalSteps;
  box.prompt = plain(question.prompt);
  box.value = question.value ?? '';
  box.placeholder = question.placeholder ?? '';
  box.ignoreFocusOut = true;
  const own = (question.buttons ?? []).map((button) => ({
    button: { iconPath: new vscode.ThemeIcon(button.icon), tooltip: button.tooltip },
    answer: button.answer,
  }));
  box.buttons = [
    ...(place.step > 1 ? [vscode.QuickInputButtons.Back] : []),
    ...own.map(({ button }) => button),
  ];
  // The box holds one line and drops what breaks lines; text that is left alone stands for the whole value.
  const whole = question.value ?? '';
  const shown = whole.replaceAll(/[\r\n]/g, '');
  const meant = (text: string): string => (text === shown ? whole : text);
  const judge = (text: string) => {
    const verdict = question.validate?.(meant(text));
    if (verdict === undefined) return shown === whole ? undefined : lineBreaks(text === shown);
    return typeof verdict === 'string'
      ? { message: plain(verdict), severity: vscode.InputBoxValidationSeverity.Error }
      : { message: plain(verdict.warning), severity: vscode.InputBoxValidationSeverity.Warning };
  };
  if (shown !== whole) box.validationMessage = lineBreaks(true);
  if (question.problem)
    box.validationMessage = {
      message: plain(question.problem),
      severity: vscode.InputBoxValidationSeverity.Error,
    };
  return new Promise((resolve, reject) => {
    box.onDidChangeValue((text) => {
      box.validationMessage = judge(text);
    });
    let accepted = false;
    box.onDidAccept(() => {
      const verdict = judge(box.value);
      box.validationMessage = verdict;
      if (verdict?.severity === vscode.InputBoxValidationSeverity.Error) return;
      accepted = true;
      resolve(meant(box.value));
      box.hide();
    });
    box.onDidTriggerButton((pressed) => {
      const chosen = own.find(({ button }) => button === pressed);
      if (chosen) resolve({ button: chosen.answer });
      else reject(back);
      box.hide();
    });
    box.onDidHide(() => {
      if (!accepted) question.keep?.(meant(box.value));
      reject(cancelled());
      box.dispose();
    });
    box.show();
  });
}

/** What becomes of the line breaks of a value that the box cannot show. */
function lineBreaks(kept: boolean): vscode.InputBoxValidationMessage {
  const message = kept
    ? vscode.l10n.t(
        'This value has line breaks, which are not shown here. They stay if you leave it as it is.',
      )
    : vscode.l10n.t('The line breaks of the old value will be lost. To keep them, change it in a query.');
  const { Info, Warning } = vscode.InputBoxValidationSeverity;
  return { message, severity: kept ? Info : Warning };
}

/** VS Code makes links and icons of what stands below an input box (vscode, quickInputUtils.ts), whoever wrote it. */
function plain(text: string): string {
  return withoutLinks(withoutIcons(text));
}

export interface Choice<T> {
  /** Before the label: the name of a codicon. What `$(…)` there is in the texts stays text. */
  icon?: string;
  label: string;
  description?: string;
  detail?: string;
  value: T;
  /** A heading above this choice. */
  group?: string;
}

export interface ChoiceQuestion<T> {
  placeholder: string;
  choices: readonly Choice<T>[];
  /** The choice that is highlighted at first. */
  active?: T;
}

/** Asks for one of several. */
export async function askChoice<T>(place: StepPlace, question: ChoiceQuestion<T>): Promise<T> {
  const [chosen] = await pick(place, question, false);
  if (!chosen) throw cancelled();
  return chosen.value;
}

/** Asks for any number of several. */
export async function askChoices<T>(
  place: StepPlace,
  question: ChoiceQuestion<T> & { selected: readonly T[] },
): Promise<T[]> {
  return (await pick(place, question, true, question.selected)).map(({ value }) => value);
}

function pick<T>(
  place: StepPlace,
  question: ChoiceQuestion<T>,
  many: boolean,
  selected: readonly T[] = [],
): Promise<readonly Choice<T>[]> {
  type Item = vscode.QuickPickItem & { choice?: Choice<T> };
  const box = vscode.window.createQuickPick<Item>();
  box.title = place.title;
  box.step = place.totalSteps > 1 ? place.step : undefined;
  box.totalSteps = place.totalSteps > 1 ? place.totalSteps : undefined;
  box.placeholder = question.placeholder;
  box.ignoreFocusOut = true;
  box.matchOnDescription = true;
  box.canSelectMany = many;
  if (place.step > 1) box.buttons = [vscode.QuickInputButtons.Back];
  const items: Item[] = [];
  let group: string | undefined;
  for (const choice of question.choices) {
    if (choice.group !== undefined && choice.group !== group)
      items.push({ label: choice.group, kind: vscode.QuickPickItemKind.Separator });
    group = choice.group ?? group;
    items.push({
      label: `${choice.icon === undefined ? '' : `$(${choice.icon}) `}${withoutIcons(choice.label)}`,
      ...(choice.description === undefined ? {} : { description: withoutIcons(choice.description) }),
      ...(choice.detail === undefined ? {} : { detail: withoutIcons(choice.detail) }),
      choice,
    });
  }
  box.items = items;
  // Without one the first is: a choice may well stand for undefined.
  const active =
    'active' in question
      ? items.find((item) => item.choice && item.choice.value === question.active)
      : undefined;
  if (active) box.activeItems = [active];
  if (many) box.selectedItems = items.filter((item) => item.choice && selected.includes(item.choice.value));
  return new Promise((resolve, reject) => {
    box.onDidAccept(() => {
      const chosen = box.selectedItems.flatMap((item) => (item.choice ? [item.choice] : []));
      if (!many && chosen.length === 0) return;
      resolve(chosen);
      box.hide();
    });
    box.onDidTriggerButton(() => {
      reject(back);
      box.hide();
    });
    box.onDidHide(() => {
      reject(cancelled());
      box.dispose();
    });
    box.show();
  });
}
