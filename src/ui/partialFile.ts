// A file of the disk that is written beside its name and renamed at the end, so that no half a file bears the name.
import { once } from 'node:events';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';
import type { ExportFile } from '../services/exportService.ts';

/** Names that are tried; whoever has so many of them has another problem. */
const nameLimit = 100;

/** @throws AppError invalidInput when the file cannot be made */
export async function openPartialFile(path: string): Promise<ExportFile> {
  const { handle, partial } = await create(path);
  const stream = handle.createWriteStream({ encoding: 'utf8' });
  const failed = new Promise<never>((_, reject) => {
    stream.on('error', (error) => reject(notWritable(error)));
  });
  // Whoever writes next is told; until then nobody listens.
  failed.catch(() => {});
  return {
    write: async (text) => {
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), failed]);
    },
    finish: async () => {
      const closed = once(stream, 'close');
      stream.end();
      await Promise.race([closed, failed]);
      try {
        await rename(partial, path);
      } catch (error) {
        throw notWritable(error);
      }
    },
    discard: async () => {
      // Windows removes no file that is open.
      const closed = stream.closed ? undefined : once(stream, 'close').catch(() => {});
      stream.destroy();
      await closed;
      await rm(partial, { force: true }).catch(() => {});
    },
  };
}

/** Never a file that is there already: it may be the person's own, or lead elsewhere. */
async function create(path: string): Promise<{ handle: FileHandle; partial: string }> {
  for (let number = 0; ; number++) {
    const partial = number === 0 ? `${path}.part` : `${path}.${number}.part`;
    try {
      return { handle: await open(partial, 'wx'), partial };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || number === nameLimit) throw notWritable(error);
    }
  }
}

/** In place of the words of the system call, which name the partial file. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there. Choose another folder',
  EDQUOT: 'your share of the disk is full. Make room or choose another folder',
  EBUSY: 'another program has it open. Close it there, or choose another name',
  EISDIR: 'there is a folder of this name. Choose another name',
  ENOENT: 'its folder does not exist. Choose another folder',
  ENOSPC: 'the disk is full. Make room or choose another folder',
  EPERM: 'you may not write there. Choose another folder',
  EROFS: 'the disk is read-only. Choose another folder',
};

export function notWritable(error: unknown): AppError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return new AppError('invalidInput', `The file could not be written: ${why}.`, { cause: error });
}
