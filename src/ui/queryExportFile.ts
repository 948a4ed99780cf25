// The file that an export goes to: written beside its name and renamed at the end, so that no half a file bears the name.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import * as vscode from 'vscode';
import { AppError } from '../core/errors.ts';
import type { ExportFile } from '../services/exportService.ts';

/** @throws AppError invalidInput when the file cannot be made */
export async function openExportFile(uri: vscode.Uri): Promise<ExportFile> {
  if (uri.scheme !== 'file') return memoryFile(uri);
  const partial = `${uri.fsPath}.part`;
  const stream = createWriteStream(partial, { encoding: 'utf8' });
  const failed = new Promise<never>((_, reject) => {
    stream.on('error', (error) => reject(notWritable(error)));
  });
  // Whoever writes next is told; until then nobody listens.
  failed.catch(() => {});
  await Promise.race([once(stream, 'open'), failed]);
  return {
    write: async (text) => {
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), failed]);
    },
    finish: async () => {
      stream.end();
      await Promise.race([once(stream, 'close'), failed]);
      await rename(partial, uri.fsPath);
    },
    discard: async () => {
      stream.destroy();
      await rm(partial, { force: true });
    },
  };
}

/** Other file systems of VS Code take a file only as a whole. */
function memoryFile(uri: vscode.Uri): ExportFile {
  const parts: string[] = [];
  return {
    write: (text) => {
      parts.push(text);
      return Promise.resolve();
    },
    finish: async () => vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(parts.join(''))),
    discard: () => Promise.resolve(),
  };
}

function notWritable(error: Error): AppError {
  return new AppError('invalidInput', `The file could not be written: ${error.message}.`, { cause: error });
}
