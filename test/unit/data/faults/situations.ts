// What somebody is doing when the fault strikes: each runs its work, and what came of it is told in words that the table shows.
import assert from 'node:assert/strict';
import type { BatchSink, QueryResult, SqlSession, SqlStatement } from '../../../../src/core/ports.ts';
import { outcomeOf, type Door, type World } from './world.ts';

export const situations = [
  'idle',
  'connecting',
  'read',
  'write',
  'transaction',
  'streaming',
  '32 at once',
] as const;
export type Situation = (typeof situations)[number];

/** One cell while it runs. */
export interface Cell {
  world: World;
  door: Door;
  situation: Situation;
  /** Begins the fault, at the moment that the situation calls for. */
  strike(): Promise<void>;
  /** Ends the work as a person would who has waited long enough. */
  patience: AbortSignal | undefined;
}

export interface CellResult {
  /** 'works', a code, or for many at once the different ones. */
  outcome: string;
  /** Rows of each marker that was written, and what the caller was told. */
  writes: { marker: string; told: string }[];
}

const insert = (marker: string): SqlStatement => ({
  text: 'INSERT INTO dbo.cell (marker) VALUES (@marker);',
  parameters: [{ name: 'marker', value: marker, sqlType: 'nvarchar(100)' }],
});
/** Rows of one read: several packets of them. */
const page = 500;
const read = { text: `SELECT TOP (${page}) id, filler FROM dbo.many ORDER BY id;` };
/** What every order of a fault in a running statement looks for. */
export const statementText = { read: 'FROM dbo.many', write: 'INTO dbo.cell' } as const;

export async function runSituation(cell: Cell): Promise<CellResult> {
  const { door, world, situation } = cell;
  const { sql, profile } = door;
  const options = cell.patience === undefined ? {} : { signal: cell.patience };
  const warm = (): Promise<unknown> => sql.query(profile, { text: 'SELECT 1;' });
  const write = async (work: (statement: SqlStatement) => Promise<unknown>): Promise<CellResult> => {
    const marker = world.nextMarker();
    const told = await outcomeOf(work(insert(marker)));
    return { outcome: told, writes: [{ marker, told }] };
  };
  switch (situation) {
    case 'idle': {
      await warm();
      await cell.strike();
      return { outcome: await outcomeOf(sql.query(profile, { text: 'SELECT 2;' }, options)), writes: [] };
    }
    case 'connecting': {
      await cell.strike();
      return { outcome: await outcomeOf(whole(sql.query(profile, read, options))), writes: [] };
    }
    case 'read': {
      await warm();
      await cell.strike();
      return { outcome: await outcomeOf(whole(sql.query(profile, read, options))), writes: [] };
    }
    case 'write': {
      await warm();
      await cell.strike();
      return write((statement) => sql.query(profile, statement, options));
    }
    case 'transaction': {
      await warm();
      await cell.strike();
      return write((statement) => sql.transaction(profile, [read, statement], options));
    }
    case 'streaming':
      return stream(cell);
    case '32 at once': {
      await warm();
      await cell.strike();
      const markers = Array.from({ length: 16 }, () => world.nextMarker());
      const told = await Promise.all([
        ...markers.map((marker) => outcomeOf(sql.query(profile, insert(marker), options))),
        ...markers.map(() => outcomeOf(whole(sql.query(profile, read, options)))),
      ]);
      return {
        outcome: [...new Set(told)].toSorted().join(' or '),
        writes: markers.map((marker, index) => ({ marker, told: told[index] ?? '' })),
      };
    }
    default:
      return situation satisfies never;
  }
}

/** A read that works has every row of its page, once and in order. */
async function whole(reading: Promise<QueryResult>): Promise<void> {
  const { rows } = await reading;
  assert.deepEqual(
    rows.map(([id]) => id),
    Array.from({ length: page }, (_, index) => index + 1),
    'no row lost or doubled',
  );
}

/** A query editor's own session: rows stay, in order and each once, whatever happens after them. */
async function stream(cell: Cell): Promise<CellResult> {
  const { door, patience } = cell;
  let session: SqlSession | undefined;
  const ids: number[] = [];
  const sink: BatchSink = {
    columns: () => undefined,
    rows: (rows) => {
      for (const [id] of rows) ids.push(Number(id));
    },
    statementDone: () => undefined,
    message: () => undefined,
  };
  let lost = 0;
  try {
    session = await door.sql.openSession(door.profile);
    session.onDidLose(() => lost++);
    await cell.strike();
    const told = await outcomeOf(
      session.run({ text: 'SELECT id, filler FROM dbo.many ORDER BY id;' }, sink, patience),
    );
    assert.deepEqual(
      ids,
      ids.map((_, index) => index + 1),
      'no row lost or doubled before the end',
    );
    if (told === 'works') assert.equal(ids.length, 3000);
    return { outcome: lost > 0 ? `${told}, session lost` : told, writes: [] };
  } finally {
    await session?.close();
  }
}
