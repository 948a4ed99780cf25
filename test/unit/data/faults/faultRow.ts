// One fault of the matrix: how it is begun, and what must come of it in every situation.
import type { FaultOrder } from '../../../azure/control/faultPlan.ts';
import { statementText, type Situation } from './situations.ts';
import type { Door, World } from './world.ts';

/** Why a fault cannot strike in a situation; stands below the table. */
export interface Never {
  never: string;
}

export interface FaultRow {
  name: string;
  /** What it is, for the table's reader. */
  meaning: string;
  /** Who works; the worker unless said. */
  principal?: string;
  /** Whose tokens: VS Code's account unless said. */
  credential?: 'environment';
  /** Before anybody works. */
  prepare?(world: World): Promise<void>;
  begin(strike: Strike): Promise<void>;
  end?(world: World): Promise<void>;
  /** Outcome by situation: the same word everywhere but in those named. */
  expect: { everywhere?: string } & Partial<Record<Situation, string | Never>>;
  /** Milliseconds after which the person gives up. */
  patience?: number;
  /** Its situations are run side by side: it makes them wait long, and strikes as often as it is met. */
  sideBySide?: true;
}

export interface Strike {
  world: World;
  /** Every one that suffers. */
  doors: readonly Door[];
  /** Names of their connections at the server, and what they do. */
  struck: readonly { application: string; situation: Situation }[];
}

/** What a row expects in a situation. @throws Error when it forgets one */
export function expectation({ name, expect }: FaultRow, situation: Situation): string | Never {
  const expected = expect[situation] ?? expect.everywhere;
  if (expected === undefined) throw new Error(`${name} says nothing of ${situation}`);
  return expected;
}

type Fault = FaultOrder['fault'];

/** Strikes replies to statements, once of each kind, or as often as said; of one kind only when said. */
export const onStatement =
  (fault: Fault, times = 1, only?: 'read') =>
  async ({ world, struck }: Strike): Promise<void> => {
    const texts = (situation: Situation): (string | undefined)[] =>
      situation === 'idle'
        ? [undefined]
        : situation === '32 at once' && only === undefined
          ? [statementText.read, statementText.write]
          : (situation === 'write' || situation === 'transaction') && only === undefined
            ? [statementText.write]
            : [statementText.read];
    await world.azure.client.setFaults(
      struck.flatMap(({ application, situation }) =>
        texts(situation).map((text) => ({
          on: 'request' as const,
          applicationName: application,
          fault,
          times,
          ...(text === undefined ? {} : { text }),
        })),
      ),
    );
  };

export const onLogin =
  (fault: Fault, times = 1) =>
  ({ world, struck }: Strike): Promise<void> =>
    world.azure.client.setFaults(
      struck.map(({ application }) => ({ on: 'login', applicationName: application, fault, times })),
    );

/** All connections are cut, as when a server restarts: whoever works next logs in again. */
export async function cut({ world, struck }: Strike): Promise<void> {
  const mine = (await world.azure.client.connections()).filter(({ applicationName }) =>
    struck.some(({ application }) => application === applicationName),
  );
  await world.azure.client.killConnections(mine.map(({ id }) => id));
}

/** Statements take long, and in the middle of them something happens. */
export const whileItRuns =
  (what: (strike: Strike) => Promise<void>) =>
  async (strike: Strike): Promise<void> => {
    await onStatement({ delayMs: 400 }, 50)(strike);
    const happened = new Promise<void>((resolve, reject) => {
      setTimeout(() => void what(strike).then(resolve, reject), 200);
    });
    strike.world.happening.push(happened);
  };

/** So much time passes on this computer, in seconds. */
export const pass =
  (seconds: number) =>
  ({ doors }: Strike): Promise<void> => {
    for (const door of doors) door.skipped += seconds * 1000;
    return Promise.resolve();
  };

/** One after the other. */
export const all =
  (...steps: ((strike: Strike) => Promise<void>)[]) =>
  async (strike: Strike): Promise<void> => {
    for (const step of steps) await step(strike);
  };
