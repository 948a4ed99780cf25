// Every fault in every situation: what the caller is told, and that no write is doubled, no row lost, nobody prompted, nothing left open.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { faultList } from './faultList.ts';
import { expectation, type FaultRow, type Never } from './faultRow.ts';
import { faultTable } from './faultTable.ts';
import { runSituation, situations, type CellResult, type Situation } from './situations.ts';
import { World, type Door } from './world.ts';

const page = join(import.meta.dirname, '../../../../docs/fault-matrix.md');
let world: World;
const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => {
  rejections.push(reason);
};

beforeAll(async () => {
  process.on('unhandledRejection', onRejection);
  world = await World.create();
});
afterAll(async () => {
  await world?.stop();
  process.removeListener('unhandledRejection', onRejection);
  assert.deepEqual(rejections, [], 'no promise was left to fail alone');
});

for (const fault of faultList) {
  const struck = situations.filter((situation) => typeof expectation(fault, situation) === 'string');
  describe(`fault: ${fault.name}`, () => {
    const groups = fault.sideBySide === true ? [struck] : struck.map((situation) => [situation]);
    for (const group of groups) {
      const expected = group.map((situation) => told(situation, expectation(fault, situation)));
      // oxlint-disable-next-line vitest/valid-title -- made of the table
      it(expected.join(', '), async () => {
        assert.deepEqual(await runCells(fault, group), expected);
      });
    }
  });
}

const told = (situation: Situation, outcome: string | Never): string =>
  `${situation}: ${typeof outcome === 'string' ? outcome : outcome.never}`;

/** What came of each situation, in the words of the table. */
async function runCells(fault: FaultRow, group: readonly Situation[]): Promise<string[]> {
  const names = group.map((situation) => `${fault.name} ${situation}`);
  const doors = names.map((application) =>
    world.door({
      application,
      credential: fault.credential,
      ...(fault.principal === undefined ? {} : { principal: fault.principal }),
    }),
  );
  let results: CellResult[];
  try {
    await fault.prepare?.(world);
    results = await strikeTogether(fault, group, doors, names);
    await Promise.all(world.happening.splice(0));
    for (const door of doors) await checkNothingIsHeld(door);
  } finally {
    await world.azure.client.setFaults([]);
    await fault.end?.(world);
    for (const door of doors) await door.sql.dispose();
  }
  for (const [index, { writes }] of results.entries()) {
    await checkWrites(writes);
    const door = doors[index];
    assert.ok(door);
    checkNobodyWasAsked(door);
    checkLog(door);
    const application = names[index] ?? '';
    await eventually(
      async () => (await world.connectionsOf(application)) === 0,
      'all connections are closed',
    );
  }
  return results.map(({ outcome }, index) => told(group[index] ?? 'idle', outcome));
}

/** Runs the situations; once all of them are where the fault should strike, it strikes once for all. */
function strikeTogether(
  fault: FaultRow,
  group: readonly Situation[],
  doors: readonly Door[],
  names: readonly string[],
): Promise<CellResult[]> {
  const struck = group.map((situation, index) => ({ application: names[index] ?? '', situation }));
  let waiting = group.length;
  let begin = (): void => undefined;
  const everybody = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let begun: Promise<void> | undefined;
  return Promise.all(
    group.map(async (situation, index) => {
      const door = doors[index];
      assert.ok(door);
      const patience = fault.patience === undefined ? undefined : new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const result = await runSituation({
        world,
        door,
        situation,
        patience: patience?.signal,
        strike: async () => {
          if (--waiting === 0) begin();
          await everybody;
          await (begun ??= fault.begin({ world, doors, struck }));
          timer = setTimeout(() => patience?.abort(), fault.patience ?? 0);
        },
      });
      clearTimeout(timer);
      return result;
    }),
  );
}

/**
 * Told that it worked: there once. Told that nobody knows: once or not at all. Told anything else: not there. However it went, the server
 * carried it out no more than once.
 */
async function checkWrites(writes: CellResult['writes']): Promise<void> {
  for (const { marker, told } of writes) {
    // Before anybody else asks for the marker.
    const executed = await world.azure.client.executed(marker);
    const rows = await world.rowsOf(marker);
    assert.ok(executed <= 1, `a write is never carried out twice, and this one was ${executed} times`);
    if (told === 'works') assert.deepEqual([rows, executed], [1, 1], 'a write that worked is there once');
    else if (told === 'outcomeUnknown') assert.ok(rows <= 1, 'a write is never carried out twice');
    else assert.equal(rows, 0, `a write that failed with ${told} is not there`);
  }
}

/** What the work took from the pool it has given back. */
async function checkNothingIsHeld({ sql, profile }: Door): Promise<void> {
  await eventually(() => {
    const { inUse = 0, waiting = 0, sessions = 0 } = sql.diagnostics(profile) ?? {};
    return Promise.resolve(inUse + waiting + sessions === 0);
  }, 'no connection is kept from others');
}

/** No gesture was made, so nothing may have asked for more than a silent token; and nobody is told the same thing again and again. */
function checkNobodyWasAsked({ asked, signIns }: Door): void {
  assert.deepEqual(
    asked.filter(({ mode }) => mode !== 'silent'),
    [],
  );
  assert.ok(signIns <= 1, `nobody is told ${signIns} times to sign in`);
}

/** At the most verbose level: no token, no header that carries one, no value of a row. */
function checkLog({ lines, tokens }: Door): void {
  const log = lines.join('\n');
  for (const token of tokens) {
    for (const part of token.split('.')) assert.ok(!log.includes(part), 'a token is in the log');
  }
  assert.doesNotMatch(log, /eyJ[\w-]{10}/, 'a token is in the log');
  assert.doesNotMatch(log, /authorization/i);
  assert.doesNotMatch(log, /row-value|row value of many/);
}

async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`${what}: not so`);
}

describe('the table in docs', () => {
  it('says what was tested; FAULT_TABLE=1 writes it', () => {
    const text = faultTable(faultList);
    if (process.env['FAULT_TABLE'] === '1') writeFileSync(page, text);
    assert.equal(readFileSync(page, 'utf8'), text);
  });
});
