// Asks for the parameters of a query one by one, by their types, with the last values offered again. They are kept in memory only.
import * as vscode from 'vscode';
import {
  boundParameter,
  offeredTypes,
  parseParameter,
  typedText,
  type QueryParameter,
} from '../core/queryParameter.ts';
import type { Cell, Parameter } from '../core/ports.ts';
import type { AskParameters } from '../services/queryEditor.ts';
import { askChoice, askText, runSteps, type Step } from './prompt/steps.ts';

export function parameterPrompt(): AskParameters {
  const lastValues = new Map<string, Cell>();
  const lastTypes = new Map<string, string>();
  return async (parameters) => {
    const answers = new Map<string, Parameter>();
    const types = new Map(
      parameters.map(({ name, sqlType }) => [name, lastTypes.get(name.toLowerCase()) ?? sqlType]),
    );
    const steps = parameters.flatMap((parameter): Step[] => {
      const { name } = parameter;
      const ask: Step = async (place) => {
        const sqlType = (parameter.guessed ? types.get(name) : undefined) ?? parameter.sqlType;
        const key = `${name.toLowerCase()} ${sqlType}`;
        const cell = await askValue(place, { ...parameter, sqlType }, lastValues.get(key));
        lastValues.set(key, cell);
        answers.set(name, boundParameter({ ...parameter, sqlType }, cell));
      };
      return parameter.guessed ? [typeStep(parameter, types, lastTypes), ask] : [ask];
    });
    await runSteps(vscode.l10n.t('Parameters'), () => steps);
    return parameters.flatMap(({ name }) => answers.get(name) ?? []);
  };
}

function typeStep(parameter: QueryParameter, types: Map<string, string>, last: Map<string, string>): Step {
  return async (place) => {
    const chosen = await askChoice(place, {
      placeholder: vscode.l10n.t('The server cannot tell the type of @{0}. Which one is it?', parameter.name),
      choices: offeredTypes.map((type) => ({ label: type, value: type })),
      active: types.get(parameter.name) ?? parameter.sqlType,
    });
    types.set(parameter.name, chosen);
    last.set(parameter.name.toLowerCase(), chosen);
  };
}

/** Asks for one value. @throws AppError cancelled */
export async function askValue(
  place: Parameters<Step>[0],
  { name, sqlType }: Pick<QueryParameter, 'name' | 'sqlType'>,
  last: Cell | undefined,
): Promise<Cell> {
  const titled = { ...place, title: vscode.l10n.t('Value of @{0}, {1}', name, sqlType) };
  const answer = await askText(titled, {
    prompt: vscode.l10n.t("NULL stands for no value. For the text itself, type 'NULL' in quotes."),
    value: last === undefined ? '' : typedText(last, sqlType),
    placeholder: sqlType,
    validate: (text) => {
      const typed = parseParameter(text, sqlType);
      return typed.ok ? undefined : typed.problem;
    },
    buttons: [{ icon: 'circle-slash', tooltip: vscode.l10n.t('NULL'), answer: null }],
  });
  if (typeof answer !== 'string') return null;
  const typed = parseParameter(answer, sqlType);
  if (!typed.ok) throw new Error(`accepted an invalid value for @${name}`);
  return typed.value;
}
