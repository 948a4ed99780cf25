// Rows of a result set, as compact blocks in memory first and in a temporary file beyond that; any window can be read at any time.
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { ColumnMeta } from '../core/ports.ts';
import type { Row, RowStore, RowStores } from '../core/resultSet.ts';
import { decodeRows, RowEncoder } from './rowBlock.ts';

/** Bytes of a store that stay in memory. */
const memoryLimit = 16 * 1024 * 1024;
/** Blocks are kept and written together in chunks of this many bytes, unless one alone is larger. */
const chunkSize = 512 * 1024;
/** Bytes on their way to the file beyond which `append` asks the sender to wait. */
const writingLimit = 2 * 1024 * 1024;
/** Decoded blocks that are kept: a grid asks for the same ones again and again while it scrolls. */
const cacheSize = 8;

interface Chunk {
  /** undefined once it is in the file. */
  bytes: Buffer | undefined;
  /** In bytes, of what is filled. */
  size: number;
  /** Where it begins in the file. */
  offset: number;
}

interface Block {
  start: number;
  count: number;
  chunk: Chunk;
  /** Within the chunk. */
  offset: number;
  size: number;
}

class SpillingRowStore implements RowStore {
  readonly #columnCount: number;
  readonly #limit: number;
  readonly #platform: NodeJS.Platform;
  readonly #encoder = new RowEncoder();
  readonly #blocks: Block[] = [];
  readonly #cache = new Map<Block, readonly Row[]>();
  /** Buffers of chunks that were written, to be filled again. */
  readonly #free: Buffer[] = [];
  #chunk: Chunk | undefined;
  #count = 0;
  #inMemory = 0;
  #fileSize = 0;
  #writing = 0;
  #file: Promise<SpillFile> | undefined;
  #queue: Promise<void> = Promise.resolve();
  #failure: AppError | undefined;
  #disposed: Promise<void> | undefined;

  constructor(columnCount: number, limit: number, platform: NodeJS.Platform) {
    this.#columnCount = columnCount;
    this.#limit = limit;
    this.#platform = platform;
  }

  get count(): number {
    return this.#count;
  }

  append(rows: readonly Row[]): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (rows.length === 0 || this.#disposed !== undefined) return;
    const encoded = this.#encoder.encode(rows, this.#columnCount);
    const chunk = this.#room(encoded.length);
    if (chunk.bytes === undefined) throw new Error('a written chunk is filled');
    encoded.copy(chunk.bytes, chunk.size);
    this.#blocks.push({
      start: this.#count,
      count: rows.length,
      chunk,
      offset: chunk.size,
      size: encoded.length,
    });
    chunk.size += encoded.length;
    this.#count += rows.length;
    if (this.#writing > writingLimit) return this.#queue.then(() => this.#throwFailure());
  }

  async window(start: number, count: number): Promise<readonly Row[]> {
    this.#refuseDisposed();
    const end = Math.min(start + count, this.#count);
    const rows: Row[] = [];
    for (let index = this.#blockAt(start); index < this.#blocks.length; index++) {
      const block = this.#blocks[index];
      if (block === undefined || block.start >= end) break;
      const decoded = await this.#decoded(block);
      // Half a window must not look like the end of the rows.
      this.#refuseDisposed();
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
    // A file that could not be made is nothing to remove; one that ran full is.
    const file = await this.#file?.catch(() => undefined);
    if (file === undefined) return;
    await file.handle.close();
    if (file.folder !== undefined) await rm(file.folder, { recursive: true, force: true });
  }

  #refuseDisposed(): void {
    if (this.#disposed === undefined) return;
    throw new AppError(
      'invalidInput',
      'These rows are no longer kept: a newer run replaced them, or their query was closed.',
    );
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
    const { chunk, offset, size } = block;
    const bytes = chunk.bytes?.subarray(offset, offset + size) ?? (await this.#read(block));
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
    this.#refuseDisposed();
    const bytes = Buffer.allocUnsafe(block.size);
    const { bytesRead } = await handle.read(bytes, 0, block.size, block.chunk.offset + block.offset);
    if (bytesRead !== block.size)
      throw new AppError('notSupported', 'The temporary file with these rows was cut off.');
    return bytes;
  }

  /** The chunk that has room for so many bytes; the full one before it goes to the file when memory is used up. */
  #room(size: number): Chunk {
    const current = this.#chunk;
    if (current?.bytes !== undefined && current.size + size <= current.bytes.length) return current;
    if (current !== undefined) {
      if (this.#inMemory + current.size <= this.#limit) this.#inMemory += current.size;
      else {
        current.offset = this.#fileSize;
        this.#fileSize += current.size;
        this.#writing += current.size;
        this.#queue = this.#queue.then(() => this.#spill(current));
      }
    }
    const bytes =
      size <= chunkSize
        ? (this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkSize))
        : Buffer.allocUnsafeSlow(size);
    return (this.#chunk = { bytes, size: 0, offset: -1 });
  }

  async #spill(chunk: Chunk): Promise<void> {
    const { bytes } = chunk;
    if (bytes === undefined) return;
    try {
      this.#file ??= openSpill(this.#platform);
      const { handle } = await this.#file;
      await writeAll(handle, bytes.subarray(0, chunk.size), chunk.offset);
      chunk.bytes = undefined;
      if (bytes.length === chunkSize) this.#free.push(bytes);
    } catch (error) {
      this.#failure ??= new AppError(
        'notSupported',
        `The rows do not fit into the temporary folder ${tmpdir()}. Free some space, or ask for fewer rows.`,
        { cause: error },
      );
    } finally {
      this.#writing -= chunk.size;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
  }
}

interface SpillFile {
  handle: FileHandle;
  /** To be removed with the file; undefined once the file has no name any more. */
  folder: string | undefined;
}

/**
 * Readable by this account only. Where an open file can do without its name it loses it at once: rows of a database must not stay
 * behind when the process is killed. Windows keeps the name until the end.
 */
async function openSpill(platform: NodeJS.Platform): Promise<SpillFile> {
  const folder = await mkdtemp(join(tmpdir(), 'passwordless-sql-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const handle = await open(join(folder, 'rows'), 'wx+', 0o600);
    if (platform === 'win32') return { handle, folder };
    const removed = await remove().then(
      () => true,
      () => false,
    );
    return { handle, folder: removed ? undefined : folder };
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
}

/** `limit`: bytes that each store keeps in memory before it spills. */
export function createRowStores(
  limit: number = memoryLimit,
  platform: NodeJS.Platform = process.platform,
): RowStores {
  return {
    create: (columns: readonly ColumnMeta[]) => new SpillingRowStore(columns.length, limit, platform),
  };
}
