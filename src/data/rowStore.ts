// Rows of a result set, as compact blocks in memory first and in a temporary file beyond that; any window can be read at any time.
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { ColumnMeta } from '../core/ports.ts';
import type { Row, RowStore, RowStores } from '../core/resultSet.ts';
import { decodeRows, encodeRows } from './rowBlock.ts';

/** Bytes of a store that stay in memory. */
const memoryLimit = 32 * 1024 * 1024;
/** Bytes on their way to the file beyond which `append` asks the sender to wait. */
const writingLimit = 4 * 1024 * 1024;
/** Decoded blocks that are kept: a grid asks for the same ones again and again while it scrolls. */
const cacheSize = 8;

interface Block {
  start: number;
  count: number;
  /** undefined once it is in the file. */
  bytes: Buffer | undefined;
  offset: number;
  size: number;
}

class SpillingRowStore implements RowStore {
  readonly #columnCount: number;
  readonly #limit: number;
  readonly #blocks: Block[] = [];
  readonly #cache = new Map<Block, readonly Row[]>();
  #count = 0;
  #inMemory = 0;
  #fileSize = 0;
  #writing = 0;
  #file: Promise<{ handle: FileHandle; folder: string }> | undefined;
  #queue: Promise<void> = Promise.resolve();
  #failure: AppError | undefined;
  #disposed: Promise<void> | undefined;

  constructor(columnCount: number, limit: number) {
    this.#columnCount = columnCount;
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  append(rows: readonly Row[]): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (rows.length === 0 || this.#disposed !== undefined) return;
    const bytes = encodeRows(rows, this.#columnCount);
    const block: Block = { start: this.#count, count: rows.length, bytes, offset: -1, size: bytes.length };
    this.#blocks.push(block);
    this.#count += rows.length;
    if (this.#inMemory + bytes.length <= this.#limit) {
      this.#inMemory += bytes.length;
      return;
    }
    block.offset = this.#fileSize;
    this.#fileSize += bytes.length;
    this.#writing += bytes.length;
    this.#queue = this.#queue.then(() => this.#spill(block, bytes));
    if (this.#writing > writingLimit) return this.#queue.then(() => this.#throwFailure());
  }

  async window(start: number, count: number): Promise<readonly Row[]> {
    const end = Math.min(start + count, this.#count);
    const rows: Row[] = [];
    for (let index = this.#blockAt(start); index < this.#blocks.length; index++) {
      const block = this.#blocks[index];
      if (block === undefined || block.start >= end) break;
      const decoded = await this.#decoded(block);
      rows.push(...decoded.slice(Math.max(0, start - block.start), end - block.start));
    }
    return rows;
  }

  dispose(): Promise<void> {
    return (this.#disposed ??= this.#remove());
  }

  async #remove(): Promise<void> {
    await this.#queue;
    this.#blocks.length = 0;
    this.#cache.clear();
    if (this.#file === undefined || this.#failure !== undefined) return;
    const { handle, folder } = await this.#file;
    await handle.close();
    await rm(folder, { recursive: true, force: true });
  }

  /** Index of the block that holds a row, by bisection. */
  #blockAt(row: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const block = this.#blocks[middle];
      if (block !== undefined && block.start + block.count <= row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #decoded(block: Block): Promise<readonly Row[]> {
    const known = this.#cache.get(block);
    if (known !== undefined) return known;
    const bytes = block.bytes ?? (await this.#read(block));
    const rows = decodeRows(bytes, block.count, this.#columnCount);
    this.#cache.set(block, rows);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= cacheSize) break;
      this.#cache.delete(oldest);
    }
    return rows;
  }

  async #read(block: Block): Promise<Buffer> {
    if (this.#file === undefined) throw new AppError('notSupported', 'These rows are no longer kept.');
    const { handle } = await this.#file;
    const bytes = Buffer.allocUnsafe(block.size);
    const { bytesRead } = await handle.read(bytes, 0, block.size, block.offset);
    if (bytesRead !== block.size)
      throw new AppError('notSupported', 'The temporary file with these rows was cut off.');
    return bytes;
  }

  async #spill(block: Block, bytes: Buffer): Promise<void> {
    try {
      this.#file ??= openSpill();
      const { handle } = await this.#file;
      await handle.write(bytes, 0, bytes.length, block.offset);
      block.bytes = undefined;
    } catch (error) {
      this.#failure ??= new AppError(
        'notSupported',
        `The rows do not fit into the temporary folder ${tmpdir()}. Free some space, or ask for fewer rows.`,
        { cause: error },
      );
    } finally {
      this.#writing -= bytes.length;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** Readable by this account only. */
async function openSpill(): Promise<{ handle: FileHandle; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'passwordless-sql-'));
  return { handle: await open(join(folder, 'rows'), 'wx+', 0o600), folder };
}

/** `limit`: bytes that each store keeps in memory before it spills. */
export function createRowStores(limit: number = memoryLimit): RowStores {
  return { create: (columns: readonly ColumnMeta[]) => new SpillingRowStore(columns.length, limit) };
}
