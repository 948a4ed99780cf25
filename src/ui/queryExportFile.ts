// The file that an export goes to: on the disk beside its name until it is whole, elsewhere handed over as a whole.
import * as vscode from 'vscode';
import type { ExportFile } from '../services/exportService.ts';
import { notWritable, openPartialFile } from './partialFile.ts';

/** @throws AppError invalidInput when the file cannot be made */
export async function openExportFile(uri: vscode.Uri): Promise<ExportFile> {
  return uri.scheme === 'file' ? openPartialFile(uri.fsPath) : memoryFile(uri);
}

/** Other file systems of VS Code take a file only as a whole. */
function memoryFile(uri: vscode.Uri): ExportFile {
  const parts: string[] = [];
  return {
    write: (text) => {
      parts.push(text);
      return Promise.resolve();
    },
    finish: async () => {
      try {
        await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(parts.join('')));
      } catch (error) {
        throw notWritable(error);
      }
    },
    discard: () => Promise.resolve(),
  };
}
