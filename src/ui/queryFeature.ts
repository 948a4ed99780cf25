// Query editors and their results, put together from what compose hands in; the commands that ask people things load later.
import type * as vscode from 'vscode';
import { QueryDocuments, type QueryDocumentsParts } from './queryDocuments.ts';
import { queryCodeLenses, queryStatusBar } from './queryStatus.ts';
import { QueryValues } from './queryValues.ts';

export interface QueryFeature {
  documents: QueryDocuments;
  disposables: readonly vscode.Disposable[];
}

export function queryFeature(parts: Omit<QueryDocumentsParts, 'values'>): QueryFeature {
  const values = new QueryValues();
  const documents = new QueryDocuments({ ...parts, values });
  return {
    documents,
    disposables: [values, documents, queryCodeLenses(documents), queryStatusBar(documents)],
  };
}
